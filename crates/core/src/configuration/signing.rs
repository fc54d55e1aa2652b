//! Credentials that are computed for each attempt, and credentials in a request's body.

use super::encoding::Encoding;
use super::request_value::RequestValue;
use super::template::{Part, Template};
use super::text::{List, Text};
use crate::http::header_name::HeaderName;

/// A value that a placement adds to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Output {
    /// The place of the value.
    pub place: OutputPlace,
    /// The whole value, decoded.
    pub value: Template,
}

/// A place in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum OutputPlace {
    /// A header. It replaces the caller's.
    Header(HeaderName),
    /// A query parameter with this decoded name. It replaces the caller's.
    Query(Text),
    /// A field of the body.
    Body(BodyPlace),
}

/// A field of a request's body. It replaces the caller's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum BodyPlace {
    /// A string in a JSON document, by its path: the names of the members, the outermost first (RFC 6901 §4).
    Json(List<Text>),
    /// A field of a form (`application/x-www-form-urlencoded`), by its decoded name.
    Form(Text),
}

/// An HMAC of a message about the request (RFC 2104).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Hmac {
    /// The key, in `key_encoding`.
    pub key: Template,
    /// The encoding of the key's bytes.
    pub key_encoding: KeyEncoding,
    /// The hash.
    pub algorithm: HmacAlgorithm,
    /// The message. It has no [`RequestValue::Signature`].
    pub message: Template,
    /// The encoding of the result.
    pub encoding: Encoding,
    /// The outputs. Those without the signature are added before the message is made.
    pub put: List<Output>,
}

/// AWS Signature Version 4.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct SigV4 {
    /// The id of the access key.
    pub access_key_id: Template,
    /// The secret access key.
    pub secret_access_key: Template,
    /// The session token of a temporary key.
    pub session_token: Option<Template>,
    /// The region of the service's endpoint.
    pub region: Template,
    /// The service's name in signatures, such as `s3` or `execute-api`.
    pub service: Text,
}

/// The header with a body's digest in a request to S3.
pub const CONTENT_SHA256: &str = "x-amz-content-sha256";

/// The headers that a signature of version 4 sets, or that a caller's own signature has.
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
    /// Whether the service is S3 or similar: such services encode paths once, and do not require a signed body.
    #[must_use]
    pub fn is_s3(&self) -> bool {
        self.service.starts_with("s3")
    }

    /// The headers that the signature sets, or that a caller's own signature has.
    #[must_use]
    pub const fn headers() -> &'static [&'static str] {
        SIGV4_HEADERS
    }

    /// The query parameters of a caller's own signature.
    #[must_use]
    pub const fn parameters() -> &'static [&'static str] {
        SIGV4_PARAMETERS
    }
}

/// The encoding of a key's bytes in a secret.
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
    /// The name of the header in lower case, if the place is one.
    #[must_use]
    pub fn header(&self) -> Option<&str> {
        match self {
            Self::Header(name) => Some(name.as_str()),
            Self::Query(_) | Self::Body(_) => None,
        }
    }

    /// The decoded name of the query parameter, if the place is one.
    #[must_use]
    pub fn parameter(&self) -> Option<&str> {
        match self {
            Self::Query(name) => Some(name),
            Self::Header(_) | Self::Body(_) => None,
        }
    }

    /// The field of the body, if the place is one.
    #[must_use]
    pub const fn body(&self) -> Option<&BodyPlace> {
        match self {
            Self::Body(place) => Some(place),
            Self::Header(_) | Self::Query(_) => None,
        }
    }
}

impl Output {
    /// Whether it contains the signature, so that it is added after the message has been made.
    #[must_use]
    pub fn is_signature(&self) -> bool {
        self.value.request_values().any(|value| *value == RequestValue::Signature)
    }

    /// Whether the body has to be read for this output.
    #[must_use]
    pub fn buffers_request_body(&self) -> bool {
        matches!(self.place, OutputPlace::Body(_))
            || self.value.request_values().any(RequestValue::buffers_request_body)
    }
}

impl Hmac {
    /// Whether the body has to be read first.
    #[must_use]
    pub fn buffers_request_body(&self) -> bool {
        self.message.request_values().any(RequestValue::buffers_request_body)
            || self.put.iter().any(Output::buffers_request_body)
    }
}

impl Template {
    /// The values of the request that this template needs, in order of appearance.
    pub fn request_values(&self) -> impl Iterator<Item = &RequestValue> {
        self.parts.iter().filter_map(|part| match part {
            Part::Request(value) => Some(value),
            Part::Text(_) | Part::Secret(_) | Part::Field(..) | Part::Variable(_) | Part::Caller(_) => None,
        })
    }
}
