//! What proves to the API who calls.

use std::error::Error;
use std::fmt;

use http::HeaderMap;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use zeroize::Zeroizing;

const EMAIL: HeaderName = HeaderName::from_static("x-auth-email");
const KEY: HeaderName = HeaderName::from_static("x-auth-key");

/// An API token, or an account's e-mail address with its global API key.
///
/// Its headers are marked as sensitive, so that neither its `Debug` nor that of a request shows them.
#[derive(Clone, Debug)]
pub struct Credential(HeaderMap);

impl Credential {
    /// An API token with the permission "Secrets Store Edit", or "Read" for what only reads.
    ///
    /// ```
    /// use ostiary_secrets_store::Credential;
    ///
    /// assert!(Credential::token("v1.0-abc").is_ok());
    /// assert!(Credential::token("v1.0-abc\n").is_err());
    /// ```
    ///
    /// # Errors
    /// Where the token is empty or cannot stand in a header.
    pub fn token(token: &str) -> Result<Self, InvalidCredential> {
        if token.is_empty() {
            return Err(InvalidCredential);
        }
        let value = Zeroizing::new(format!("Bearer {token}"));
        Ok(Self(HeaderMap::from_iter([(AUTHORIZATION, sensitive(&value)?)])))
    }

    /// An account's e-mail address and its global API key. A token is better: it can be limited and revoked.
    ///
    /// # Errors
    /// Where either is empty or cannot stand in a header.
    pub fn key(email: &str, key: &str) -> Result<Self, InvalidCredential> {
        if email.is_empty() || key.is_empty() {
            return Err(InvalidCredential);
        }
        Ok(Self(HeaderMap::from_iter([(EMAIL, sensitive(email)?), (KEY, sensitive(key)?)])))
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.0
    }
}

fn sensitive(text: &str) -> Result<HeaderValue, InvalidCredential> {
    let mut value = HeaderValue::from_str(text).map_err(|_| InvalidCredential)?;
    value.set_sensitive(true);
    Ok(value)
}

/// A credential that is empty or cannot stand in a header. It does not say what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidCredential;

impl fmt::Display for InvalidCredential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("it is empty or holds a line end or another character that no header can hold")
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
        for token in ["", "\n", "a\n", "a\r\nX-Injected: b", "a\0"] {
            assert_eq!(Credential::token(token).unwrap_err(), InvalidCredential, "{token:?}");
            assert_eq!(Credential::key("a@example.com", token).unwrap_err(), InvalidCredential, "{token:?}");
            assert_eq!(Credential::key(token, "abc").unwrap_err(), InvalidCredential, "{token:?}");
        }
    }

    #[test]
    fn its_debug_form_says_nothing() {
        let token = Credential::token("canary-0123").unwrap();
        let key = Credential::key("canary-4567@example.com", "canary-89ab").unwrap();
        assert!(!format!("{token:?} {key:#?}").contains("canary"));
    }
}
