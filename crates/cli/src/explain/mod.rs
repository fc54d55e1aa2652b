//! `ostiary explain`.

mod auth;
mod expectation;
mod explanation;
mod signed;
mod signing;

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use clap::builder::PossibleValuesParser;
use ostiary_core::configuration::{
    CallerAuthentication, CallerId, Gateway, Grantee, List, Mismatch, Placement, Route, TokenPlace,
};
use ostiary_core::digest::digest;
use ostiary_core::http::subprotocol;
use ostiary_core::refusal::Code;
use ostiary_core::request::admission::admit;
use ostiary_core::request::{named_method, routing};
use ostiary_core::{Handled, Outcome};
use ostiary_rehearsal::{Rehearsal, RehearsedRequest, UpstreamRequest, placeholder};
use ostiary_secrets_store::BaseUrl;

use crate::configuration::ConfigurationArguments;
use crate::deployed::Deployed;
use crate::failure::Failure;
use crate::http_client::HttpClient;
use crate::operator::gateway_url;
use crate::output::{Output, Text, Tone};
use crate::value_source::read_file;
use explanation::{Decision, ExplainedDeployment, Explanation};

/// Explain what the gateway would do with a request: the route, the rule, the secrets and the upstream, or the refusal
/// and its reason.
///
/// The gateway's own code decides, on a simulated runtime in which every secret exists and every upstream responds.
/// Nothing is read and nothing is sent. The exit code is 0 for a request that is not refused, and 1 for a refused one.
/// With `--expect`, it is 0 for that decision, and never 0 for another one or a mistake.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Explain {
    /// The request's method.
    method: String,
    /// The path with its query, or a whole URL.
    target: String,
    /// The caller: a name of `[callers]`. Without it the request has no token.
    #[arg(long, value_name = "NAME")]
    caller: Option<String>,
    /// The claims of the caller's signed token, in a JSON file; `-` is standard input. No signature is needed.
    #[arg(long, value_name = "PATH", conflicts_with = "caller")]
    claims: Option<PathBuf>,
    /// The caller's signed token, in a file; `-` is standard input. The signature is verified if the keys are in
    /// gateway.toml.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["caller", "claims"])]
    token_file: Option<PathBuf>,
    /// The request's host [default: the URL's, or localhost].
    #[arg(long)]
    host: Option<String>,
    /// One more header line; may be given several times.
    #[arg(long, value_name = "NAME: VALUE")]
    header: Vec<String>,
    /// The environment of wrangler's configuration whose variables are used [default: its top level].
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    /// Exit with 0 only for this decision: `forwarded`, `answered`, `refused`, or the code of a refusal such as
    /// `not_allowed`.
    #[arg(long, value_name = "DECISION", value_parser = PossibleValuesParser::new(expectation::names()),
          hide_possible_values = true)]
    expect: Option<String>,
    /// Check whether the gateway with this operator's mount runs this configuration.
    #[arg(long, value_name = "URL", value_parser = gateway_url)]
    gateway: Option<BaseUrl>,
    #[command(flatten)]
    configuration: ConfigurationArguments,
}

const EXAMPLES: &str = "\
Examples:
  ostiary explain GET /stripe/v1/charges --caller checkout
  ostiary explain POST https://stripe.gw.example.com/v1/charges --caller checkout
  ostiary explain GET /v1/balance --host stripe.gw.example.com --caller ci --env staging
  ostiary explain DELETE /stripe/v1/charges/ch_1 --caller checkout --expect not_allowed      for tests in CI
  ostiary explain GET /stripe/v1/charges --claims claims.json
  ostiary explain GET /stripe/v1/charges --header 'Authorization: Bearer wrong' --json
  ostiary explain GET /stripe/v1/charges --caller checkout --gateway https://ops.gw.example.com";

