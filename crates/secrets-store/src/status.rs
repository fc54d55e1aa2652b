//! The status of a secret.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::vocabulary::is_known;

/// The status of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Accepted, but not available everywhere yet.
    Pending,
    /// In use.
    Active,
    /// Being deleted.
    Deleted,
    /// A status that this version does not know.
    Other(OtherStatus),
}

/// The name of a status that this version does not know. It consists of words of the API, because another text could
/// contain a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherStatus(Cow<'static, str>);

/// The name of a status with other words.
const UNNAMED: &str = "other";
/// The longest name that is kept, in bytes.
const LONGEST_NAME: usize = 32;

impl OtherStatus {
    fn new(name: String) -> Self {
        let is_named = name.len() <= LONGEST_NAME && name.split(['_', '-', ' ']).all(is_known);
        Self(if is_named { Cow::Owned(name) } else { Cow::Borrowed(UNNAMED) })
    }
}

impl Status {
    /// The name in the API.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Deleted => "deleted",
            Self::Other(OtherStatus(name)) => name,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let known = [Self::Pending, Self::Active, Self::Deleted];
        Ok(known
            .into_iter()
            .find(|status| status.as_str() == name)
            .unwrap_or_else(|| Self::Other(OtherStatus::new(name))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_of_the_api_are_kept() {
        for (text, expected) in [
            ("active", "active"),
            ("deleted", "deleted"),
            ("failed", "failed"),
            ("pending_update", "pending_update"),
            ("rejected: val-12345", "other"),
            ("swordfish", "other"),
            ("\u{1b}[2J", "other"),
            ("", "other"),
        ] {
            let status: Status = serde_json::from_value(text.into()).unwrap();
            assert_eq!((status.as_str(), status.to_string().as_str()), (expected, expected), "{text}");
        }
        let long: Status = serde_json::from_value("failed_".repeat(9).into()).unwrap();
        assert_eq!(long.as_str(), "other");
    }
}
