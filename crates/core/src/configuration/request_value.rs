//! The values of a request that templates can use.

use std::fmt;

use super::encoding::Encoding;
use crate::http::header_name::HeaderName;

/// A value of the request that is sent, or one that is computed for it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum RequestValue {
    /// The method in upper case.
    Method,
    /// The path as it is sent to the upstream, without the query.
    Path,
    /// The query as it is sent to the upstream, without the question mark; empty if there is none.
    Query,
    /// The path, and the query after a question mark where there is one (RFC 9112 §3.2.1).
    Target,
    /// The whole URL.
    Url,
    /// The upstream's host, and its port unless it is the default.
    Host,
    /// The time of the attempt.
    Timestamp(TimeFormat),
    /// 32 hexadecimal digits, different for each attempt.
    Nonce,
    /// The body.
    Body,
    /// SHA-256 of the body.
    BodySha256(Encoding),
    /// The fields of a form body, sorted by name: each name and value decoded, without separators.
    SortedForm,
    /// The value of a header as it is sent; empty if it is not sent.
    Header(HeaderName),
    /// The signature of the message.
    Signature,
    /// The token that has been signed, or that a credential was exchanged for.
    Token,
}

/// The format of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum TimeFormat {
    /// Whole seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Milliseconds,
    /// `2026-11-17T08:30:00.123Z` (RFC 3339 §5.6).
    Rfc3339,
    /// `Tue, 17 Nov 2026 08:30:00 GMT` (RFC 9110 §5.6.7).
    HttpDate,
}

impl RequestValue {
    /// Whether the body has to be read first.
    #[must_use]
    pub const fn buffers_request_body(&self) -> bool {
        matches!(self, Self::Body | Self::BodySha256(_) | Self::SortedForm)
    }
}

impl fmt::Display for RequestValue {
    /// The text between `${request.` and `}` in `gateway.toml`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Method => "method",
            Self::Path => "path",
            Self::Query => "query",
            Self::Target => "target",
            Self::Url => "url",
            Self::Host => "host",
            Self::Timestamp(TimeFormat::Seconds) => "timestamp",
            Self::Timestamp(TimeFormat::Milliseconds) => "timestamp.milliseconds",
            Self::Timestamp(TimeFormat::Rfc3339) => "timestamp.rfc3339",
            Self::Timestamp(TimeFormat::HttpDate) => "timestamp.http_date",
            Self::Nonce => "nonce",
            Self::Body => "body",
            Self::BodySha256(Encoding::Hex) => "body_sha256",
            Self::BodySha256(Encoding::Base64) => "body_sha256.base64",
            Self::BodySha256(Encoding::Base64Url) => "body_sha256.base64url",
            Self::SortedForm => "sorted_form",
            Self::Header(name) => return write!(formatter, "header.{name}"),
            Self::Signature => "signature",
            Self::Token => "token",
        })
    }
}
