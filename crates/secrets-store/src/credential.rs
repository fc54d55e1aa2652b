//! The credentials of the API.

use std::error::Error;
use std::fmt;

use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use zeroize::Zeroizing;

const EMAIL: HeaderName = HeaderName::from_static("x-auth-email");
const KEY: HeaderName = HeaderName::from_static("x-auth-key");

/// An API token, or an account's e-mail address with its global API key.
///
/// Its headers are marked as sensitive, so that neither its `Debug` nor that of a request prints them.
#[derive(Clone, Debug)]
pub struct Credential(HeaderMap);

impl Credential {
    /// An API token with the permission "Secrets Store Edit", or "Read" for operations that only read.
    ///
    /// ```
    /// use ostiary_secrets_store::Credential;
    ///
    /// assert!(Credential::token("v1.0-abc").is_ok());
    /// assert!(Credential::token("v1.0-abc\n").is_err());
    /// assert!(Credential::token("Bearer v1.0-abc").is_err());
    /// ```
    ///
    /// # Errors
    /// The text is not a token as in RFC 6750 §2.1: letters, digits and `-._~+/`, with `=` at its end.
    pub fn token(token: &str) -> Result<Self, InvalidCredential> {
        let part = CredentialPart::Token;
        let is_scheme = token.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("bearer "));
        if is_scheme {
            return Err(InvalidCredential { part, fault: CredentialFault::Scheme });
        }
        let of_token =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~' | '+' | '/' | '=');
        check(part, token, of_token)?;
        let value = Zeroizing::new(format!("Bearer {token}"));
        Ok(Self(HeaderMap::from_iter([(AUTHORIZATION, sensitive(part, &value)?)])))
    }

    /// An account's e-mail address and its global API key. Prefer a token, which can be limited and revoked.
    ///
    /// # Errors
    /// One of them is empty, or has a character that is not visible ASCII.
    pub fn key(email: &str, key: &str) -> Result<Self, InvalidCredential> {
        check(CredentialPart::Email, email, |character| character.is_ascii_graphic())?;
        check(CredentialPart::Key, key, |character| character.is_ascii_graphic())?;
        let email = sensitive(CredentialPart::Email, email)?;
        Ok(Self(HeaderMap::from_iter([(EMAIL, email), (KEY, sensitive(CredentialPart::Key, key)?)])))
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.0
    }
}

fn check(part: CredentialPart, text: &str, fits: impl Fn(char) -> bool) -> Result<(), InvalidCredential> {
    if text.is_empty() {
        return Err(InvalidCredential { part, fault: CredentialFault::Empty });
    }
    let misfit = (1..).zip(text.chars()).find(|(_, character)| !fits(*character));
    misfit.map_or(Ok(()), |(position, character)| {
        Err(InvalidCredential { part, fault: CredentialFault::Character { position, character } })
    })
}

fn sensitive(part: CredentialPart, text: &str) -> Result<HeaderValue, InvalidCredential> {
    let misfit = InvalidCredential { part, fault: CredentialFault::Empty };
    let mut value = HeaderValue::from_str(text).map_err(|_| misfit)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The reason why a text is not a credential. It contains at most one character of the text, which no credential has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidCredential {
    /// The part with the fault.
    pub part: CredentialPart,
    /// The fault.
    pub fault: CredentialFault,
}

/// A part of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialPart {
    /// An API token.
    Token,
    /// An account's e-mail address.
    Email,
    /// A global API key.
    Key,
}

/// The fault of a part of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialFault {
    /// It is empty.
    Empty,
    /// It begins with the name of the scheme.
    Scheme,
    /// It has a character that a credential cannot have, such as a line end.
    Character {
        /// The position of the character, from 1.
        position: usize,
        /// The character itself.
        character: char,
    },
}

impl fmt::Display for InvalidCredential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fault {
            CredentialFault::Empty => formatter.write_str("it is empty"),
            CredentialFault::Scheme => formatter.write_str("it begins with `Bearer `; write the token alone"),
            CredentialFault::Character { position, character } => {
                let name = match character {
                    '\n' | '\r' => "a line end",
                    ' ' => "a blank",
                    '\t' => "a tab",
                    '"' | '\'' | '`' | '“' | '”' | '‘' | '’' => "a quote",
                    '…' => "an ellipsis",
                    _ => "a character that none can have",
                };
                write!(formatter, "its character {position} is {name} (U+{:04X})", u32::from(character))
            }
        }
    }
}

impl Error for InvalidCredential {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_bearer_header() {
        let credential = Credential::token("abc").unwrap();
        assert_eq!(credential.headers().get(AUTHORIZATION).unwrap(), "Bearer abc");
        assert_eq!(credential.headers().len(), 1);
    }

    #[test]
    fn an_address_and_a_key_are_two_headers() {
        let credential = Credential::key("a@example.com", "abc").unwrap();
        assert_eq!(credential.headers().get("X-Auth-Email").unwrap(), "a@example.com");
        assert_eq!(credential.headers().get("X-Auth-Key").unwrap(), "abc");
        assert_eq!(credential.headers().len(), 2);
    }

    #[test]
    fn what_no_header_can_hold_is_refused() {
        for token in ["", "\n", "a\n", "a\r\nX-Injected: b", "a\0", " a", "a b", "abc…", "“abc”"] {
            let refused = |credential: Result<Credential, InvalidCredential>| credential.unwrap_err().part;
            assert_eq!(refused(Credential::token(token)), CredentialPart::Token, "{token:?}");
            assert_eq!(refused(Credential::key("a@example.com", token)), CredentialPart::Key, "{token:?}");
            assert_eq!(refused(Credential::key(token, "abc")), CredentialPart::Email, "{token:?}");
        }
    }

    #[test]
    fn the_reason_names_the_place_and_not_the_text() {
        for (token, expected) in [
            ("", "it is empty"),
            ("Bearer canary", "it begins with `Bearer `; write the token alone"),
            ("bearer canary", "it begins with `Bearer `; write the token alone"),
            ("canary\n", "its character 7 is a line end (U+000A)"),
            ("canary…", "its character 7 is an ellipsis (U+2026)"),
            ("\"canary\"", "its character 1 is a quote (U+0022)"),
            ("canary canary", "its character 7 is a blank (U+0020)"),
            ("canary:", "its character 7 is a character that none can have (U+003A)"),
        ] {
            assert_eq!(Credential::token(token).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn its_debug_form_says_nothing() {
        let token = Credential::token("canary-0123").unwrap();
        let key = Credential::key("canary-4567@example.com", "canary-89ab").unwrap();
        assert!(!format!("{token:?} {key:#?}").contains("canary"));
    }
}
