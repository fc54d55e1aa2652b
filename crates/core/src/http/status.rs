//! Status codes.

/// Whether a response with this status to a request other than HEAD has a body (RFC 9110 §6.4.1).
#[must_use]
pub const fn has_body(status: u16) -> bool {
    !matches!(status, 101 | 204 | 304)
}
