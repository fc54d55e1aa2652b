//! How many secrets an account may have.

use serde::{Deserialize, Serialize};

/// The account's allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Of secrets, in all stores together.
    pub secrets: Allowance,
}

/// How many there may be, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// How many there may be.
    pub quota: u64,
    /// How many there are.
    pub usage: u64,
}
