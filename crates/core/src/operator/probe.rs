//! `POST probe`: probes one source of a route's secrets, or of one secret. `probe_target.rs` sends the request to the
//! upstream.

use serde::{Deserialize, Serialize};

use super::control_value::ControlValues;
use super::probe_target::ProbeTarget;
use super::report::{Report, outcome};
use super::request_body::read_json;
use super::value_proof::Nonce;
use crate::configuration::{CallerId, Gateway, Grantee, Placement, Route, Secret, SecretId, Source};
use crate::http::host::Host;
use crate::log::Event;
use crate::refusal::Code;
use crate::runtime::auth_runtime::AuthRuntime;
use crate::runtime::clock::elapsed;
use crate::runtime::reading::{Failure, Reading};
use crate::runtime::{Bindings, Clock, Network, OperatorRuntime, RequestHead};
use crate::secrets::concurrent_reads::Readings;
use crate::secrets::credential::Credential;
use crate::secrets::credential_error::CredentialError;
use crate::secrets::fallback::{Resolver, SourceNote};

/// The body of the request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProbeRequest {
    route: Option<String>,
    method: Option<String>,
    path: Option<String>,
    /// Whose values are put on the request, on a route where each caller has its own.
    caller: Option<String>,
    secret: Option<String>,
    source: usize,
    nonce: String,
    /// The secrets that are replaced by control values. All others are sent, so that a refusal is about these.
    #[serde(default)]
    control: Vec<String>,
}

impl ProbeRequest {
    /// Whether it has no key that says something of a route.
    const fn is_of_one_secret(&self) -> bool {
        self.method.is_none() && self.path.is_none() && self.caller.is_none() && self.control.is_empty()
    }
}

/// The body of the response.
#[derive(Default, Serialize)]
struct ProbeReport<'g> {
    source: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// Whether the response refuses the credential, by the route's `failover`. Present together with `status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<bool>,
    /// Whether `refused` depends on a part of the body that could not be read.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    undecided: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'static str>,
    /// The reason why the credential could not be exchanged for a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    exchange: Option<FailedExchange>,
    secrets: Vec<ProbedSecret<'g>>,
    secrets_ms: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_ms: Option<u32>,
}

/// The refusal of the token endpoint.
#[derive(Serialize)]
struct FailedExchange {
    error: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
}

/// The source of one secret.
#[derive(Serialize)]
struct ProbedSecret<'g> {
    name: &'g str,
    binding: &'g str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hmac: Option<String>,
}

/// 1. The body is received and understood. 413, 400
/// 2. A rule of the route admits method and path, for any caller, or for the one that is named. 403
/// 3. The secrets are read, from this source only, and proofs are computed.
/// 4. The request is sent, without headers or a body of the operator.
///
/// From the third step on, a failure is the result of the probe, so the status is 200.
pub(super) async fn report<'g, R: Bindings + Network + Clock + OperatorRuntime + AuthRuntime>(
    gateway: &'g Gateway,
    head: &impl RequestHead,
    host: &Host,
    runtime: &'g R,
    readings: &mut Readings<'g, R>,
    event: &mut Event<'g>,
) -> Result<Report, Code> {
    let request: ProbeRequest = read_json(runtime).await?;
    let nonce = Nonce::parse(&request.nonce).ok_or(Code::OperationInvalid)?;
    let position = request.source.checked_sub(1).ok_or(Code::OperationInvalid)?;
    let mut probe = Probe { gateway, host, runtime, readings, event, nonce, position };
    let mut report = match (&request.route, &request.secret) {
        (Some(name), None) => probe.probe_route(name, &request, head).await?,
        (None, Some(name)) if request.is_of_one_secret() => probe.probe_secret(name).await?,
        _ => return Err(Code::OperationInvalid),
    };
    report.source = request.source;
    Ok(Report::new(200, &report))
}

/// One probe, with its parsed request.
struct Probe<'a, 'g, R> {
    gateway: &'g Gateway,
    /// The host of the operator's request.
    host: &'a Host,
    runtime: &'g R,
    readings: &'a mut Readings<'g, R>,
    event: &'a mut Event<'g>,
    nonce: Nonce,
    /// The position of the source, from 0.
    position: usize,
}

