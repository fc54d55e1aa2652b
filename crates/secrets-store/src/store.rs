//! A store.

use serde::{Deserialize, Serialize};

use crate::{AccountId, StoreId};

/// A set of secrets with names of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Store {
    /// What bindings and paths call it.
    pub id: StoreId,
    /// What people call it.
    pub name: String,
    /// RFC 3339.
    pub created: String,
    /// RFC 3339.
    pub modified: String,
    /// Whose it is, where the API says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
}
