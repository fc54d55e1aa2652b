//! The errors of reading a body.

/// The reason why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyReadError {
    /// The body is longer than the limit.
    #[error("the body is longer than the limit")]
    TooLarge,
    /// The body was incomplete, did not arrive in time, or is not text.
    #[error("the body cannot be received as a text")]
    Broken,
}
