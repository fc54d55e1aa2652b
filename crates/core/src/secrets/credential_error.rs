//! The errors of resolving a credential.

use crate::refusal::Code;

/// The reason why there is no credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// No remaining source has a usable value.
    #[error("no source of a secret yields a usable value")]
    Unavailable,
    /// The remaining sources have only values that the upstream has refused.
    #[error("every remaining source holds a value that was refused")]
    Repeated,
    /// A variable is not bound, or its text does not fit its place.
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
