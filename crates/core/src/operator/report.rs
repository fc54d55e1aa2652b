//! What the operator's endpoints answer.

use serde::Serialize;

use crate::request_id::RequestId;
use crate::runtime::reading::Failure;

/// An answer of the gateway's own that is no refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The status of the answer.
    pub status: u16,
    /// A JSON object.
    pub body: String,
}

impl Report {
    pub(super) fn new(status: u16, body: &impl Serialize) -> Self {
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

/// What reading a source came to, in one word, as the log says it.
pub(super) const fn outcome(failure: Option<Failure>) -> &'static str {
    match failure {
        None => "ok",
        Some(failure) => failure.as_str(),
    }
}
