//! `POST probe`: what one source of a route's secrets, or of one secret, comes to.

use serde::{Deserialize, Serialize};

use super::report::{Report, outcome};
use super::value_proof::Nonce;
use crate::configuration::{Gateway, Route, Rule, Source};
use crate::http::method::Method;
use crate::http::path::CanonicalPath;
use crate::log::Event;
use crate::refusal::Code;
use crate::request_id::RequestId;
use crate::runtime::clock::elapsed;
use crate::runtime::reading::{Failure, Reading};
use crate::runtime::signing::Signing;
use crate::runtime::status::check_status;
use crate::runtime::{Bindings, Clock, Console, Network, ReceiveError, RequestHead, UpstreamResponse};
use crate::secret_value::SecretValue;
use crate::secrets::credential::Credential;
use crate::secrets::readings::Readings;
use crate::secrets::resolver::{Resolver, SourceNote};
use crate::upstream::base_url::base_url;
use crate::upstream::completion::complete;
use crate::upstream::planning::Forward;

/// Of the body of a probe, in bytes.
const LARGEST_BODY: u32 = 4_096;

/// Until the body of a probe is there, in milliseconds.
const BODY_TIMEOUT: u32 = 10_000;

/// Some upstreams refuse a request without one (GitHub's REST API does), and the caller's does not go up.
const USER_AGENT: &str = concat!("ostiary/", env!("CARGO_PKG_VERSION"));

/// The body of a probe.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProbeRequest {
    route: Option<String>,
    method: Option<String>,
    path: Option<String>,
    secret: Option<String>,
    source: usize,
    nonce: String,
}

/// What is found.
#[derive(Default, Serialize)]
struct ProbeReport<'g> {
    source: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'static str>,
    secrets: Vec<Proved<'g>>,
    secrets_ms: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream_ms: Option<u32>,
}

/// One secret's source.
#[derive(Serialize)]
struct Proved<'g> {
    name: &'g str,
    binding: &'g str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hmac: Option<String>,
}

/// 1. The body is received and understood. 413, 400
/// 2. A rule of the route admits method and path, for whomever. 403
/// 3. The secrets are read, from this source alone, and proved.
/// 4. The request goes up, with nothing of the operator's.
///
/// From the third step on, what fails is what was asked for, so it is told with a 200.
pub(super) async fn report<'g, R: Bindings + Network + Clock + Console + Signing>(
    gateway: &'g Gateway,
    head: &impl RequestHead,
    runtime: &'g R,
    readings: &mut Readings<'g, R>,
    event: &mut Event<'g>,
) -> Result<Report, Code> {
    // 1. Receive and parse
    let body = runtime.receive(LARGEST_BODY, BODY_TIMEOUT).await.map_err(|why| match why {
        ReceiveError::TooLarge => Code::PayloadTooLarge,
        ReceiveError::Broken => Code::OperationInvalid,
    })?;
    let order: ProbeRequest = serde_json::from_str(body.expose()).map_err(|_| Code::OperationInvalid)?;
    let nonce = Nonce::parse(&order.nonce).ok_or(Code::OperationInvalid)?;
    let position = order.source.checked_sub(1).ok_or(Code::OperationInvalid)?;
    let mut finding = ProbeReport { source: order.source, ..ProbeReport::default() };
    let before = runtime.now();

    let name = match (order.route, order.secret) {
        (Some(route), None) => route,
        (None, Some(secret)) if order.method.is_none() && order.path.is_none() => {
            let secret = gateway.secrets.iter().find(|known| known.name == secret);
            let secret = secret.ok_or(Code::OperationInvalid)?;
            let source = secret.sources.get(position).ok_or(Code::OperationInvalid)?;
            readings.read([source]).await;
            finding.secrets_ms = elapsed(before, runtime.now());
            finding.secrets.push(proved(&secret.name, source, None, readings, &nonce));
            let served = matches!(readings.get(source), Some(Reading::Value(_)));
            finding.failure = (!served).then_some(Code::SecretUnavailable.as_str());
            return Ok(Report::new(200, &finding));
        }
        _ => return Err(Code::OperationInvalid),
    };
    let route = gateway.routes.iter().find(|route| route.name == name).ok_or(Code::OperationInvalid)?;
    event.route = Some(&route.name);

    // 2. Rule
    let errand = match &order.path {
        Some(target) => Some(ProbeTarget::admitted(route, order.method.as_deref(), target)?),
        None => None,
    };
    event.rule = errand.as_ref().map(|errand| errand.rule.text.as_ref());

    // 3. Secrets
    let mut resolver = Resolver::new(gateway, route).only(position).ok_or(Code::OperationInvalid)?;
    let credential = resolver.next(readings, runtime).await;
    finding.secrets_ms = elapsed(before, runtime.now());
    finding.secrets = resolver
        .at(position)
        .map(|(secret, _, source)| {
            let failed = |note: &&SourceNote<'_>| note.secret == secret.name && note.failure.is_some();
            let failure = resolver.notes.iter().find(failed).and_then(|note| note.failure);
            proved(&secret.name, source, failure, readings, &nonce)
        })
        .collect();
    event.secrets = resolver.notes;
    event.secrets_ms = Some(finding.secrets_ms);

    // 4. Send
    let sent = match (credential, &errand) {
        (Ok(credential), Some(errand)) => {
            let before = runtime.now();
            let status = errand.run(route, &credential, head, runtime, &event.request_id).await;
            finding.upstream_ms = Some(elapsed(before, runtime.now()));
            event.upstream_ms = finding.upstream_ms;
            status.map(Some)
        }
        (Ok(_), None) => Ok(None),
        (Err(why), _) => Err(Code::from(why)),
    };
    match sent {
        Ok(status) => finding.status = status,
        Err(code) => finding.failure = Some(code.as_str()),
    }
    Ok(Report::new(200, &finding))
}

