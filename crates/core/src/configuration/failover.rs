//! When a request is sent once more.

use super::text::List;

/// What a route takes for the upstream's refusal of the credential, so that its next sources are tried.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Failover {
    /// Statuses of answers, from 400 to 599, one or more.
    pub status: List<u16>,
}

/// How often a route's request is sent when the connection fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Retry {
    /// With the first one, so two or more.
    pub attempts: u8,
}
