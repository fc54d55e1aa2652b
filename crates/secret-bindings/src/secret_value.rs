//! The value of a secret.

use std::fmt;
use std::mem;

use zeroize::Zeroizing;

use crate::read_error::ReadError;

/// The value of a secret. It is never empty, and cannot be printed by accident.
///
/// It has no `Display` and no `Serialize`, and its `Debug` prints `[redacted]`. Its bytes are zeroed when it is
/// dropped. This applies to the copy in WebAssembly's memory; the string in JavaScript cannot be zeroed.
pub struct SecretValue(Zeroizing<String>);

impl SecretValue {
    /// Takes the text unchanged. White space at either end is part of the value.
    ///
    /// ```
    /// use ostiary_secret_bindings::{ReadError, SecretValue};
    ///
    /// let value = SecretValue::parse("sk_live_…".to_owned())?;
    /// assert_eq!(value.expose(), "sk_live_…");
    /// assert_eq!(format!("{value:?}"), "SecretValue([redacted])");
    /// assert_eq!(SecretValue::parse(" \n".to_owned()).unwrap_err(), ReadError::Empty);
    /// # Ok::<(), ReadError>(())
    /// ```
    ///
    /// # Errors
    /// [`ReadError::Empty`] where the text is empty or only white space.
    pub fn parse(text: String) -> Result<Self, ReadError> {
        let text = Zeroizing::new(text);
        if text.trim().is_empty() { Err(ReadError::Empty) } else { Ok(Self(text)) }
    }

    /// The text itself. To find where a program uses its secrets, search for this method and for
    /// [`into_exposed`](Self::into_exposed).
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The value with a text before it, such as the scheme of an `Authorization` header.
    ///
    /// ```
    /// # use ostiary_secret_bindings::{ReadError, SecretValue};
    /// let key = SecretValue::parse("sk_live_…".to_owned())?;
    /// assert_eq!(key.prefixed("Bearer ").expose(), "Bearer sk_live_…");
    /// # Ok::<(), ReadError>(())
    /// ```
    #[must_use]
    pub fn prefixed(&self, prefix: &str) -> Self {
        // `concat` allocates once; a text that grows would leave copies that are not zeroed.
        Self(Zeroizing::new([prefix, self.expose()].concat()))
    }

    /// Returns the text without a copy, for another type that zeroes it. This type no longer does.
    #[must_use]
    pub fn into_exposed(mut self) -> String {
        mem::take(&mut *self.0)
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretValue([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_debug_form_shows_nothing() {
        let value = SecretValue::parse("canary-0123456789".to_owned()).unwrap();
        assert_eq!(format!("{value:?} {value:#?}"), "SecretValue([redacted]) SecretValue([redacted])");
        assert_eq!(format!("{:?}", Some(&value)), "Some(SecretValue([redacted]))");
    }

    #[test]
    fn keeps_every_character() {
        for text in ["key", " key ", "key\n", "\tkey", "-----BEGIN\nline\n-----END\n", "ключ"] {
            assert_eq!(SecretValue::parse(text.to_owned()).unwrap().expose(), text);
        }
    }

    #[test]
    fn is_never_empty() {
        for text in ["", " ", "\r\n", " \t\n ", "\u{a0}"] {
            assert_eq!(SecretValue::parse(text.to_owned()).unwrap_err(), ReadError::Empty, "{text:?}");
        }
    }

    #[test]
    fn gives_its_text_away_without_a_copy() {
        let text = "canary-0123456789".to_owned();
        let place = text.as_ptr();
        let exposed = SecretValue::parse(text).unwrap().into_exposed();
        assert_eq!((exposed.as_str(), exposed.as_ptr()), ("canary-0123456789", place));
    }
}
