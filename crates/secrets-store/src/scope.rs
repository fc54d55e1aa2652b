//! The services that may use a secret.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A Cloudflare service that may use a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Workers. Without it, a Worker with a binding to the secret cannot be deployed.
    Workers,
    /// AI Gateway.
    AiGateway,
    /// Digital Experience Monitoring.
    Dex,
    /// Cloudflare Access.
    Access,
    /// Containers.
    Containers,
    /// Web Search.
    Websearch,
    /// A scope that this version does not know. It can be read and sent back, but not parsed from a name.
    Other(String),
}

impl Scope {
    /// Every scope that this version knows.
    pub const KNOWN: [Self; 6] =
        [Self::Workers, Self::AiGateway, Self::Dex, Self::Access, Self::Containers, Self::Websearch];

    /// The name in the API.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Workers => "workers",
            Self::AiGateway => "ai_gateway",
            Self::Dex => "dex",
            Self::Access => "access",
            Self::Containers => "containers",
            Self::Websearch => "websearch",
            Self::Other(name) => name,
        }
    }

    fn from_answer(name: String) -> Self {
        name.parse().unwrap_or(Self::Other(name))
    }
}

impl FromStr for Scope {
    type Err = UnknownScope;

    /// Accepts known scopes only, because a misspelt scope is more likely than a new one.
    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::KNOWN.into_iter().find(|scope| scope.as_str() == text).ok_or(UnknownScope)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from_answer)
    }
}

/// The text is not the name of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownScope;

impl fmt::Display for UnknownScope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a scope is one of workers, ai_gateway, dex, access, containers and websearch")
    }
}

impl Error for UnknownScope {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_is_spelt_as_the_schema_has_it() {
        let spelt: Vec<_> = Scope::KNOWN.iter().map(Scope::as_str).collect();
        assert_eq!(spelt, ["workers", "ai_gateway", "dex", "access", "containers", "websearch"]);
        for scope in Scope::KNOWN {
            assert_eq!(scope.as_str().parse(), Ok(scope));
        }
    }

    #[test]
    fn a_scope_of_tomorrow_is_read_and_not_written() {
        let scope: Scope = serde_json::from_str("\"quantum\"").unwrap();
        assert_eq!(scope, Scope::Other("quantum".to_owned()));
        assert_eq!("quantum".parse::<Scope>(), Err(UnknownScope));
        assert_eq!("ai-gateway".parse::<Scope>(), Err(UnknownScope));
    }
}
