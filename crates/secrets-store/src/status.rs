//! The status of a secret.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

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
    Other(String),
}

impl Status {
    /// The name in the API.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Deleted => "deleted",
            Self::Other(name) => name,
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
        Ok(known.into_iter().find(|status| status.as_str() == name).unwrap_or(Self::Other(name)))
    }
}
