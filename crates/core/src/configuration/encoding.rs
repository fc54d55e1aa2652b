//! How bytes are written as text.

/// How bytes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum Encoding {
    /// Lower-case hexadecimal digits.
    Hex,
    /// RFC 4648 §4, padded.
    Base64,
    /// RFC 4648 §5, not padded.
    Base64Url,
}