impl Explain {
    /// # Errors
    /// [`Failure::Found`] where the request is refused, or the decision is not the expected one, or another
    /// configuration is deployed.
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        let mut gateway = self.configuration.gateway()?;
        let variables = self.configuration.environment(self.env.as_deref())?.variables;
        // Variables that cannot be used are a matter of the command line.
        self.gateway.as_ref().map(HttpClient::for_base).transpose()?;
        let deployed = self.gateway.as_ref().map(Deployed::ask).transpose()?;
        let rehearsal = Rehearsal::with_placeholders(&gateway, variables);
        let mut request = self.request()?;
        let signing = self.caller.as_deref().and_then(|name| signing::described(&gateway, name));
        if let Some(name) = &self.caller {
            let token = token_of(&mut gateway, name)?;
            request.show(&token, &gateway);
        }
        let rehearsal = match (&self.claims, &self.token_file) {
            (None, None) => rehearsal,
            _ => rehearsal.at(signed::now()),
        };
        let mut unsigned = false;
        let mut limits = None;
        if let Some(path) = &self.claims {
            let claims = read_file(path)?;
            limits = signed::limits(&claims);
            let token = signed::with_own_keys(&mut gateway, &claims)?;
            request.show(&token, &gateway);
        } else if let Some(path) = &self.token_file {
            let token = read_file(path)?;
            limits = signed::claims(token.trim()).ok().and_then(|claims| signed::limits(&claims));
            let mut shown = request.clone();
            shown.show(token.trim(), &gateway);
            unsigned = signed::lacks_keys(&gateway, &rehearsal, &shown.head());
            if unsigned {
                let claims = signed::claims(token.trim())?;
                let token = signed::with_own_keys(&mut gateway, &claims)?;
                request.show(&token, &gateway);
            } else {
                request = shown;
            }
        }
        let mut explanation = explain(&gateway, &rehearsal, &request.head())?;
        if explanation.mismatch == Some(Mismatch::Token) {
            explanation.because.extend(limits);
        }
        if unsigned {
            let what = "The signature is not verified: the issuer's keys are not in gateway.toml, and nothing is fetched.";
            explanation.because.push(what.to_owned());
        }
        explanation.because.extend(signing);
        explanation.deployed =
            deployed.map(|deployed| ExplainedDeployment::new(deployed, &explanation.configuration));
        say(&explanation, self.expect.as_deref(), output)
    }

    fn request(&self) -> Result<Request, Failure> {
        let (scheme, host, target) = match self.target.split_once("://") {
            Some((scheme, rest)) => {
                let at = rest.find(['/', '?']).unwrap_or(rest.len());
                let (host, target) = rest.split_at_checked(at).unwrap_or((rest, ""));
                (scheme, Some(host), target)
            }
            None => ("https", None, self.target.as_str()),
        };
        if !target.is_empty() && !target.starts_with(['/', '?']) {
            return Err(Failure::usage(format_args!("`{target}` is not a path; write `/{target}`")));
        }
        // Every client adds this slash.
        let slash = if target.starts_with('/') { "" } else { "/" };
        let host = self.host.as_deref().or(host).unwrap_or("localhost").to_owned();
        let mut headers = vec![("host".to_owned(), host.clone())];
        for line in &self.header {
            let (name, value) =
                line.split_once(':').filter(|(name, _)| !name.trim().is_empty()).ok_or_else(|| {
                    Failure::usage(format_args!("`{line}` is not a header; write `name: value`"))
                })?;
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
        Ok(Request { method: self.method.clone(), url: format!("{scheme}://{host}{slash}{target}"), headers })
    }
}

#[derive(Clone)]
struct Request {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
}

impl Request {
    fn head(&self) -> RehearsedRequest {
        let lines = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        RehearsedRequest::new(self.method.clone(), self.url.clone(), lines)
    }

    /// Puts the token into the first token place of the request's route.
    fn show(&mut self, token: &str, gateway: &Gateway) {
        let place = {
            let head = self.head();
            let admitted = admit(&head).ok();
            let arrival = admitted.as_ref().and_then(|admitted| routing::find(gateway, &admitted.target));
            let places = arrival.map_or(&[][..], |arrival| token_in(gateway, arrival.route));
            places.first().cloned()
        };
        let mut header = |name: &str, value: String| self.headers.push((name.to_owned(), value));
        match place.unwrap_or(TokenPlace::Bearer) {
            TokenPlace::Bearer => header("authorization", format!("Bearer {token}")),
            TokenPlace::Basic => {
                header("authorization", format!("Basic {}", STANDARD.encode(format!(":{token}"))));
            }
            TokenPlace::SigV4 => header(
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={token}/date/region/service/aws4_request, Signature=0"),
            ),
            TokenPlace::Header { name, before, after } => {
                header(name.as_str(), format!("{before}{token}{after}"));
            }
            TokenPlace::Query { name, before, after } => {
                let mark = if self.url.contains('?') { '&' } else { '?' };
                let encoded =
                    format!("{name}={before}{token}{after}").replace('<', "%3C").replace('>', "%3E");
                self.url = format!("{}{mark}{}", self.url, encoded.replace(' ', "%20"));
            }
            TokenPlace::Subprotocol { prefix } => header(subprotocol::HEADER, format!("{prefix}{token}")),
            TokenPlace::NextSubprotocol { name } => header(subprotocol::HEADER, format!("{name}, {token}")),
        }
    }
}

