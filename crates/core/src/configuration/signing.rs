//! Credentials that are made afresh for each attempt, and credentials that stand in a request's body.

use std::fmt;

use super::template::{Part, Template};
use super::text::{List, Text};
use crate::http::header_name::HeaderName;

/// A value that a placement puts on a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Output {
    /// Where it is put.
    pub place: OutputPlace,
    /// The whole value, decoded.
    pub value: Template,
}

/// A place of a request that can hold a value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum OutputPlace {
    /// A header, in the place of the caller's.
    Header(HeaderName),
    /// A query parameter with this decoded name, in the place of the caller's.
    Query(Text),
    /// A part of the body.
    Body(BodyPlace),
}

/// A part of a request's body, in the place of the caller's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum BodyPlace {
    /// A string of a JSON document: the names of the members that lead to it, the outermost first (RFC 6901 §4).
    Json(List<Text>),
    /// A field of a form (`application/x-www-form-urlencoded`), by its decoded name.
    Form(Text),
}

/// A keyed hash of a message that is made of the request (RFC 2104).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Hmac {
    /// The key, as `key_encoding` writes it.
    pub key: Template,
    /// How the key's bytes are written.
    pub key_encoding: KeyEncoding,
    /// The hash.
    pub algorithm: HmacAlgorithm,
    /// What is hashed. Holds no [`RequestValue::Signature`].
    pub message: Template,
    /// How the result is written.
    pub encoding: Encoding,
    /// What is put on the request. Those without the signature are put there before the message is made.
    pub put: List<Output>,
}

/// AWS Signature Version 4.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct SigV4 {
    /// Names the key.
    pub access_key_id: Template,
    /// The key.
    pub secret_access_key: Template,
    /// Belongs to a temporary key.
    pub session_token: Option<Template>,
    /// The region of the service's endpoint.
    pub region: Template,
    /// The service's name in signatures, such as `s3` or `execute-api`.
    pub service: Text,
}

/// What a body's digest is named in a request to S3.
pub const CONTENT_SHA256: &str = "x-amz-content-sha256";

/// The headers that a signature of version 4 sets, or that one of the caller's own has.
const SIGV4_HEADERS: &[&str] =
    &["authorization", CONTENT_SHA256, "x-amz-date", "x-amz-region-set", "x-amz-security-token"];

/// The parameters of a presigned URL.
const SIGV4_PARAMETERS: &[&str] = &[
    "X-Amz-Algorithm",
    "X-Amz-Content-Sha256",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Region-Set",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
];

impl SigV4 {
    /// Whether the service is S3 or one of its kind: their paths are encoded once, and their bodies need not be signed.
    #[must_use]
    pub fn is_s3(&self) -> bool {
        self.service.starts_with("s3")
    }

    /// The headers that the signature sets, or that one of the caller's own has.
    #[must_use]
    pub const fn headers() -> &'static [&'static str] {
        SIGV4_HEADERS
    }

    /// The query parameters of a signature of the caller's own.
    #[must_use]
    pub const fn parameters() -> &'static [&'static str] {
        SIGV4_PARAMETERS
    }
}

/// How a key's bytes are written in a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum KeyEncoding {
    /// The bytes of the text itself.
    Text,
    /// Hexadecimal digits in either case.
    Hex,
    /// Base64 in either alphabet, with or without padding (RFC 4648 §4 and §5).
    Base64,
}

/// The hash of an [`Hmac`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
#[expect(missing_docs, reason = "each is what its name says")]
pub enum HmacAlgorithm {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// How bytes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum Encoding {
    /// Lower-case hexadecimal digits.
    Hex,
    /// RFC 4648 §4, padded.
    Base64,
    /// RFC 4648 §5, not padded.
    Base64Url,
}

/// A value of the request that is being sent, or one that is made for it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum RequestValue {
    /// The method in upper case.
    Method,
    /// The path as it is sent to the upstream, without the query.
    Path,
    /// The query as it is sent to the upstream, without the question mark; empty where there is none.
    Query,
    /// The path, and the query after a question mark where there is one (RFC 9112 §3.2.1).
    Target,
    /// The whole URL.
    Url,
    /// The upstream's host, and its port unless it is the default.
    Host,
    /// The time of the attempt.
    Timestamp(TimeFormat),
    /// 32 hexadecimal digits, others for each attempt.
    Nonce,
    /// The body.
    Body,
    /// SHA-256 of the body.
    BodySha256(Encoding),
    /// The fields of a form body, sorted by name: each name and value decoded, without separators.
    SortedForm,
    /// The value of a header as it is sent; empty where it is not.
    Header(HeaderName),
    /// What has been computed from the message.
    Signature,
}

/// How a time is written.
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
    /// Whether the body has to be at hand.
    #[must_use]
    pub const fn reads_body(&self) -> bool {
        matches!(self, Self::Body | Self::BodySha256(_) | Self::SortedForm)
    }
}

impl fmt::Display for RequestValue {
    /// As `gateway.toml` spells it between `${request.` and `}`.
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
        })
    }
}

impl OutputPlace {
    /// The header that this is, in lower case.
    #[must_use]
    pub fn header(&self) -> Option<&str> {
        match self {
            Self::Header(name) => Some(name.as_str()),
            Self::Query(_) | Self::Body(_) => None,
        }
    }

    /// The query parameter that this is, decoded.
    #[must_use]
    pub fn parameter(&self) -> Option<&str> {
        match self {
            Self::Query(name) => Some(name),
            Self::Header(_) | Self::Body(_) => None,
        }
    }

    /// The part of the body that this is.
    #[must_use]
    pub const fn body(&self) -> Option<&BodyPlace> {
        match self {
            Self::Body(place) => Some(place),
            Self::Header(_) | Self::Query(_) => None,
        }
    }
}

impl Output {
    /// Whether it holds the signature, so that it is put on the request after the message has been made.
    #[must_use]
    pub fn is_signature(&self) -> bool {
        self.value.requests().any(|value| *value == RequestValue::Signature)
    }

    /// Whether the body has to be at hand to put this there.
    #[must_use]
    pub fn reads_body(&self) -> bool {
        matches!(self.place, OutputPlace::Body(_)) || self.value.requests().any(RequestValue::reads_body)
    }
}

impl Hmac {
    /// Whether the body has to be at hand.
    #[must_use]
    pub fn reads_body(&self) -> bool {
        self.message.requests().any(RequestValue::reads_body) || self.put.iter().any(Output::reads_body)
    }
}

impl Template {
    /// The values of the request that this template needs, in order of appearance.
    pub fn requests(&self) -> impl Iterator<Item = &RequestValue> {
        self.parts.iter().filter_map(|part| match part {
            Part::Request(value) => Some(value),
            Part::Text(_) | Part::Secret(_) | Part::Field(..) | Part::Variable(_) => None,
        })
    }
}
