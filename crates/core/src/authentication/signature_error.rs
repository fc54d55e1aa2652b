//! The reasons why the HMAC signature of a request is not valid.

use serde::{Serialize, Serializer};

/// Why the signature of a request authenticates no caller, in the order of the checks. The caller does not learn the
/// reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignatureError {
    /// No caller of the route has the name in the request.
    Unknown,
    /// The request has a header or a parameter of the signature twice.
    Repeated,
    /// A header or a parameter does not have the configured format.
    Malformed,
    /// The signature has a wrong length or wrong characters.
    Encoding,
    /// The time is missing, or does not have the configured format.
    Timestamp,
    /// The time is longer ago than the window.
    Expired,
    /// The time is further ahead than the window.
    Early,
    /// The nonce is missing, or has a wrong length or wrong characters.
    Nonce,
    /// No key matched, and a key cannot be read or decoded.
    KeyUnreadable,
    /// The signature is for another request, or was made with another key.
    Mismatch,
}

impl SignatureError {
    /// Every reason.
    pub const ALL: [Self; 10] = [
        Self::Unknown,
        Self::Repeated,
        Self::Malformed,
        Self::Encoding,
        Self::Timestamp,
        Self::Expired,
        Self::Early,
        Self::Nonce,
        Self::KeyUnreadable,
        Self::Mismatch,
    ];

    /// The name of the reason in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "signature_unknown",
            Self::Repeated => "signature_repeated",
            Self::Malformed => "signature_malformed",
            Self::Encoding => "signature_encoding",
            Self::Timestamp => "signature_timestamp",
            Self::Expired => "signature_expired",
            Self::Early => "signature_early",
            Self::Nonce => "signature_nonce",
            Self::KeyUnreadable => "signature_key_unreadable",
            Self::Mismatch => "signature_mismatch",
        }
    }
}

impl Serialize for SignatureError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