fn token_in<'g>(gateway: &'g Gateway, route: Option<&'g Route>) -> &'g [TokenPlace] {
    let of_operator = gateway.operator.as_ref().map_or(&[][..], |operator| &operator.token_in);
    route.map_or(of_operator, |route| &route.token_in)
}

/// A token that authenticates the caller on a [`Rehearsal`]. The token of a digest is unknown, so a caller's digest is
/// replaced with that of another token.
fn token_of(gateway: &mut Gateway, name: &str) -> Result<String, Failure> {
    let Some(position) = gateway.callers.iter().position(|caller| caller.name == name) else {
        let known: Vec<&str> = gateway.callers.iter().map(|caller| caller.name.as_ref()).collect();
        return Err(Failure::usage(format_args!(
            "there is no caller `{name}`; there are {}",
            known.join(", ")
        )));
    };
    let token = placeholder(&format!("the token of {name}"));
    let mut callers = gateway.callers.to_vec();
    let Some(caller) = callers.get_mut(position) else { return Ok(token) };
    match caller.authentication {
        CallerAuthentication::Secret(secret) => {
            let source = gateway.secret(secret).and_then(|secret| secret.sources.first());
            let token = source.map_or(token, |source| placeholder(&source.binding));
            // The placeholder does not name its caller, as a token would for which only this secret is read.
            if caller.named {
                callers.iter_mut().enumerate().for_each(|(at, caller)| caller.named = at != position);
                gateway.callers = List::Owned(callers);
            }
            return Ok(token);
        }
        CallerAuthentication::Digests(_)
        | CallerAuthentication::Jwt(_)
        | CallerAuthentication::Issued(_)
        | CallerAuthentication::Hmac(_) => {
            caller.authentication = CallerAuthentication::Digests(vec![digest(token.as_bytes())].into());
        }
    }
    gateway.callers = List::Owned(callers);
    Ok(token)
}

fn explain(
    gateway: &Gateway,
    rehearsal: &Rehearsal,
    head: &RehearsedRequest,
) -> Result<Explanation, Failure> {
    let handled = rehearsal.handle(gateway, head);
    let Handled { outcome, event: record } =
        handled.ok_or_else(|| Failure::failed("the request had to wait"))?;
    let named = |name: Option<&str>| name.map(str::to_owned);
    let route = gateway.routes.iter().find(|route| Some(route.name.as_ref()) == record.route);
    let code = match &outcome {
        Outcome::Refused(refusal) => Some(refusal.code),
        _ => None,
    };
    let mut because = Vec::new();
    if let Some(code) = code {
        // The title says that no rule admits the request, but one of the caller's rules does.
        if record.mismatch != Some(Mismatch::Token) {
            because.push(code.title().to_owned());
        }
        because.extend(reasons(gateway, route, record.caller, code));
        because.extend(nearest_rule(gateway, record.caller, head));
        let names_other = record.mismatch == Some(Mismatch::OtherResource);
        because.extend(names_other.then(|| explanation::OTHER_RESOURCE.to_owned()));
        if let Some(proof) = record.auth_error.and_then(|error| serde_json::to_value(error).ok()) {
            because.push(format!("The log would have {}.", proof.as_str().unwrap_or_default()));
        }
    }
    if let Some(operation) = record.operation {
        let body = if operation == "probe" { ", whose body is not checked here" } else { "" };
        because.push(format!("It is the operator's `{operation}`{body}."));
    }
    if matches!(outcome, Outcome::Preflight(_)) {
        because.push(
            "It is a browser's preflight. The gateway responds to it with the route's `cors`.".to_owned(),
        );
    }
    let to = record.caller.and_then(|name| caller_id(gateway, name)).map_or(Grantee::Anyone, Grantee::Caller);
    let auth = route.map(|route| route.auth_of(to));
    let put = auth.filter(|_| matches!(outcome, Outcome::Forwarded { .. }));
    Ok(Explanation {
        decision: match outcome {
            Outcome::Refused(_) => Decision::Refused,
            Outcome::Forwarded { .. } => Decision::Forwarded,
            Outcome::Preflight(_) | Outcome::Reported(_) => Decision::Answered,
        },
        code: code.map(Code::as_str),
        status: code.map(Code::status),
        because,
        mismatch: record.mismatch,
        route: named(record.route),
        caller: named(record.caller),
        subject: record.subject.clone(),
        rule: named(record.rule),
        auth: put.map(|auth| auth::lines(gateway, auth)).unwrap_or_default(),
        secrets: put.map(|auth| explanation::secrets(gateway, auth)).unwrap_or_default(),
        reads: rehearsal.reads(),
        upstream: rehearsal.sent().map(|sent| spelled(gateway, auth, sent).into()),
        configuration: gateway.digest.to_string(),
        deployed: None,
    })
}

