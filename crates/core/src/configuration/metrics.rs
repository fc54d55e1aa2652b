//! Where data points of requests are read.

use super::secret::SecretId;
use super::upstream::Upstream;

/// The SQL API of Analytics Engine, and the token that may read there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct MetricsSource {
    /// The URL that a query is posted to.
    pub url: Upstream,
    /// The bearer token.
    pub token: SecretId,
}
