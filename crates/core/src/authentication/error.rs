//! The reasons why authentication fails.

use crate::authentication::jwt::JwtError;
use crate::authentication::signature_error::SignatureError;
use crate::refusal::Code;

/// The reason why authentication failed. Only the log has it; the caller gets the same response for all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, thiserror::Error)]
pub enum AuthenticationError {
    /// The request has no token.
    #[serde(rename = "token_absent")]
    #[error("the request shows no token")]
    Absent,
    /// None of its tokens belongs to a caller of this route.
    #[serde(rename = "token_unknown")]
    #[error("no token of the request is known")]
    Unknown,
    /// Its tokens belong to different callers.
    #[serde(rename = "token_contradictory")]
    #[error("the tokens of the request belong to different callers")]
    Contradictory,
    /// No token matched, and a secret that one could have matched cannot be read.
    #[serde(rename = "token_unreadable")]
    #[error("a token secret cannot be read")]
    Unreadable,
    /// A signed token is refused.
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
