//! A new value for a secret, without one failed request.
//!
//! [`plan`] says what to do next and knows only what is found; [`execution`] does it.

pub mod execution;
pub mod plan;
pub mod report;
pub mod target;
