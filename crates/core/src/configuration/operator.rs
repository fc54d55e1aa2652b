//! The operator's own endpoints.

use super::account_api::AccountApi;
use super::auth::TokenPlace;
use super::caller::CallerId;
use super::rate_limit::RateLimit;
use super::text::{List, Text};

/// The operator's endpoints. Their mount has the target [`MountTarget::Operator`](super::MountTarget::Operator).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Operator {
    /// The callers that may use the endpoints, one or more.
    pub allow: List<CallerId>,
    /// The rate limits of the endpoints.
    pub rate_limit: List<RateLimit>,
    /// The places in which the callers show their tokens.
    pub token_in: List<TokenPlace>,
    /// The SQL API of Analytics Engine; `None` where data points are not read.
    pub metrics: Option<AccountApi>,
    /// The Secrets Store API; `None` where the ages of secrets are not read.
    pub secrets_store: Option<AccountApi>,
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
    /// The dataset of its data points, as an SQL identifier; `None` if the configuration has none.
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