impl<'g, R: Bindings + Network + Clock + AuthRuntime> Probe<'_, 'g, R> {
    /// Probes one source of one secret, independent of routes.
    async fn probe_secret(&mut self, name: &str) -> Result<ProbeReport<'g>, Code> {
        let before = self.runtime.now();
        let secret = self.gateway.secrets.iter().find(|known| known.name == name);
        let secret = secret.ok_or(Code::OperationInvalid)?;
        let source = secret.sources.get(self.position).ok_or(Code::OperationInvalid)?;
        self.readings.read([source]).await;
        let served = matches!(self.readings.get(source), Some(Reading::Value(_)));
        Ok(ProbeReport {
            secrets_ms: elapsed(before, self.runtime.now()),
            secrets: vec![proved(&secret.name, source, None, self.readings, &self.nonce)],
            failure: (!served).then_some(Code::SecretUnavailable.as_str()),
            ..ProbeReport::default()
        })
    }

    /// Probes one source of a route's auth, and sends a request to the upstream if a path is given.
    async fn probe_route(
        &mut self,
        name: &str,
        request: &ProbeRequest,
        head: &impl RequestHead,
    ) -> Result<ProbeReport<'g>, Code> {
        let route = self.gateway.routes.iter().find(|route| route.name == name);
        let route = route.filter(|_| request.control.is_empty() || request.path.is_some());
        let route = route.ok_or(Code::OperationInvalid)?;
        self.event.route = Some(&route.name);
        let of = self.whose(route, request.caller.as_deref())?;
        // 2. Rule
        let target = match &request.path {
            Some(target) => Some(ProbeTarget::admitted(route, of, request.method.as_deref(), target)?),
            None => None,
        };
        self.event.rule = target.as_ref().map(|target| target.rule.text.as_ref());
        // 3. Secrets
        let mut report = ProbeReport::default();
        let credential = self.credential(route, of, &request.control, &mut report).await?;
        // 4. Send
        let verdict = match (credential, &target) {
            (Ok(credential), Some(target)) => {
                let before = self.runtime.now();
                let id = &self.event.request_id;
                let verdict = target.send(route, &credential, head, self.host, self.runtime, id).await;
                report.upstream_ms = Some(elapsed(before, self.runtime.now()));
                self.event.upstream_ms = report.upstream_ms;
                verdict.map(Some)
            }
            (Ok(_), None) => Ok(None),
            (Err(why), _) => Err(Code::from(why)),
        };
        match verdict {
            Ok(verdict) => {
                let (status, rejected) = verdict.unzip();
                report.status = status;
                report.refused = rejected.map(Option::unwrap_or_default);
                report.undecided = rejected == Some(None);
            }
            Err(code) => report.failure = Some(code.as_str()),
        }
        Ok(report)
    }

    /// The caller whose values are put on the request; `None` where they are everybody's, and no caller is named.
    fn whose(&self, route: &Route, name: Option<&str>) -> Result<Option<Grantee>, Code> {
        let Some(name) = name else {
            return if route.has_caller_values() { Err(Code::OperationInvalid) } else { Ok(None) };
        };
        let is_named = |id: &CallerId| self.gateway.caller(*id).is_some_and(|caller| caller.name == name);
        let found = route.callers().find(is_named).ok_or(Code::OperationInvalid)?;
        Ok(Some(Grantee::Caller(found)))
    }

    /// Step 3. The outer error is about the request, the inner one about the sources.
    ///
    /// The values of the secrets in `wrong` are replaced by control values, so there is no proof for them.
    async fn credential(
        &mut self,
        route: &'g Route,
        of: Option<Grantee>,
        wrong: &[String],
        report: &mut ProbeReport<'g>,
    ) -> Result<Result<Credential<'g>, CredentialError>, Code> {
        let before = self.runtime.now();
        let to = of.unwrap_or(Grantee::Anyone);
        let resolver = Resolver::new(self.gateway, route, to, &self.event.request_id).only(self.position);
        let mut resolver = resolver.ok_or(Code::OperationInvalid)?;
        let is_wrong = |name: &str| wrong.iter().any(|wrong| wrong == name);
        let sources = || resolver.at(self.position);
        if sources().filter(|(_, secret, _)| is_wrong(&secret.name)).count() != wrong.len() {
            return Err(Code::OperationInvalid);
        }
        if !wrong.is_empty() {
            let replaced: Vec<_> = sources().filter(|(_, secret, _)| is_wrong(&secret.name)).collect();
            let keys = self.replace(route.auth_of(to), &replaced).await;
            resolver = resolver.with_invalid_signatures(keys);
        }
        let credential = resolver.next(self.readings, self.runtime).await;
        report.secrets_ms = elapsed(before, self.runtime.now());
        let sources = resolver.at(self.position).map(|(_, secret, source)| {
            let failed = |note: &&SourceNote<'_>| note.secret == secret.name && note.failure.is_some();
            let failure = resolver.notes.iter().find(failed).and_then(|note| note.failure);
            let proved = proved(&secret.name, source, failure, self.readings, &self.nonce);
            if is_wrong(&secret.name) { ProbedSecret { hmac: None, ..proved } } else { proved }
        });
        report.secrets = sources.collect();
        let failed = resolver.notes.iter().find_map(|note| Some((note.error?, note.status)));
        report.exchange = failed.map(|(error, status)| FailedExchange { error, status });
        // A control tells nothing about the sources in use.
        self.event.secrets = if wrong.is_empty() { resolver.notes } else { Vec::new() };
        self.event.secrets_ms = Some(report.secrets_ms);
        Ok(credential)
    }

    /// Replaces the values of these sources by control values, except keys that sign tokens: a control value would not
    /// be a valid key, so these keys are kept, and their signatures are made wrong. Returns the names of their secrets.
    async fn replace(
        &mut self,
        auth: &[Placement],
        sources: &[(SecretId, &'g Secret, &'g Source)],
    ) -> Vec<&'g str> {
        self.readings.read(sources.iter().map(|(.., source)| *source)).await;
        let mut control = ControlValues::new(&self.nonce, &self.event.request_id);
        let mut keys = Vec::new();
        for (id, secret, source) in sources {
            if R::FORMS.jwt && signs_tokens(auth, *id) {
                keys.push(secret.name.as_ref());
            } else {
                let made = control.reading_for(auth, *id, self.readings.get(source));
                self.readings.insert(source, made);
            }
        }
        keys
    }
}

/// Whether a key of this secret signs tokens, including those of an exchange.
fn signs_tokens(auth: &[Placement], id: SecretId) -> bool {
    auth.iter().flat_map(Placement::with_exchanged).any(|placement| match placement {
        Placement::Jwt(jwt) => jwt.key.secrets().any(|secret| secret == id),
        _ => false,
    })
}

fn proved<'g, B: Bindings>(
    name: &'g str,
    source: &'g Source,
    failure: Option<Failure>,
    readings: &Readings<'g, B>,
    nonce: &Nonce,
) -> ProbedSecret<'g> {
    let (failure, hmac) = match readings.get(source) {
        Some(Reading::Value(value)) => (failure, nonce.proof_of(value)),
        Some(reading) => (reading.failure(), None),
        None => (Some(Failure::Error), None),
    };
    ProbedSecret { name, binding: &source.binding, outcome: outcome(failure), hmac }
}
