//! The identifiers of accounts, stores and secrets in the API's paths.

use std::error::Error;
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! identifier {
    ($(#[$documentation:meta])* $name:ident) => {
        $(#[$documentation])*
        ///
        /// One to 32 visible ASCII characters, but not a dot segment, which URL parsers remove.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Parses an identifier. 32 hexadecimal digits are converted to lower case, as the API writes them.
            ///
            /// # Errors
            /// The text cannot be an identifier.
            pub fn parse(text: &str) -> Result<Self, InvalidIdentifier> {
                check(text).map(|()| Self(spelled(text)))
            }

            /// The text as the API spells it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidIdentifier;

            fn from_str(text: &str) -> Result<Self, InvalidIdentifier> {
                Self::parse(text)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
            }
        }
    };
}

identifier! {
    /// An account.
    AccountId
}

identifier! {
    /// A store.
    StoreId
}

identifier! {
    /// A secret. This is not its name.
    SecretId
}

fn check(text: &str) -> Result<(), InvalidIdentifier> {
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    if visible && (1..=32).contains(&text.len()) && !matches!(text, "." | "..") {
        Ok(())
    } else {
        Err(InvalidIdentifier)
    }
}

/// A text that cannot be an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidIdentifier;

impl fmt::Display for InvalidIdentifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an identifier has 1 to 32 visible ASCII characters")
    }
}

impl Error for InvalidIdentifier {}

fn spelled(text: &str) -> String {
    let is_hexadecimal = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hexadecimal { text.to_ascii_lowercase() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_can_stand_in_a_path_and_nothing_else() {
        for text in ["demo", "985e105f4ecef8ad9ca31a8372d0c353", "a/b", "..."] {
            assert_eq!(StoreId::parse(text).map(|id| id.to_string()), Ok(text.to_owned()));
        }
        for text in ["", ".", "..", "a b", "é", "a\n", "985e105f4ecef8ad9ca31a8372d0c3531"] {
            assert_eq!(StoreId::parse(text), Err(InvalidIdentifier), "{text:?}");
        }
    }

    #[test]
    fn hexadecimal_digits_are_one_identifier_in_either_case() {
        let lower = "023e105f4ecef8ad9ca31a8372d0c353";
        assert_eq!(StoreId::parse(&lower.to_uppercase()), StoreId::parse(lower));
        assert_ne!(StoreId::parse("Main"), StoreId::parse("main"));
    }
}
