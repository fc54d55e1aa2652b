//! Rate limits, as configured. They are counted in `crates/core/src/request/rate_limit.rs`.

use super::text::Text;

/// One rate limit of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct RateLimit {
    /// The name of the rate-limiting binding in `wrangler.toml`, which has the limit itself.
    pub binding: Text,
    /// The requests that are counted together.
    pub by: Counted,
    /// The binding's period in seconds, the longest one of all environments.
    pub period: u32,
}

/// The requests that a [`RateLimit`] counts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum Counted {
    /// Those of one address, on all routes, before authentication.
    Address,
    /// Those of one caller on one route; for `anyone`, those of one address.
    Caller,
}
