//! Names of header fields.

use std::borrow::Cow;
use std::fmt;

/// A header field name (RFC 9110 §5.1), in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::http::header_name))]
pub struct HeaderName(
    /// Lower-case; [`HeaderName::parse`] makes it.
    #[doc(hidden)]
    pub Cow<'static, str>,
);

/// The text is no header field name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidHeaderName;

impl HeaderName {
    /// Accepts a token (RFC 9110 §5.6.2) in any case.
    pub fn parse(text: &str) -> Result<Self, InvalidHeaderName> {
        if text.is_empty() || !text.bytes().all(is_token_byte) {
            return Err(InvalidHeaderName);
        }
        Ok(Self(Cow::Owned(text.to_ascii_lowercase())))
    }

    /// The name in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Whether the names are the same with `_` read as `-`.
#[must_use]
pub fn same_folded(name: &str, folded: &str) -> bool {
    let fold = |byte: u8| if byte == b'_' { b'-' } else { byte };
    name.len() == folded.len() && name.bytes().map(fold).eq(folded.bytes())
}

/// The name with `_` read as `-`.
/// Most names have no `_`, and comparing must not cost an allocation for each of them.
#[must_use]
pub fn fold(name: &str) -> Cow<'_, str> {
    if name.contains('_') { name.replace('_', "-").into() } else { name.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lowers_the_case_of_a_token() {
        assert_eq!(HeaderName::parse("X-Api-Key").unwrap().as_str(), "x-api-key");
    }

    #[test]
    fn rejects_what_is_no_token() {
        for text in ["", "a b", "a:", "a\r\nb", "é", "a\0"] {
            assert_eq!(HeaderName::parse(text), Err(InvalidHeaderName), "{text:?}");
        }
    }
}
