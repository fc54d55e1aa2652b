//! Refusals: the gateway's own error responses.
//!
//! The file is longer than others because of the table of codes and its tests.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use crate::http::AddedHeaders;
use crate::http::accept::names_json_alone;
use crate::http::method::Method;
use crate::http::s3_client::is_of_s3;
use crate::request_id::RequestId;

/// The documentation of the codes. The `type` of a refusal is this URL and the code.
const DOCUMENTATION: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/refusals.md#");

/// `error.type` of every refusal.
const ERROR_TYPE: &str = "ostiary_refusal";

/// Headers that tell SDKs not to retry: the SDKs that Stainless generates (OpenAI, Anthropic and others), and those of
/// Stripe. They would otherwise send the same request three times.
pub const SHOULD_RETRY: [&str; 2] = ["x-should-retry", "stripe-should-retry"];

/// The code of a refusal. Codes are stable, and `docs/refusals.md` documents them.
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
    KeySetUnavailable,
    UpstreamTimeout,
    LoopDetected,
}

/// The name, the status and the title of each code.
const fn table(code: Code) -> (&'static str, u16, &'static str) {
    match code {
        Code::InvalidHost => {
            ("invalid_host", 400, "The Host header and the URL do not name the same valid host.")
        }
        Code::PathAmbiguous => ("path_ambiguous", 400, "The path can be read in more than one way."),
        Code::BodyNotAllowed => ("body_not_allowed", 400, "A GET or HEAD request must not have a body."),
        Code::BodyInvalid => {
            ("body_invalid", 400, "The request's body is incomplete, or does not match its media type.")
        }
        Code::CallerUnauthenticated => {
            ("caller_unauthenticated", 401, "The request has no token that this gateway accepts.")
        }
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
        Code::UpstreamInvalid => ("upstream_invalid", 502, "The upstream's response cannot be returned."),
        Code::SecretUnavailable => ("secret_unavailable", 503, "A secret cannot be read."),
        Code::KeySetUnavailable => {
            ("key_set_unavailable", 503, "The keys of a token's issuer are not available.")
        }
        Code::UpstreamTimeout => ("upstream_timeout", 504, "The upstream did not respond in time."),
        Code::LoopDetected => ("loop_detected", 508, "The request has been through this gateway before."),
    }
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 19] = [
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
        Self::KeySetUnavailable,
        Self::UpstreamTimeout,
        Self::LoopDetected,
    ];

    /// Its name in `ostiary-refusal`, in `code` and in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        table(self).0
    }

    /// The status of the refusal.
    #[must_use]
    pub const fn status(self) -> u16 {
        table(self).1
    }

    /// The title (RFC 9457 §3.1.3), which is always the same for a code.
    #[must_use]
    pub const fn title(self) -> &'static str {
        table(self).2
    }

    /// Whether the same request can succeed later without a change to it, to the token or to the configuration.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::UpstreamUnreachable
                | Self::SecretUnavailable
                | Self::KeySetUnavailable
                | Self::UpstreamTimeout
        )
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl std::error::Error for Code {}

/// The media type of a refusal's body. The body is the same JSON object under the first two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MediaType {
    /// `application/problem+json` (RFC 9457 §3).
    #[default]
    Problem,
    /// `application/json`, for SDKs that parse no other JSON.
    Json,
    /// `application/xml`, in the form of an S3 error, because S3 clients read nothing else.
    S3,
}

impl MediaType {
    /// The media type for a request with these `Accept` and `Authorization` headers.
    #[must_use]
    pub fn of_client(accept: Option<&str>, authorization: Option<&str>) -> Self {
        match accept {
            Some(accept) if names_json_alone(accept) => Self::Json,
            _ if is_of_s3(authorization) => Self::S3,
            _ => Self::Problem,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Problem => "application/problem+json",
            Self::Json => "application/json",
            Self::S3 => "application/xml",
        }
    }
}

/// The value of `WWW-Authenticate`: how a client may show a token (RFC 9110 §11.6.1). The realm is the same on every
/// route, so that it tells nothing about the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Challenge {
    /// `Bearer`.
    #[default]
    Bearer,
    /// `Basic` alone, because Docker clients use the realm of `Bearer` as the URL of a token server.
    Basic,
    /// Both. `Basic` is the first, because wget reads only the first one.
    BasicOrBearer,
}

