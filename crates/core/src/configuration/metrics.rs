//! The source of data points for the operator's endpoints.

use super::secret::SecretId;
use super::upstream::Upstream;

/// The SQL API of Analytics Engine, and a token that may read it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct MetricsSource {
    /// The URL that a query is posted to.
    pub url: Upstream,
    /// The bearer token.
    pub token: SecretId,
}
