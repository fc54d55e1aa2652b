//! Stores.

use serde::{Deserialize, Serialize};

use crate::{AccountId, StoreId};

/// A store of secrets. Names of secrets are unique in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Store {
    /// The identifier in bindings and paths.
    pub id: StoreId,
    /// The name.
    pub name: String,
    /// The time of creation, in RFC 3339 format.
    pub created: String,
    /// The time of the last change, in RFC 3339 format.
    pub modified: String,
    /// The account that owns it, where the API returns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
}
