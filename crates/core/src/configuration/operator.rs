//! The operator's own endpoints.

use super::caller::CallerId;
use super::metrics::MetricsSource;
use super::rate_limit::RateLimit;
use super::route::RouteId;
use super::text::{List, Text};

/// The operator's endpoints. Their mount has the destination [`Destination::Operator`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Operator {
    /// The callers that may use the endpoints, one or more.
    pub allow: List<CallerId>,
    /// The rate limits of the endpoints.
    pub rate_limit: List<RateLimit>,
    /// The source of data points; `None` where there is none.
    pub metrics: Option<MetricsSource>,
    /// Whether there is a page. No route may share its origin.
    pub page: bool,
    /// The environments that the gateway can be deployed to, the top level first.
    pub environments: List<Environment>,
}

/// The variable with the name of the gateway's environment. It is missing at the top level.
pub const ENVIRONMENT_VARIABLE: &str = "OSTIARY_ENVIRONMENT";

/// An environment of wrangler's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Environment {
    /// `None` for the top level.
    pub name: Option<Text>,
    /// SHA-256 of its Secrets Store bindings and their targets, in lower-case hexadecimal.
    pub bindings: Text,
    /// The dataset of its data points, as an SQL identifier; `None` where the configuration has none.
    pub dataset: Option<Text>,
}

/// The destination of a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum Destination {
    /// One of the routes.
    Route(RouteId),
    /// The operator's endpoints. At most one mount leads to them.
    Operator,
}
