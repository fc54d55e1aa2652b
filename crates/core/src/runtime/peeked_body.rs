//! The first bytes of a response's body.

/// The first bytes of a response's body, which the caller still gets.
#[derive(Debug, Default)]
pub struct PeekedBody {
    /// The bytes that arrived.
    pub bytes: Vec<u8>,
    /// Whether the body has ended after these bytes. `false` if the body broke off, if the time passed, or if the limit
    /// was reached before the end.
    pub is_whole: bool,
}
