//! The limit of an account's secrets.

use serde::{Deserialize, Serialize};

/// The limits of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// The secrets in all stores together.
    pub secrets: Allowance,
}

/// A limit, and how much of it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// The limit.
    pub quota: u64,
    /// The number in use.
    pub usage: u64,
}
