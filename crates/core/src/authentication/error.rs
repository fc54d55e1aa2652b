//! Why nobody is proved.

use crate::authentication::jwt::JwtError;
use crate::authentication::signature_error::SignatureError;
use crate::refusal::Code;

/// Why nobody is proved. The caller is told no more than that; the log tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, thiserror::Error)]
pub enum AuthenticationError {
    /// The request shows no token.
    #[serde(rename = "token_absent")]
    #[error("the request shows no token")]
    Absent,
    /// No token that it shows is one of this route's callers'.
    #[serde(rename = "token_unknown")]
    #[error("no token of the request is known")]
    Unknown,
    /// Its tokens are of different callers.
    #[serde(rename = "token_contradictory")]
    #[error("the tokens of the request belong to different callers")]
    Contradictory,
    /// No token matched, and not every secret that one could have matched could be read.
    #[serde(rename = "token_unreadable")]
    #[error("a token secret cannot be read")]
    Unreadable,
    /// A signed token proves nobody.
    #[serde(untagged)]
    #[error("the signed token is refused: {}", .0.as_str())]
    Jwt(JwtError),
    /// The signature of the request proves nobody.
    #[serde(untagged)]
    #[error("the signature of the request is refused: {}", .0.as_str())]
    Signature(SignatureError),
}

impl From<AuthenticationError> for Code {
    fn from(why: AuthenticationError) -> Self {
        match why {
            AuthenticationError::Unreadable
            | AuthenticationError::Jwt(JwtError::RevocationUnreadable)
            | AuthenticationError::Signature(SignatureError::KeyUnreadable) => Self::SecretUnavailable,
            AuthenticationError::Jwt(JwtError::KeySetUnavailable) => Self::KeySetUnavailable,
            _ => Self::CallerUnauthenticated,
        }
    }
}
