//! The operator's endpoints, below the mount of `[operator]`: what rotating a secret has to be told by the gateway.
//!
//! | endpoint | for whom | tells |
//! |---|---|---|
//! | `GET health` | whoever asks | version and digest of the configuration; reads nothing |
//! | `GET ready` | the operator | what reading each secret's sources comes to |
//! | `POST probe` | the operator | what the upstream answers to one source, and a proof of the value that was read |
//!
//! No value leaves them. `docs/operator.md` has their forms.

mod health;
mod probe;
mod ready;
mod report;
mod value_proof;

use crate::authentication::caller::authenticate;
use crate::authentication::tokens::token_digests;
use crate::configuration::{Gateway, TokenPlace};
use crate::http::method::Method;
use crate::http::path::Below;
use crate::log::Event;
use crate::refusal::Code;
use crate::runtime::signing::Signing;
use crate::runtime::clock::elapsed;
use crate::runtime::{Bindings, Clock, Console, Network, RequestHead};
use crate::secrets::readings::Readings;

pub use report::Report;

/// Where an operator shows its token.
pub const TOKEN_IN: &[TokenPlace] = &[TokenPlace::Bearer];

/// A request below the operator's mount.
pub struct OperatorRequest<'a, H> {
    /// The whole request.
    pub head: &'a H,
    /// Its method.
    pub method: Method,
    /// What of its path follows the mount.
    pub path: Below<'a>,
    /// Its query.
    pub query: Option<&'a str>,
}

/// Serves a request below the operator's mount.
///
/// 1. `health` is answered at once.
/// 2. Caller: one of the operator's, by a bearer token. 401, 503
/// 3. Rule: `GET ready` and `POST probe`, nothing else. 403
/// 4. What the endpoint does. 400, 413
pub async fn serve<'g, R: Bindings + Network + Clock + Console + Signing>(
    gateway: &'g Gateway,
    asked: &OperatorRequest<'_, impl RequestHead>,
    runtime: &'g R,
    event: &mut Event<'g>,
) -> Result<Report, Code> {
    let operator = gateway.operator.as_ref().ok_or(Code::NoRoute)?;

    // 1. Health
    let endpoint = Endpoint::from_request(asked);
    event.operation = endpoint.map(Endpoint::as_str);
    if endpoint == Some(Endpoint::Health) {
        return Ok(health::report(gateway));
    }

    // 2. Caller
    let before = runtime.now();
    let mut readings = Readings::new(runtime, gateway.secret_timeout);
    let shown = token_digests(TOKEN_IN, asked.head, None);
    let proved = authenticate(gateway, operator.allow.iter().copied(), &shown, &mut readings).await;
    let caller = proved.map_err(|why| {
        event.proof = Some(why);
        Code::from(why)
    })?;
    event.caller = gateway.caller(caller).map(|caller| caller.name.as_ref());
    let proof_ms = elapsed(before, runtime.now());

    // 3. Rule
    let endpoint = endpoint.ok_or(Code::NotAllowed)?;

    // 4. Do it
    match endpoint {
        Endpoint::Health => Ok(health::report(gateway)),
        Endpoint::Ready => ready::report(gateway, asked.query, runtime, &readings, proof_ms).await,
        Endpoint::Probe => probe::report(gateway, asked.head, runtime, &mut readings, event).await,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Endpoint {
    Health,
    Ready,
    Probe,
}

impl Endpoint {
    fn from_request<H>(asked: &OperatorRequest<'_, H>) -> Option<Self> {
        let mut segments = asked.path.segments();
        let (name, rest) = (segments.next()?, segments.next());
        match (asked.method, name, rest) {
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
