//! The verdict of a rate-limiting binding.

/// The verdict of a rate-limiting binding on one more request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateLimitVerdict {
    /// The request is within the limit.
    Within,
    /// The limit is exceeded.
    Exceeded,
    /// The binding threw, is not bound, or did not respond within the deadline.
    Unknown,
}
