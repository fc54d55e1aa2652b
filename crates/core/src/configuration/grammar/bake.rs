//! The checked configuration as Rust source.

use databake::{Bake as _, CrateEnv};

use crate::configuration::Gateway;

/// A constant expression of type [`Gateway`].
///
/// It names `ostiary_core` and `alloc`, so the crate that includes it says `extern crate alloc;`.
#[must_use]
pub fn bake(gateway: &Gateway) -> String {
    gateway.bake(&CrateEnv::default()).to_string()
}