impl Challenge {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer realm=\"ostiary\"",
            Self::Basic => "Basic realm=\"ostiary\"",
            Self::BasicOrBearer => "Basic realm=\"ostiary\", Bearer realm=\"ostiary\"",
        }
    }
}

/// A refusal, ready to be sent. It has only a code, an id, times and CORS headers, so it cannot contain a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The reason.
    pub code: Code,
    /// The id of the request.
    pub request_id: RequestId,
    /// The `Retry-After` header, in seconds.
    pub retry_after: Option<u32>,
    /// Other headers: CORS and `Server-Timing`.
    pub added: AddedHeaders,
    /// The media type of the body.
    pub media_type: MediaType,
    /// The `WWW-Authenticate` header of a 401.
    pub challenge: Challenge,
}

impl Refusal {
    /// The status of the response.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.code.status()
    }

    /// The headers of the response.
    #[must_use]
    pub fn headers(&self) -> Vec<(&'static str, Cow<'_, str>)> {
        let mut headers: Vec<(&'static str, Cow<'_, str>)> = vec![
            ("content-type", self.media_type.as_str().into()),
            ("cache-control", "no-store".into()),
            ("ostiary-refusal", self.code.as_str().into()),
            ("ostiary-request-id", self.request_id.as_str().into()),
        ];
        headers.extend(self.added.iter().map(|(name, value)| (*name, value.as_str().into())));
        headers.extend(self.retry_after.map(|seconds| ("retry-after", seconds.to_string().into())));
        match self.code {
            Code::CallerUnauthenticated => headers.push(("www-authenticate", self.challenge.as_str().into())),
            // Required by RFC 9110 §15.5.6.
            Code::MethodNotAllowed => headers.push(("allow", known_methods().into())),
            _ => {}
        }
        if !self.code.is_transient() {
            headers.extend(SHOULD_RETRY.map(|name| (name, "false".into())));
        }
        headers
    }

    /// The body of the response: problem details in JSON (RFC 9457 §3), or for S3 clients an S3 error
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>).
    ///
    /// The SDKs of Stripe, OpenAI, Anthropic and others read the message from the extension member `error`. Without it,
    /// Stripe's SDK for Node treats the object as a result, whatever the status is.
    #[must_use]
    pub fn body(&self) -> String {
        #[derive(Serialize)]
        struct Problem<'a> {
            r#type: String,
            title: &'a str,
            status: u16,
            code: &'a str,
            request_id: &'a str,
            error: Error<'a>,
        }
        #[derive(Serialize)]
        struct Error<'a> {
            message: &'a str,
            r#type: &'a str,
            code: &'a str,
        }
        if self.media_type == MediaType::S3 {
            // Codes, titles and ids have no character that XML would escape.
            let (code, title, id) = (self.code.as_str(), self.code.title(), self.request_id.as_str());
            return format!(
                "<Error><Code>{code}</Code><Message>{title}</Message><RequestId>{id}</RequestId></Error>"
            );
        }
        let problem = Problem {
            r#type: format!("{DOCUMENTATION}{}", self.code),
            title: self.code.title(),
            status: self.code.status(),
            code: self.code.as_str(),
            request_id: self.request_id.as_str(),
            error: Error { message: self.code.title(), r#type: ERROR_TYPE, code: self.code.as_str() },
        };
        // Serialising strings and a number cannot fail.
        serde_json::to_string(&problem).unwrap_or_default()
    }
}

