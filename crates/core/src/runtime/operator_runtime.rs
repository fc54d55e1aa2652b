//! What only the operator's endpoints need of a runtime.

use serde::Serialize;

use crate::configuration::{Gateway, Source};
use crate::refusal::Code;
use crate::runtime::body_read_error::BodyReadError;
use crate::runtime::reading::Reading;
use crate::secret_value::SecretValue;

/// Functions for the operator's endpoints only.
pub trait OperatorRuntime {
    /// Reads the whole body of the caller's request as text: at most `limit` bytes, within `timeout_ms` milliseconds.
    async fn read_operator_body(&self, limit: u32, timeout_ms: u32) -> Result<SecretValue, BodyReadError>;

    /// The same as [`Bindings::read`], and the time that this source took, in milliseconds.
    async fn measure(&self, source: &Source, timeout_ms: u32) -> (Reading, u32);

    /// Handles a request with the production code on a simulated runtime, in which every source yields a placeholder
    /// and every upstream responds. Nothing is read and nothing is sent. `None` if this is not possible.
    async fn rehearse(&self, gateway: &Gateway, request: &RehearsalRequest) -> Option<Rehearsed>;
}

/// A request for a rehearsal.
#[derive(Debug)]
pub struct RehearsalRequest {
    /// Its method.
    pub method: String,
    /// Its absolute URL.
    pub url: String,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
}

/// The result of a rehearsal.
#[derive(Debug)]
pub struct Rehearsed {
    /// The line of its log event.
    pub line: String,
    /// The code of the refusal; `None` if the request is not refused.
    pub code: Option<Code>,
    /// The bindings that are read, in order.
    pub reads: Vec<String>,
    /// The request that is sent upstream; `None` if none is.
    pub sent: Option<RehearsedSend>,
}

/// A request that would be sent upstream, with placeholders for secrets.
#[derive(Debug, Serialize)]
pub struct RehearsedSend {
    /// Its method.
    pub method: &'static str,
    /// Its URL.
    pub url: String,
    /// The names of the caller's headers that are not forwarded.
    pub removed: Vec<String>,
}
