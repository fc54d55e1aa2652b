//! The operator's own endpoints.

use super::caller::CallerId;
use super::rate_limit::RateLimit;
use super::route::RouteId;
use super::text::List;

/// Who may use the operator's endpoints. They are reached at the mount that leads to [`Destination::Operator`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Operator {
    /// One or more.
    pub allow: List<CallerId>,
    /// How often the endpoints may be used, and by whom.
    pub rate_limit: List<RateLimit>,
}

/// What a mount leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum Destination {
    /// One of the routes.
    Route(RouteId),
    /// The operator's endpoints, of which there is one mount at most.
    Operator,
}
