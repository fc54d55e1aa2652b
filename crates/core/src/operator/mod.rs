//! The operator's endpoints, below the mount of `[operator]`, for rotating secrets and for monitoring.
//!
//! | endpoint | caller | returns |
//! |---|---|---|
//! | `GET health` | anyone | version, configuration and environment; reads no secret |
//! | `GET ready` | the operator | the result of each read of a source, and the source that each route would use |
//! | `GET /` | anyone | the page, if there is one; it contains no data |
//! | `GET overview` | the operator | the configuration, for the page |
//! | `GET metrics` | the operator | metrics of the last minutes, for Prometheus |
//! | `GET traffic` | the operator | metrics of the last hour or day, for the page |
//! | `GET ages` | the operator | when the secrets were created and last changed, for the page |
//! | `POST explain` | the operator | what the gateway would do with a request, for the page |
//! | `POST probe` | the operator | the upstream's status for one source, and a proof of the value that was read |
//!
//! No response contains a value. `docs/operator.md` has the formats.

mod account_access;
mod ages;
mod analytics_query;
mod control_value;
mod explain;
mod health;
mod lookalike;
mod metrics;
mod overview;
mod probe;
mod probe_target;
mod ready;
mod report;
mod request_body;
mod traffic;
mod value_proof;

use analytics_query::AnalyticsQuery;

use crate::authentication::caller;
use crate::authentication::jwt::{Revocable, TokenScope};
use crate::authentication::tokens::tokens;
use crate::configuration::{AccountApi, Environment, Gateway, Mismatch, Operator};
use crate::http::host::Host;
use crate::http::method::Method;
use crate::http::path::Below;
use crate::log::Event;
use crate::refusal::Code;
use crate::request::cors;
use crate::runtime::auth_runtime::AuthRuntime;
use crate::runtime::feature::if_built_in;
use crate::runtime::instrumented::Instrumented;
use crate::runtime::own_request::OwnRequests;
use crate::runtime::{Bindings, Clock, Network, OperatorRuntime, RequestHead};
use crate::secrets::concurrent_reads::Readings;

pub use report::Report;

/// The name under which rate limits count the operator's requests. No route can have this name.
pub const COUNTED_AS: &str = "[operator]";

/// A request below the operator's mount.
pub struct OperatorRequest<'a, H> {
    /// The whole request.
    pub head: &'a H,
    /// The scheme of the request.
    pub scheme: &'a str,
    /// The host of the request.
    pub host: &'a Host,
    /// The endpoint that it calls; `None` for a method or a path that no endpoint has.
    pub endpoint: Option<Endpoint>,
    /// Its query.
    pub query: Option<&'a str>,
}

/// The response to a request that needs no token; `None` for a request that needs one.
#[must_use]
pub fn public_report<'g, H, R: Bindings + Instrumented>(
    gateway: &'g Gateway,
    operator: &Operator,
    request: &OperatorRequest<'_, H>,
    runtime: &R,
    event: &mut Event<'g>,
) -> Option<Report> {
    event.operation = request.endpoint.map(Endpoint::as_str);
    match request.endpoint? {
        Endpoint::Health => Some(health::report(gateway, operator, runtime)),
        Endpoint::Page => R::PAGE.map(Report::page),
        _ => None,
    }
}

/// Authenticates the operator by the request's token, and records it in the event. 401, 503
///
/// A login that a cookie carries is accepted only from pages of the same origin. There is no `cors` here, so no page of
/// another origin can set `Authorization`.
///
/// The caller of this function has to check whether a signed token is revoked.
pub async fn authenticate<'g, R: Bindings + Clock + AuthRuntime>(
    gateway: &'g Gateway,
    operator: &Operator,
    request: &OperatorRequest<'_, impl RequestHead>,
    readings: &mut Readings<'g, R>,
    event: &mut Event<'g>,
) -> Result<Option<Revocable>, Code> {
    let shown = tokens(&operator.token_in, request.head, None);
    let is_cross_site =
        R::FORMS.ambient_callers && cors::is_cross_site(None, request.head, request.scheme, request.host);
    let callers = operator.allow.iter().copied();
    let proved = caller::authenticate(gateway, callers, shown, is_cross_site, readings).await;
    let proved = proved.map_err(|why| {
        event.auth_error = Some(why);
        Code::from(why)
    })?;
    event.caller = gateway.caller(proved.id).map(|caller| caller.name.as_ref());
    // A limited token is for routes, and these endpoints are not a route.
    if proved.identity.scope != TokenScope::default() {
        event.mismatch = Some(Mismatch::Token);
        return Err(Code::NotAllowed);
    }
    event.subject = proved.identity.subject;
    Ok(proved.identity.revocable)
}

