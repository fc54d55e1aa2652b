//! The operator's own endpoints.

use super::account_api::AccountApi;
use super::auth::TokenPlace;
use super::caller::CallerId;
use super::rate_limit::RateLimit;
use super::route::RouteId;
use super::text::{List, Text};

/// Who may use the operator's endpoints. They are reached at the mount that leads to [`Destination::Operator`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Operator {
    /// One or more.
    pub allow: List<CallerId>,
    /// How often the endpoints may be used, and by whom.
    pub rate_limit: List<RateLimit>,
    /// Where its callers show their tokens.
    pub token_in: List<TokenPlace>,
    /// The SQL API of Analytics Engine, where data points are read; `None` where they are not.
    pub metrics: Option<AccountApi>,
    /// The Secrets Store API, where the ages of secrets are read; `None` where they are not.
    pub secrets_store: Option<AccountApi>,
    /// Whether there is a page. No route shares its origin then.
    pub page: bool,
    /// Those that the gateway can be deployed to, the top level first.
    pub environments: List<Environment>,
}

/// The variable that names the environment in which a gateway runs; it is not there at the top level.
pub const ENVIRONMENT_VARIABLE: &str = "OSTIARY_ENVIRONMENT";

/// An environment of wrangler's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Environment {
    /// `None` for the top level.
    pub name: Option<Text>,
    /// SHA-256 of its Secrets Store bindings with what they are bound to, in lower-case hexadecimal.
    pub bindings: Text,
    /// The dataset that its data points are in; `None` where the configuration has none. A word of SQL.
    pub dataset: Option<Text>,
    /// What its Secrets Store bindings are bound to; empty where the ages of secrets are not read.
    pub bound: List<BoundSecret>,
}

/// A Secrets Store binding, and the secret that it is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct BoundSecret {
    /// What the Worker calls it.
    pub binding: Text,
    /// The store's id: letters, digits, `-` and `_`.
    pub store_id: Text,
    /// What the store calls it.
    pub name: Text,
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
