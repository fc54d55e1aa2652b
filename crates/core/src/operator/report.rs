//! The responses of the operator's endpoints.

use serde::Serialize;

use crate::http::AddedHeaders;
use crate::request_id::RequestId;
use crate::runtime::instrumented::Page;
use crate::runtime::reading::Failure;

/// A response of the gateway itself that is not a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The status of the response.
    pub status: u16,
    /// The body, of the kind's media type.
    pub body: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A JSON object.
    Json,
    /// Metrics for Prometheus.
    OpenMetrics,
    /// The page, with its policy.
    Page(&'static str),
}

/// Headers that isolate the page: other pages cannot frame it, open it with a handle to it, or embed it.
const APART: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

impl Report {
    pub(super) fn new(status: u16, body: &impl Serialize) -> Self {
        // Serialising texts and numbers cannot fail.
        Self::json(status, serde_json::to_string(body).unwrap_or_default())
    }

    pub(super) const fn json(status: u16, body: String) -> Self {
        Self { status, body, kind: Kind::Json }
    }

    pub(super) const fn open_metrics(body: String) -> Self {
        Self { status: 200, body, kind: Kind::OpenMetrics }
    }

    pub(super) fn page(page: Page) -> Self {
        Self { status: 200, body: page.html.to_owned(), kind: Kind::Page(page.policy) }
    }

    /// The headers of the response.
    #[must_use]
    pub fn headers(&self, request_id: &RequestId) -> AddedHeaders {
        let media_type = match self.kind {
            Kind::Json => "application/json",
            Kind::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Kind::Page(_) => "text/html; charset=utf-8",
        };
        let fixed = [("content-type", media_type), ("cache-control", "no-store")];
        let mut headers = AddedHeaders::new();
        let mut add = |name, value: &str| headers.push((name, value.to_owned()));
        for (name, value) in fixed {
            add(name, value);
        }
        add("ostiary-request-id", request_id.as_str());
        if let Kind::Page(policy) = self.kind {
            add("content-security-policy", policy);
            for (name, value) in APART {
                add(name, value);
            }
        }
        headers
    }
}

/// The result of reading a source, in one word as in the log.
pub(super) const fn outcome(failure: Option<Failure>) -> &'static str {
    match failure {
        None => "ok",
        Some(failure) => failure.as_str(),
    }
}
