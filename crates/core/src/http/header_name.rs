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

/// The text is not a header field name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text is not a valid header field name")]
pub struct InvalidHeaderName;

impl HeaderName {
    /// Accepts a token (RFC 9110 §5.6.2) in any case.
    pub fn parse(text: &str) -> Result<Self, InvalidHeaderName> {
        if !is_token(text) {
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

/// Whether the text is a token (RFC 9110 §5.6.2): the syntax of header names, authentication schemes and subprotocols.
#[must_use]
pub fn is_token(text: &str) -> bool {
    let is_token_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// Whether `name`, once folded, equals `folded`. Such headers become the same variable in a CGI server.
#[must_use]
pub fn same_folded(name: &str, folded: &str) -> bool {
    name.len() == folded.len() && name.bytes().map(fold_byte).eq(folded.bytes())
}

/// The name with every character that is not a letter or a digit read as `-`.
///
/// CGI makes `HTTP_X_API_KEY` of `X-Api-Key` (RFC 3875 §4.1.18), and so do WSGI, Rack and PHP. Servers differ in the
/// characters that they map to `_`, and some map every one that is not a letter or a digit, so `X_Api_Key`
/// (CVE-2025-64484), `X.Api.Key` and `x!api!key` are one name here.
///
/// Most names are folded already, so the result is borrowed where possible.
#[must_use]
pub fn fold(name: &str) -> Cow<'_, str> {
    if name.bytes().all(|byte| fold_byte(byte) == byte) {
        return name.into();
    }
    name.chars().map(|character| if character.is_ascii_alphanumeric() { character } else { '-' }).collect()
}

const fn fold_byte(byte: u8) -> u8 {
    if byte.is_ascii_alphanumeric() { byte } else { b'-' }
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

    #[test]
    fn case_52_names_that_some_servers_cannot_tell_apart_are_one_name() {
        for name in ["x-api-key", "x_api_key", "x.api.key", "x!api!key", "x~api|key", "x-api_key"] {
            assert_eq!(fold(name), "x-api-key", "{name}");
            assert!(same_folded(name, "x-api-key"), "{name}");
        }
        for name in ["xapikey", "x-api-keys", "x--api-key", "x1api-key"] {
            assert_ne!(fold(name), "x-api-key", "{name}");
            assert!(!same_folded(name, "x-api-key"), "{name}");
        }
    }

    #[test]
    fn a_name_without_letters_and_digits_is_folded_too() {
        assert_eq!((fold("_"), fold("_.~"), fold("-")), ("-".into(), "---".into(), "-".into()));
        assert_eq!(HeaderName::parse("X-Api-Key").unwrap().to_string(), "x-api-key");
    }
}
