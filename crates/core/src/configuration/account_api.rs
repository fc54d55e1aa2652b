//! An API of the account that the gateway is deployed to.

use super::secret::SecretId;
use super::upstream::Upstream;

/// An API of the account, and a token that may read it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct AccountApi {
    /// The URL of the API.
    pub url: Upstream,
    /// The bearer token.
    pub token: SecretId,
}
