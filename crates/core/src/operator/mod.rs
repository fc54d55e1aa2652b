//! The operator's endpoints, below the mount of `[operator]`: what rotating a secret has to be told by the gateway.
//!
//! | endpoint | for whom | tells |
//! |---|---|---|
//! | `GET health` | whoever asks | version, configuration and environment; reads no secret |
//! | `GET ready` | the operator | what reading each secret's sources comes to |
//! | `POST probe` | the operator | what the upstream answers to one source, and a proof of the value that was read |
//!
//! No value leaves them. `docs/operator.md` has their forms.

mod control;
mod health;
mod probe;
mod probe_target;
mod ready;
mod report;
mod value_proof;

use crate::authentication::caller;
use crate::authentication::jwt::{Narrowing, Revocable};
use crate::authentication::tokens::tokens;
use crate::configuration::{Gateway, Mismatch, Operator, TokenPlace};
use crate::http::host::Host;
use crate::http::method::Method;
use crate::http::path::Below;
use crate::log::Event;
use crate::refusal::Code;
use crate::runtime::signing::Signing;
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
pub fn public_report<'g, H>(
    gateway: &'g Gateway,
    operator: &Operator,
    request: &OperatorRequest<'_, H>,
    bindings: &impl Bindings,
    event: &mut Event<'g>,
) -> Option<Report> {
    let endpoint = Endpoint::from_request(request);
    event.operation = endpoint.map(Endpoint::as_str);
    (endpoint == Some(Endpoint::Health)).then(|| health::report(gateway, operator, bindings))
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

/// Serves a request of an operator: `GET ready` and `POST probe`, nothing else. 400, 403, 413
///
/// `proof_ms` is how long its authentication took.
pub async fn serve<'g, R: Bindings + Network + Clock + Console + Signing>(
    gateway: &'g Gateway,
    request: &OperatorRequest<'_, impl RequestHead>,
    runtime: &'g R,
    readings: &mut Readings<'g, R>,
    proof_ms: u32,
    event: &mut Event<'g>,
) -> Result<Report, Code> {
    match Endpoint::from_request(request).ok_or(Code::NotAllowed)? {
        Endpoint::Health => Err(Code::NotAllowed),
        Endpoint::Ready => ready::report(gateway, request.query, runtime, readings, proof_ms).await,
        Endpoint::Probe => probe::report(gateway, request.head, request.host, runtime, readings, event).await,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Endpoint {
    Health,
    Ready,
    Probe,
}

impl Endpoint {
    fn from_request<H>(request: &OperatorRequest<'_, H>) -> Option<Self> {
        let mut segments = request.path.segments();
        let (name, rest) = (segments.next()?, segments.next());
        match (request.method, name, rest) {
            (Method::Get | Method::Head, b"health", None) => Some(Self::Health),
            (Method::Get | Method::Head, b"ready", None) => Some(Self::Ready),
            (Method::Post, b"probe", None) => Some(Self::Probe),
            _ => None,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Health => "health",
            Self::Ready => "ready",
            Self::Probe => "probe",
        }
    }
}