fn known_methods() -> String {
    Method::ALL.iter().map(|method| method.as_str()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: Code, bits: u128) -> Refusal {
        Refusal {
            code,
            request_id: RequestId::new(bits),
            retry_after: None,
            added: AddedHeaders::new(),
            media_type: MediaType::default(),
            challenge: Challenge::default(),
        }
    }

    fn header<'r>(refusal: &'r Refusal, name: &str) -> Vec<Cow<'r, str>> {
        refusal.headers().into_iter().filter(|(known, _)| *known == name).map(|(_, value)| value).collect()
    }

    #[test]
    fn a_refusal_is_a_problem_with_the_request_s_id() {
        let refusal = refusal(Code::NoRoute, 0xab);
        assert_eq!(
            refusal.body(),
            format!(
                "{{\"type\":\"{DOCUMENTATION}no_route\",\"title\":\"No route is mounted here.\",\"status\":404,\
                 \"code\":\"no_route\",\"request_id\":\"000000000000000000000000000000ab\",\
                 \"error\":{{\"message\":\"No route is mounted here.\",\"type\":\"ostiary_refusal\",\
                 \"code\":\"no_route\"}}}}"
            )
        );
        assert!(refusal.headers().contains(&("ostiary-refusal", "no_route".into())));
        assert!(refusal.headers().contains(&("cache-control", "no-store".into())));
    }

    #[test]
    fn case_66_every_refusal_has_the_member_by_which_sdks_know_an_error() {
        for code in Code::ALL {
            let body: serde_json::Value = serde_json::from_str(&refusal(code, 1).body()).unwrap();
            let error = serde_json::json!({
                "message": code.title(), "type": "ostiary_refusal", "code": code.as_str(),
            });
            assert_eq!(body["error"], error, "{code}");
            assert_eq!(body["code"], code.as_str());
        }
    }

    #[test]
    fn a_client_that_reads_json_alone_gets_the_same_body_as_json() {
        let problem = refusal(Code::NoRoute, 1);
        let media_type = MediaType::of_client(Some("application/vnd.github.v3+json"), None);
        let json = Refusal { media_type, ..problem.clone() };
        assert_eq!(header(&problem, "content-type"), ["application/problem+json"]);
        assert_eq!(header(&json, "content-type"), ["application/json"]);
        assert_eq!(problem.body(), json.body());
        assert_eq!(MediaType::of_client(None, None), MediaType::Problem);
    }

    #[test]
    fn a_client_of_s3_gets_an_error_in_the_form_of_s3() {
        let authorization = "AWS4-HMAC-SHA256 Credential=t/20261125/auto/s3/aws4_request, Signature=00";
        assert_eq!(MediaType::of_client(Some("application/json"), Some(authorization)), MediaType::Json);
        let media_type = MediaType::of_client(Some("*/*"), Some(authorization));
        let refusal = Refusal { media_type, ..refusal(Code::NoRoute, 0xab) };
        assert_eq!(header(&refusal, "content-type"), ["application/xml"]);
        assert_eq!(
            refusal.body(),
            "<Error><Code>no_route</Code><Message>No route is mounted here.</Message>\
             <RequestId>000000000000000000000000000000ab</RequestId></Error>"
        );
        for code in Code::ALL {
            assert!(!code.title().contains(['<', '>', '&']), "{code}");
        }
    }

    #[test]
    fn an_sdk_is_told_not_to_try_again_where_that_cannot_help() {
        let transient = Code::ALL.into_iter().filter(|code| code.is_transient());
        assert_eq!(
            transient.map(Code::as_str).collect::<Vec<_>>(),
            [
                "rate_limited",
                "upstream_unreachable",
                "secret_unavailable",
                "key_set_unavailable",
                "upstream_timeout"
            ]
        );
        for code in Code::ALL {
            let told: &[&str] = if code.is_transient() { &[] } else { &["false"] };
            for name in ["x-should-retry", "stripe-should-retry"] {
                assert_eq!(header(&refusal(code, 1), name), told, "{code} {name}");
            }
        }
    }

    #[test]
    fn case_32_a_client_without_a_valid_token_is_told_how_to_show_one() {
        for (challenge, value) in [
            (Challenge::Bearer, "Bearer realm=\"ostiary\""),
            (Challenge::Basic, "Basic realm=\"ostiary\""),
            (Challenge::BasicOrBearer, "Basic realm=\"ostiary\", Bearer realm=\"ostiary\""),
        ] {
            let refusal = |code| Refusal { challenge, ..refusal(code, 1) };
            assert_eq!(header(&refusal(Code::CallerUnauthenticated), "www-authenticate"), [value]);
            assert_eq!(header(&refusal(Code::NotAllowed), "www-authenticate"), [""; 0]);
        }
    }

    #[test]
    fn case_34_an_unknown_method_is_told_the_known_ones() {
        let allow = header(&refusal(Code::MethodNotAllowed, 1), "allow").concat();
        assert!(
            allow.starts_with("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, QUERY, PROPFIND"),
            "{allow}"
        );
        assert_eq!(allow.split(", ").count(), Method::ALL.len());
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