fn proved<'g, B: Bindings>(
    name: &'g str,
    source: &'g Source,
    failure: Option<Failure>,
    readings: &Readings<'g, B>,
    nonce: &Nonce,
) -> Proved<'g> {
    let (failure, hmac) = match readings.get(source) {
        Some(Reading::Value(value)) => (failure, nonce.proof_of(value)),
        Some(reading) => (reading.failure(), None),
        None => (Some(Failure::Error), None),
    };
    Proved { name, binding: &source.binding, outcome: outcome(failure), hmac }
}

/// A request that the probe may send.
struct ProbeTarget<'o, 'g> {
    method: Method,
    path: CanonicalPath<'o>,
    query: Option<&'o str>,
    rule: &'g Rule,
}

impl<'o, 'g> ProbeTarget<'o, 'g> {
    /// As a caller's target is read, but for the mount: a probe names its route.
    fn admitted(route: &'g Route, method: Option<&str>, target: &'o str) -> Result<Self, Code> {
        let method = method.map_or(Some(Method::Get), Method::parse).ok_or(Code::OperationInvalid)?;
        if !matches!(method, Method::Get | Method::Head) {
            return Err(Code::OperationInvalid);
        }
        let (path, query) =
            target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        if query.is_some_and(|query| !query.bytes().all(|byte| matches!(byte, b'!'..=b'~') && byte != b'#')) {
            return Err(Code::PathAmbiguous);
        }
        let path = CanonicalPath::parse(path).map_err(|_| Code::PathAmbiguous)?;
        if path.has_encoded_slash() && !route.encoded_slash {
            return Err(Code::PathAmbiguous);
        }
        let below = path.below(&[]).ok_or(Code::PathAmbiguous)?;
        let mut rules = route.allow.iter().flat_map(|grant| grant.rules.iter());
        let rule = rules.find(|rule| rule.methods.contain(method) && rule.pattern.admits(below));
        let rule = rule.ok_or(Code::NotAllowed)?;
        Ok(Self { method, path, query, rule })
    }

    /// The status of the upstream's answer.
    async fn run<'r, R: Bindings + Network + Clock + Signing>(
        &self,
        route: &'r Route,
        credential: &Credential<'r>,
        head: &impl RequestHead,
        runtime: &R,
        request_id: &RequestId,
    ) -> Result<u16, Code> {
        let upstream = base_url(&route.upstream, runtime)?;
        let forward = Forward {
            head: &NoHead,
            method: self.method,
            path: self.path.below(&[]).ok_or(Code::PathAmbiguous)?,
            query: self.query,
            has_body: false,
            length: None,
            is_upgrade: false,
            route,
            upstream: &upstream,
            redacts: false,
        };
        let mut plan = forward.plan(credential);
        // The plan edits the operator's own request, of which nothing may be left.
        plan.remove = head.header_names().map(str::to_owned).collect();
        for (name, value) in [("user-agent", USER_AGENT), ("accept", "*/*")] {
            if !plan.set.iter().any(|(set, _)| set == name) {
                plan.set.push((name.to_owned(), SecretValue::new(value.to_owned())));
            }
        }
        complete(&mut plan, &NoHead, credential, runtime, request_id, 1)?;
        let answer = runtime.send(&plan).await?;
        check_status(&answer)?;
        Ok(answer.status())
    }
}

/// The head of a request of which nothing but method and path is the caller's.
struct NoHead;

impl RequestHead for NoHead {
    fn method(&self) -> &'static str {
        ""
    }

    fn url(&self) -> &'static str {
        ""
    }

    fn header(&self, _name: &str) -> Option<&str> {
        None
    }

    fn header_names(&self) -> impl Iterator<Item = &str> {
        std::iter::empty()
    }
}
