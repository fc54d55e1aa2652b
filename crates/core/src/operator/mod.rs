//! The operator's endpoints, below the mount of `[operator]`: what rotating a secret has to be told by the gateway.
//!
//! | endpoint | for whom | tells |
//! |---|---|---|
//! | `GET health` | whoever asks | version, configuration and environment; reads no secret |
//! | `GET ready` | the operator | what reading each secret's sources comes to |
//! | `GET /` | whoever asks | the page, where there is one; it holds nothing but itself |
//! | `GET overview` | the operator | what the configuration says, for the page |
//! | `GET metrics` | the operator | what the data points of the last minutes say, for Prometheus |
//! | `GET traffic` | the operator | what those of the last hour or day say, for the page |
//! | `POST explain` | the operator | what the gateway would do with a request, for the page |
//! | `POST probe` | the operator | what the upstream answers to one source, and a proof of the value that was read |
//!
//! No value leaves them. `docs/operator.md` has their forms.

mod control;
mod explain;
mod health;
mod lookalike;
mod metrics;
mod overview;
mod probe;
mod probe_target;
mod query;
mod ready;
mod receive;
mod report;
mod traffic;
mod value_proof;

use crate::authentication::caller;
use crate::authentication::jwt::{Narrowing, Revocable};
use crate::authentication::tokens::tokens;
use crate::configuration::{Gateway, MetricsSource, Mismatch, Operator, TokenPlace};
use crate::http::host::Host;
use crate::http::method::Method;
use crate::http::path::Below;
use crate::log::Event;
use crate::refusal::Code;
use crate::runtime::instrumented::Instrumented;
use crate::runtime::own_request::OwnRequests;
use crate::runtime::signing::{Signing, when};
use crate::runtime::{Bindings, Clock, Console, Network, RequestHead};
use crate::secrets::readings::Readings;

pub use report::Report;

/// Under what the operator's requests are counted. No route can have this name.
pub const COUNTED_AS: &str = "[operator]";

/// Where an operator shows its token.
pub const TOKEN_IN: &[TokenPlace] = &[TokenPlace::Bearer];

/// A request below the operator's mount.
pub struct OperatorRequest<'a, H> {
    /// The whole request.
    pub head: &'a H,
    /// The host that it is for.
    pub host: &'a Host,
    /// Its method.
    pub method: Method,
    /// What of its path follows the mount.
    pub path: Below<'a>,
    /// Its query.
    pub query: Option<&'a str>,
}

/// What is told to everybody, without a token; `None` for a request that takes one.
#[must_use]
pub fn public_report<'g, H, R: Bindings + Instrumented>(
    gateway: &'g Gateway,
    operator: &Operator,
    request: &OperatorRequest<'_, H>,
    runtime: &R,
    event: &mut Event<'g>,
) -> Option<Report> {
    let endpoint = Endpoint::from_request(request, R::PAGE.is_some() && operator.page);
    event.operation = endpoint.map(Endpoint::as_str);
    match endpoint? {
        Endpoint::Health => Some(health::report(gateway, operator, runtime)),
        Endpoint::Page => R::PAGE.map(Report::page),
        _ => None,
    }
}

/// The operator that the request's bearer token proves, which the event then names. 401, 503
///
/// A signed token is valid for as long as it is not revoked, which the caller of this has to find out.
pub async fn authenticate<'g, R: Bindings + Clock + Signing>(
    gateway: &'g Gateway,
    operator: &Operator,
    head: &impl RequestHead,
    readings: &mut Readings<'g, R>,
    event: &mut Event<'g>,
) -> Result<Option<Revocable>, Code> {
    let shown = tokens(TOKEN_IN, head, None);
    // No page of another origin can set `Authorization` here: there is no `cors`.
    let callers = operator.allow.iter().copied();
    let proved = caller::authenticate(gateway, callers, shown, false, readings).await;
    let proved = proved.map_err(|why| {
        event.proof = Some(why);
        Code::from(why)
    })?;
    event.caller = gateway.caller(proved.id).map(|caller| caller.name.as_ref());
    // A token that narrows itself names routes, and these endpoints are none.
    if proved.identity.narrowing != Narrowing::default() {
        event.mismatch = Some(Mismatch::Token);
        return Err(Code::NotAllowed);
    }
    event.subject = proved.identity.subject;
    Ok(proved.identity.revocable)
}

