//! Limits on how often a route may be asked.

use super::text::Text;

/// One rate limit of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct RateLimit {
    /// The name of the rate-limiting binding in `wrangler.toml`, where the limit itself stands.
    pub binding: Text,
    /// Whose requests are counted together.
    pub by: Counted,
    /// The binding's period in seconds, the longest one of all environments.
    pub period: u32,
}

/// Whose requests a [`RateLimit`] counts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum Counted {
    /// Those of one address, whatever they are for, before the caller is looked at.
    Address,
    /// Those of one caller on one route; for `anyone`, those of one address.
    Caller,
}
