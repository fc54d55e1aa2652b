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
mod proof;
mod ready;

use serde::Serialize;

use crate::candidates::candidates;
use crate::configuration::{Gateway, Method, TokenPlace};
use crate::path::Below;
use crate::pipeline::elapsed;
use crate::proof::prove;
use crate::record::Record;
use crate::refusal::{Code, RequestId};
use crate::runtime::{Bindings, Clock, Console, Head, Network};
use crate::secrets::{Failure, Readings};

/// Where an operator shows its token.
pub const TOKEN_IN: &[TokenPlace] = &[TokenPlace::Bearer];

/// A request below the operator's mount.
pub struct Asked<'a, H> {
    /// The whole request.
    pub head: &'a H,
    /// Its method.
    pub method: Method,
    /// What of its path follows the mount.
    pub path: Below<'a>,
    /// Its query.
    pub query: Option<&'a str>,
}

/// An answer of the gateway's own that is no refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The status of the answer.
    pub status: u16,
    /// A JSON object.
    pub body: String,
}

impl Report {
    fn new(status: u16, body: &impl Serialize) -> Self {
        // Texts and numbers always serialise.
        Self { status, body: serde_json::to_string(body).unwrap_or_default() }
    }

    /// The headers of the answer.
    #[must_use]
    pub fn headers(request_id: &RequestId) -> [(&'static str, &str); 3] {
        [
            ("content-type", "application/json"),
            ("cache-control", "no-store"),
            ("ostiary-request-id", request_id.as_str()),
        ]
    }
}

/// Serves a request below the operator's mount.
///
/// 1. `health` is answered at once.
/// 2. Caller: one of the operator's, by a bearer token. 401, 503
/// 3. Rule: `GET ready` and `POST probe`, nothing else. 403
/// 4. What the endpoint does. 400, 413
pub async fn serve<'g, R: Bindings + Network + Clock + Console>(
    gateway: &'g Gateway,
    asked: &Asked<'_, impl Head>,
    runtime: &'g R,
    record: &mut Record<'g>,
) -> Result<Report, Code> {
    let operator = gateway.operator.as_ref().ok_or(Code::NoRoute)?;

    // 1. Health
    let endpoint = Endpoint::of(asked);
    record.operation = endpoint.map(Endpoint::as_str);
    if endpoint == Some(Endpoint::Health) {
        return Ok(health::report(gateway));
    }

    // 2. Caller
    let before = runtime.now();
    let mut readings = Readings::new(runtime, gateway.secret_timeout);
    let shown = candidates(TOKEN_IN, asked.head, None);
    let proved = prove(gateway, operator.allow.iter().copied(), &shown, &mut readings).await;
    let caller = proved.map_err(|why| {
        record.proof = Some(why);
        Code::from(why)
    })?;
    record.caller = gateway.caller(caller).map(|caller| caller.name.as_ref());
    let proof_ms = elapsed(before, runtime.now());

    // 3. Rule
    let endpoint = endpoint.ok_or(Code::NotAllowed)?;

    // 4. Do it
    match endpoint {
        Endpoint::Health => Ok(health::report(gateway)),
        Endpoint::Ready => ready::report(gateway, asked.query, runtime, &readings, proof_ms).await,
        Endpoint::Probe => probe::report(gateway, asked.head, runtime, &mut readings, record).await,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Endpoint {
    Health,
    Ready,
    Probe,
}

impl Endpoint {
    fn of<H>(asked: &Asked<'_, H>) -> Option<Self> {
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

/// What reading a source came to, in one word, as the log says it.
const fn outcome(failure: Option<Failure>) -> &'static str {
    match failure {
        None => "ok",
        Some(failure) => failure.as_str(),
    }
}
