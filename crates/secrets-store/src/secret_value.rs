//! A value to store in a secret.

use std::error::Error;
use std::fmt;

use zeroize::Zeroizing;

/// A value to store, of 1 to 65,536 bytes. The API never returns a value.
///
/// It has no `Display` and no `Serialize`, its `Debug` prints `[redacted]`, and its bytes are zeroed when it is
/// dropped.
pub struct SecretValue(Zeroizing<String>);

impl SecretValue {
    /// The most bytes of a value.
    pub const LONGEST: usize = 65_536;

    /// Wraps the text unchanged, including white space.
    ///
    /// ```
    /// use ostiary_secrets_store::{InvalidSecretValue, SecretValue};
    ///
    /// let value = SecretValue::parse("sk_live_…".to_owned())?;
    /// assert_eq!(format!("{value:?}"), "SecretValue([redacted])");
    /// assert_eq!(SecretValue::parse(String::new()).unwrap_err(), InvalidSecretValue::Empty);
    /// # Ok::<(), InvalidSecretValue>(())
    /// ```
    ///
    /// # Errors
    /// The store would not accept the value.
    pub fn parse(text: String) -> Result<Self, InvalidSecretValue> {
        let text = Zeroizing::new(text);
        match text.len() {
            0 => Err(InvalidSecretValue::Empty),
            1..=Self::LONGEST => Ok(Self(text)),
            _ => Err(InvalidSecretValue::TooLong),
        }
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretValue([redacted])")
    }
}

/// The reason why a text is not a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidSecretValue {
    /// It is empty.
    Empty,
    /// It has more than 65,536 bytes.
    TooLong,
}

impl fmt::Display for InvalidSecretValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "the value is empty",
            Self::TooLong => "the value has more than 65,536 bytes",
        })
    }
}

impl Error for InvalidSecretValue {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_45_its_debug_form_says_nothing() {
        let value = SecretValue::parse("canary-0123456789".to_owned()).unwrap();
        assert_eq!(format!("{value:?} {value:#?}"), "SecretValue([redacted]) SecretValue([redacted])");
    }

    #[test]
    fn takes_up_to_64_kibibytes() {
        assert!(SecretValue::parse("a".repeat(SecretValue::LONGEST)).is_ok());
        assert_eq!(
            SecretValue::parse("a".repeat(SecretValue::LONGEST + 1)).unwrap_err(),
            InvalidSecretValue::TooLong
        );
    }
}
