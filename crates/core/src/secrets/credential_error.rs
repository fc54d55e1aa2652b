//! Why there is no credential.

use crate::refusal::Code;

/// Why there is no credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// No source is left that yields a value that can be used.
    #[error("no source of a secret yields a usable value")]
    Unavailable,
    /// The same, and all that are left hold what the upstream has refused.
    #[error("every source that is left holds a value that was refused")]
    Repeated,
    /// A variable is not bound, or is no text that can stand where it is put.
    #[error("a variable does not fit the place that it is used in")]
    Misconfigured,
}

impl From<CredentialError> for Code {
    fn from(why: CredentialError) -> Self {
        match why {
            CredentialError::Unavailable | CredentialError::Repeated => Self::SecretUnavailable,
            CredentialError::Misconfigured => Self::Misconfigured,
        }
    }
}
