//! Refusals: answers that the gateway itself gives.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use crate::http::AddedHeaders;
use crate::request_id::RequestId;

/// Where each code has a heading: the `type` of a refusal is this and the code.
const DOCUMENTATION: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/refusals.md#");

/// What a refusal says: stable, documented in `docs/refusals.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is what `docs/refusals.md` says under its heading")]
pub enum Code {
    InvalidHost,
    PathAmbiguous,
    BodyNotAllowed,
    BodyInvalid,
    CallerUnauthenticated,
    NotAllowed,
    NoRoute,
    MethodNotAllowed,
    PayloadTooLarge,
    UnsupportedMediaType,
    OperationInvalid,
    RateLimited,
    Misconfigured,
    UpstreamUnreachable,
    UpstreamInvalid,
    SecretUnavailable,
    UpstreamTimeout,
    LoopDetected,
}

/// The one place where a code gets its name, its status and its title.
const fn table(code: Code) -> (&'static str, u16, &'static str) {
    match code {
        Code::InvalidHost => ("invalid_host", 400, "The Host header and the URL do not name one host."),
        Code::PathAmbiguous => ("path_ambiguous", 400, "The path can be read in more than one way."),
        Code::BodyNotAllowed => ("body_not_allowed", 400, "A GET or HEAD request has no body."),
        Code::BodyInvalid => ("body_invalid", 400, "The request's body is not whole, or not what its type says."),
        Code::CallerUnauthenticated => ("caller_unauthenticated", 401, "No token that this gateway knows."),
        Code::NotAllowed => ("not_allowed", 403, "No rule admits this method and path."),
        Code::NoRoute => ("no_route", 404, "No route is mounted here."),
        Code::MethodNotAllowed => ("method_not_allowed", 405, "The gateway does not know this method."),
        Code::PayloadTooLarge => ("payload_too_large", 413, "The request's body is too large."),
        Code::UnsupportedMediaType => {
            ("unsupported_media_type", 415, "A body of this type cannot carry the route's credential.")
        }
        Code::RateLimited => ("rate_limited", 429, "Too many requests."),
        Code::OperationInvalid => ("operation_invalid", 400, "The operator's request is not understood."),
        Code::Misconfigured => ("misconfigured", 500, "The gateway's configuration has an error."),
        Code::UpstreamUnreachable => ("upstream_unreachable", 502, "The upstream cannot be reached."),
        Code::UpstreamInvalid => ("upstream_invalid", 502, "The upstream's answer cannot be passed on."),
        Code::SecretUnavailable => ("secret_unavailable", 503, "A secret cannot be read."),
        Code::UpstreamTimeout => ("upstream_timeout", 504, "The upstream did not answer in time."),
        Code::LoopDetected => ("loop_detected", 508, "The request has been through this gateway before."),
    }
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 18] = [
        Self::InvalidHost,
        Self::PathAmbiguous,
        Self::BodyNotAllowed,
        Self::BodyInvalid,
        Self::CallerUnauthenticated,
        Self::NotAllowed,
        Self::NoRoute,
        Self::MethodNotAllowed,
        Self::PayloadTooLarge,
        Self::UnsupportedMediaType,
        Self::RateLimited,
        Self::OperationInvalid,
        Self::Misconfigured,
        Self::UpstreamUnreachable,
        Self::UpstreamInvalid,
        Self::SecretUnavailable,
        Self::UpstreamTimeout,
        Self::LoopDetected,
    ];

    /// As it stands in `ostiary-refusal`, in `code` and in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        table(self).0
    }

    /// The status of the refusal.
    #[must_use]
    pub const fn status(self) -> u16 {
        table(self).1
    }

    /// What one line says of it (RFC 9457 §3.1.3): the same each time.
    #[must_use]
    pub const fn title(self) -> &'static str {
        table(self).2
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A refusal, ready to be sent. It holds a code, an id and what the route tells web pages, so there is nothing in it
/// that could leak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub code: Code,
    /// Of the request.
    pub request_id: RequestId,
    /// After how many seconds the caller may come back.
    pub retry_after: Option<u32>,
    /// What web pages are told.
    pub cors: AddedHeaders,
}

impl Refusal {
    /// The status of the answer.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.code.status()
    }

    /// The headers of the answer.
    #[must_use]
    pub fn headers(&self) -> Vec<(&'static str, Cow<'_, str>)> {
        let mut headers: Vec<(&'static str, Cow<'_, str>)> = vec![
            ("content-type", "application/problem+json".into()),
            ("cache-control", "no-store".into()),
            ("ostiary-refusal", self.code.as_str().into()),
            ("ostiary-request-id", self.request_id.as_str().into()),
        ];
        headers.extend(self.cors.iter().map(|(name, value)| (*name, value.as_str().into())));
        headers.extend(self.retry_after.map(|seconds| ("retry-after", seconds.to_string().into())));
        match self.code {
            // Never Basic: a browser would ask for a password and remember it (RFC 7617 §4).
            Code::CallerUnauthenticated => headers.push(("www-authenticate", "Bearer".into())),
            // RFC 9110 §15.5.6 asks for it.
            Code::MethodNotAllowed => {
                headers.push(("allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS".into()));
            }
            _ => {}
        }
        headers
    }

    /// The body of the answer: a problem in JSON (RFC 9457 §3).
    #[must_use]
    pub fn body(&self) -> String {
        #[derive(Serialize)]
        struct Problem<'a> {
            r#type: String,
            title: &'a str,
            status: u16,
            code: &'a str,
            request_id: &'a str,
        }
        let problem = Problem {
            r#type: format!("{DOCUMENTATION}{}", self.code),
            title: self.code.title(),
            status: self.code.status(),
            code: self.code.as_str(),
            request_id: self.request_id.as_str(),
        };
        // Strings and a number always serialise.
        serde_json::to_string(&problem).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::method::Method;

    fn refusal(code: Code, bits: u128) -> Refusal {
        Refusal { code, request_id: RequestId::new(bits), retry_after: None, cors: AddedHeaders::new() }
    }

    #[test]
    fn a_refusal_is_a_problem_with_the_request_s_id() {
        let refusal = refusal(Code::NoRoute, 0xab);
        assert_eq!(
            refusal.body(),
            format!(
                "{{\"type\":\"{DOCUMENTATION}no_route\",\"title\":\"No route is mounted here.\",\"status\":404,\
                 \"code\":\"no_route\",\"request_id\":\"000000000000000000000000000000ab\"}}"
            )
        );
        assert!(refusal.headers().contains(&("ostiary-refusal", "no_route".into())));
        assert!(refusal.headers().contains(&("cache-control", "no-store".into())));
    }

    #[test]
    fn case_32_a_failed_proof_asks_for_a_bearer_token_and_never_for_basic() {
        let refusal = refusal(Code::CallerUnauthenticated, 1);
        assert_eq!(refusal.headers().last(), Some(&("www-authenticate", "Bearer".into())));
    }

    #[test]
    fn case_34_an_unknown_method_is_told_the_known_ones() {
        let refusal = refusal(Code::MethodNotAllowed, 1);
        let known = Method::ALL.map(Method::as_str).join(", ");
        assert_eq!(refusal.headers().last(), Some(&("allow", known.into())));
    }

    #[test]
    fn every_code_has_its_heading_in_the_documentation() {
        let page =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/refusals.md")).unwrap();
        for code in Code::ALL {
            let heading = format!("## {code}\n\n**{}** {}\n", code.status(), code.title());
            assert!(page.contains(&heading), "{heading}");
        }
        assert_eq!(page.matches("\n## ").count(), Code::ALL.len());
    }
}
