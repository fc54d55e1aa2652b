//! The reasons why the HMAC signature of a request is not valid.

use serde::{Serialize, Serializer};

/// Why the signature of a request proves nobody, in the order in which it is found out. The caller is told none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignatureError {
    /// No caller of the route is called so.
    Unknown,
    /// A header or a parameter is there twice.
    Repeated,
    /// A header or a parameter is not written as the configuration has it.
    Malformed,
    /// The signature is not one by its length and its alphabet.
    Encoding,
    /// There is no time, or it is not written as the configuration has it.
    Timestamp,
    /// The time is too long ago.
    Expired,
    /// The time is too far ahead.
    Early,
    /// There is no nonce, or it is none by its length and its alphabet.
    Nonce,
    /// The key cannot be read.
    KeyUnreadable,
    /// The signature is that of another request, or by another key.
    Mismatch,
}

impl SignatureError {
    /// All of them.
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

    /// As it is in the log.
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
