//! The name of a secret.

use std::error::Error;
use std::fmt;

use serde::{Serialize, Serializer};

/// A name for a secret: letters, digits, `_` and `-`. It is unique in its store, and case-sensitive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretName(String);

impl SecretName {
    /// Parses a name.
    ///
    /// # Errors
    /// The name is empty, or has another character.
    pub fn parse(text: &str) -> Result<Self, InvalidSecretName> {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if !text.is_empty() && text.bytes().all(known) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidSecretName)
        }
    }

    /// The name as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::str::FromStr for SecretName {
    type Err = InvalidSecretName;

    fn from_str(text: &str) -> Result<Self, InvalidSecretName> {
        Self::parse(text)
    }
}

impl Serialize for SecretName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// A text that cannot be a secret's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidSecretName;

impl fmt::Display for InvalidSecretName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a secret's name has letters, digits, `_` and `-` only")
    }
}

impl Error for InvalidSecretName {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_letters_digits_underscores_and_hyphens_only() {
        for name in ["a", "STRIPE_KEY", "stripe-key-2"] {
            assert_eq!(SecretName::parse(name).unwrap().as_str(), name);
        }
        for name in ["", "a b", "a.b", "a/b", "ä", "a\n"] {
            assert_eq!(SecretName::parse(name), Err(InvalidSecretName), "{name:?}");
        }
    }
}
