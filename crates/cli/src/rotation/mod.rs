//! A new value for a secret, without one failed request.

pub mod plan;
