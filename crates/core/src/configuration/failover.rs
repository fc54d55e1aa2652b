//! When a request is sent once more.

use super::text::{List, Text};

/// What a route takes for the upstream's refusal of the credential, so that its next sources are tried, and so that a
/// rotation knows a key that is no good.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Failover {
    /// One or more; one of them is enough.
    pub when: List<RefusalCondition>,
}

/// A response that refuses the credential.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct RefusalCondition {
    /// From 400 to 599, or from 200 where `body` is there too.
    pub status: u16,
    /// What is in the beginning of the body; `None` where the status is enough.
    pub body: Option<Text>,
}

impl Failover {
    /// Whether a status alone may not be enough.
    #[must_use]
    pub fn reads_body(&self) -> bool {
        self.when.iter().any(|condition| condition.body.is_some())
    }
}

/// How often a route's request is sent when the connection fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Retry {
    /// With the first one, so two or more.
    pub attempts: u8,
}
