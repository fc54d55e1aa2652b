//! What a rate-limiting binding responds. The limits are counted in `crates/core/src/request/rate_limit.rs`.

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