/// Serves a request of an operator: `GET ready` and `POST probe`; with a page `GET overview` and `POST explain` too, and
/// nothing else. 400, 403, 413
///
/// `proof_ms` is how long its authentication took.
pub async fn serve<'g, R: Bindings + Network + Clock + Console + Signing + Instrumented>(
    gateway: &'g Gateway,
    operator: &'g Operator,
    request: &OperatorRequest<'_, impl RequestHead>,
    runtime: &'g R,
    readings: &mut Readings<'g, R>,
    proof_ms: u32,
    event: &mut Event<'g>,
) -> Result<Report, Code> {
    let endpoint = Endpoint::from_request(request, R::PAGE.is_some() && operator.page);
    let endpoint = endpoint.ok_or(Code::NotAllowed)?;
    let explains = R::PAGE.is_some() && endpoint == Endpoint::Explain;
    if let Some(report) = when(explains, || explain::report(gateway, TOKEN_IN, runtime)).await {
        return report;
    }
    let queries = R::INSTRUMENTS.traffic && matches!(endpoint, Endpoint::Metrics | Endpoint::Traffic);
    let source = if queries { history(operator, runtime) } else { None };
    if let Some((source, dataset)) = source {
        let query = query::Query { gateway, source, runtime, readings };
        let is_metrics = endpoint == Endpoint::Metrics;
        let report =
            when(const { R::INSTRUMENTS.traffic }, || told(query, dataset, request.query, is_metrics)).await;
        return report.unwrap_or(Err(Code::NotAllowed));
    }
    match endpoint {
        Endpoint::Overview if R::PAGE.is_some() => Ok(overview::report(gateway, operator, runtime)),
        Endpoint::Ready => ready::report(gateway, request.query, runtime, readings, proof_ms).await,
        Endpoint::Probe => probe::report(gateway, request.head, request.host, runtime, readings, event).await,
        _ => Err(Code::NotAllowed),
    }
}

/// What data points say: for Prometheus, or for the page.
async fn told<R: Bindings + OwnRequests>(
    query: query::Query<'_, '_, R>,
    dataset: &str,
    asked: Option<&str>,
    is_metrics: bool,
) -> Result<Report, Code> {
    if is_metrics {
        metrics::report(query, dataset).await
    } else {
        traffic::report(query, dataset, asked).await
    }
}

/// Where the data points of the environment are read, and the dataset that they are in.
fn history<'g>(operator: &'g Operator, bindings: &impl Bindings) -> Option<(&'g MetricsSource, &'g str)> {
    let name = health::Health::environment(bindings);
    let mut environments = operator.environments.iter();
    let environment = environments.find(|environment| environment.name.as_deref() == name.as_deref())?;
    operator.metrics.as_ref().zip(environment.dataset.as_deref())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Endpoint {
    Health,
    Ready,
    Probe,
    Page,
    Overview,
    Explain,
    Metrics,
    Traffic,
}

impl Endpoint {
    fn from_request<H>(request: &OperatorRequest<'_, H>, has_page: bool) -> Option<Self> {
        let mut segments = request.path.segments();
        let (name, rest) = (segments.next()?, segments.next());
        match (request.method, name, rest) {
            (Method::Get | Method::Head, b"health", None) => Some(Self::Health),
            (Method::Get | Method::Head, b"ready", None) => Some(Self::Ready),
            (Method::Post, b"probe", None) => Some(Self::Probe),
            (Method::Get | Method::Head, b"metrics", None) => Some(Self::Metrics),
            (Method::Get | Method::Head, b"traffic", None) => Some(Self::Traffic),
            (Method::Get | Method::Head, b"", None) if has_page => Some(Self::Page),
            (Method::Get | Method::Head, b"overview", None) if has_page => Some(Self::Overview),
            (Method::Post, b"explain", None) if has_page => Some(Self::Explain),
            _ => None,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Ready => "ready",
            Self::Probe => "probe",
            Self::Page => "page",
            Self::Overview => "overview",
            Self::Explain => "explain",
            Self::Metrics => "metrics",
            Self::Traffic => "traffic",
        }
    }
}