/// Serves a request of an operator: every endpoint that [`public_report`] does not serve. 400, 403, 413, 502, 503
///
/// `proof_ms` is the time of its authentication.
pub async fn serve<'g, R: Bindings + Network + Clock + OperatorRuntime + AuthRuntime + Instrumented>(
    gateway: &'g Gateway,
    operator: &'g Operator,
    request: &OperatorRequest<'_, impl RequestHead>,
    runtime: &'g R,
    readings: &mut Readings<'g, R>,
    proof_ms: u32,
    event: &mut Event<'g>,
) -> Result<Report, Code> {
    let endpoint = request.endpoint.ok_or(Code::NotAllowed)?;
    let explains = R::PAGE.is_some() && endpoint == Endpoint::Explain;
    if let Some(report) =
        if_built_in(explains, || explain::report(gateway, &operator.token_in, runtime)).await
    {
        return report;
    }
    let queries = R::INSTRUMENTS.traffic && matches!(endpoint, Endpoint::Metrics | Endpoint::Traffic);
    let analytics = if queries { analytics(operator, runtime) } else { None };
    if let Some((api, dataset)) = analytics {
        let query = AnalyticsQuery { gateway, api, runtime, readings };
        let is_metrics = endpoint == Endpoint::Metrics;
        let report = if_built_in(const { R::INSTRUMENTS.traffic }, || {
            data_report(query, dataset, request.query, is_metrics)
        })
        .await;
        return report.unwrap_or(Err(Code::NotAllowed));
    }
    let ages = R::INSTRUMENTS.ages && endpoint == Endpoint::Ages;
    if let Some((api, environment)) = if ages { secrets_store(operator, runtime) } else { None } {
        let asked = ages::Asked { gateway, api, environment, query: request.query };
        let report =
            if_built_in(const { R::INSTRUMENTS.ages }, || ages::report(asked, runtime, readings)).await;
        return report.unwrap_or(Err(Code::NotAllowed));
    }
    match endpoint {
        Endpoint::Overview if R::PAGE.is_some() => Ok(overview::report(gateway, operator, runtime)),
        Endpoint::Ready => {
            ready::report(gateway, request.query, runtime, readings, proof_ms, &event.request_id).await
        }
        Endpoint::Probe => probe::report(gateway, request.head, request.host, runtime, readings, event).await,
        _ => Err(Code::NotAllowed),
    }
}

/// The metrics from data points, for Prometheus or for the page.
async fn data_report<R: Bindings + OwnRequests>(
    query: AnalyticsQuery<'_, '_, R>,
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

/// The API and the dataset of the environment's data points.
fn analytics<'g>(operator: &'g Operator, bindings: &impl Bindings) -> Option<(&'g AccountApi, &'g str)> {
    operator.metrics.as_ref().zip(environment(operator, bindings)?.dataset.as_deref())
}

/// The API with the ages of secrets, and the environment that has the bindings.
fn secrets_store<'g>(
    operator: &'g Operator,
    bindings: &impl Bindings,
) -> Option<(&'g AccountApi, &'g Environment)> {
    operator.secrets_store.as_ref().zip(environment(operator, bindings))
}

/// The environment that the gateway runs in.
fn environment<'g>(operator: &'g Operator, bindings: &impl Bindings) -> Option<&'g Environment> {
    health::environment_named(operator, health::Health::environment_name(bindings).as_deref())
}

/// One of the endpoints in the table above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is a row of the table above")]
pub enum Endpoint {
    Health,
    Ready,
    Probe,
    Page,
    Overview,
    Explain,
    Metrics,
    Traffic,
    Ages,
}

impl Endpoint {
    /// The endpoint with this method and this path below the mount. `has_page` is whether the page is served.
    #[must_use]
    pub fn find(method: Method, path: Below<'_>, has_page: bool) -> Option<Self> {
        let mut segments = path.segments();
        let (name, rest) = (segments.next()?, segments.next());
        match (method, name, rest) {
            (Method::Get | Method::Head, b"health", None) => Some(Self::Health),
            (Method::Get | Method::Head, b"ready", None) => Some(Self::Ready),
            (Method::Post, b"probe", None) => Some(Self::Probe),
            (Method::Get | Method::Head, b"metrics", None) => Some(Self::Metrics),
            (Method::Get | Method::Head, b"traffic", None) => Some(Self::Traffic),
            (Method::Get | Method::Head, b"ages", None) => Some(Self::Ages),
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
            Self::Ages => "ages",
        }
    }
}