fn spelled(gateway: &Gateway, auth: Option<&[Placement]>, sent: UpstreamRequest) -> UpstreamRequest {
    let url = auth.map(|auth| auth::url(gateway, auth, &sent.url));
    UpstreamRequest { url: url.unwrap_or(sent.url), ..sent }
}

/// The rules, callers or mounts that exist instead. The pipeline has decided already.
fn reasons(gateway: &Gateway, route: Option<&Route>, caller: Option<&str>, code: Code) -> Vec<String> {
    match code {
        Code::NoRoute => {
            let mounts: Vec<String> = gateway.mounts.iter().map(explanation::mount).collect();
            vec![format!("The mounts are {}.", mounts.join(", "))]
        }
        Code::CallerUnauthenticated => {
            let known = route.into_iter().flat_map(Route::callers).filter_map(|id| gateway.caller(id));
            let known: Vec<&str> = known.map(|caller| caller.name.as_ref()).collect();
            let known = if known.is_empty() { "no caller".to_owned() } else { known.join(", ") };
            vec![format!("The route knows {known}.")]
        }
        Code::NotAllowed => {
            let id = caller.and_then(|name| caller_id(gateway, name));
            let rules = route.zip(id).map(|(route, id)| explanation::rules(route, Grantee::Caller(id)));
            let listed = |rules: Vec<&str>| {
                let quoted: Vec<String> = rules.into_iter().map(|rule| format!("`{rule}`")).collect();
                format!("The caller's rules are {}.", quoted.join(", "))
            };
            rules.map(listed).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// The difference between the request and a rule of the caller that nearly admits it.
fn nearest_rule(gateway: &Gateway, caller: Option<&str>, head: &RehearsedRequest) -> Option<String> {
    let caller = caller_id(gateway, caller?)?;
    let admitted = admit(head).ok()?;
    let arrival = routing::find(gateway, &admitted.target)?;
    let (route, to) = (arrival.route?, Grantee::Caller(caller));
    let admits = |method| route.admitting_rule(to, method, arrival.path).is_some();
    if admits(admitted.method) {
        let query = admitted.target.query;
        let is_admitted = named_method::admitted(route, admitted.method, query, admits).is_some();
        let why = "The query names another method. It needs a rule too, and POST.";
        return (!is_admitted).then(|| why.to_owned());
    }
    let found = Mismatch::find(route, arrival.mount, to, admitted.method, arrival.path)?;
    Some(explanation::mismatch(found.0, &found.1.text))
}

fn caller_id(gateway: &Gateway, name: &str) -> Option<CallerId> {
    (0..=u16::MAX).map(CallerId).find(|id| gateway.caller(*id).is_some_and(|caller| caller.name == name))
}

fn say(explanation: &Explanation, expected: Option<&str>, output: &mut Output) -> Result<(), Failure> {
    let other = explanation.deployed.as_ref().is_some_and(|deployed| !deployed.same);
    let refused = explanation.decision == Decision::Refused;
    let is_as_expected = expected.map_or(!refused, |expected| expectation::is_met(expected, explanation));
    if output.is_json() {
        output.json(explanation)?;
    } else {
        for (index, line) in explanation.lines().into_iter().enumerate() {
            let tone = if is_as_expected { Tone::Good } else { Tone::Bad };
            output.line(if index == 0 { Text::default().toned(tone, line) } else { line.into() })?;
        }
        if other {
            output.note("The gateway runs another configuration, so this is not what it would do.");
        }
    }
    if let Some(expected) = expected.filter(|_| !is_as_expected) {
        output.note(Text::default().toned(Tone::Bad, format!("The decision is not `{expected}`.")));
    }
    if other || !is_as_expected { Err(Failure::Found) } else { Ok(()) }
}
