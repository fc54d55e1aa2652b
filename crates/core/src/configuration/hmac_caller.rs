//! Callers that prove themselves by a keyed hash of each request (RFC 2104).

use super::encoding::Encoding;
use super::request_value::RequestValue;
use super::secret::SecretId;
use super::signing::{HmacAlgorithm, KeyEncoding, Output};
use super::template::Template;
use super::text::{List, Text};

/// Requests that their caller signs. Text and values of the request are the only parts of its templates.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct HmacProof {
    /// The key, which any source of this secret holds.
    pub key: SecretId,
    /// The field of its value that is the key; `None` where the value is.
    pub field: Option<Text>,
    /// How the key's bytes are written.
    pub key_encoding: KeyEncoding,
    /// The hash.
    pub algorithm: HmacAlgorithm,
    /// What is hashed. It holds the time, written as `put` has it.
    pub message: Template,
    /// How the hash is written.
    pub encoding: Encoding,
    /// What the caller puts on its requests: headers and query parameters. One has the signature, one has the time, one
    /// may have the nonce. One without a value of the request names the caller, and is the same for each request.
    pub put: List<Output>,
    /// By how many seconds the time may differ from the gateway's.
    pub window: u32,
}

impl HmacProof {
    /// Whether the body has to be at hand.
    #[must_use]
    pub fn buffers_request_body(&self) -> bool {
        self.message.request_values().any(RequestValue::buffers_request_body)
    }

    /// The headers that the caller puts on its requests, in lower case.
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        self.put.iter().filter_map(|output| output.place.header())
    }

    /// The decoded names of the query parameters that the caller puts on its requests.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.put.iter().filter_map(|output| output.place.parameter())
    }
}
