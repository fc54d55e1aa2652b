//! An API of the account that the gateway is deployed to.

use super::secret::SecretId;
use super::upstream::Upstream;

/// Where an API of the account is, and the token that may read there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct AccountApi {
    /// Its URL.
    pub url: Upstream,
    /// The bearer token.
    pub token: SecretId,
}
