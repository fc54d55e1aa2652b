//! Credentials that are made afresh for each attempt, and credentials that stand in a request's body.

use super::encoding::Encoding;
use super::request_value::RequestValue;
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
            Part::Text(_) | Part::Secret(_) | Part::Field(..) | Part::Variable(_) | Part::Caller(_) => None,
        })
    }
}
