//! What a rate-limiting binding says.

/// What a rate-limiting binding says of one more request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is within the limit.
    Within,
    /// It is not.
    Exceeded,
    /// The binding threw, is none, or said nothing within the deadline.
    Unknown,
}
