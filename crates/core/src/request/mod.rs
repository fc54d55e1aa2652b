//! Steps 1 to 4 without authentication: what is decided from the request and the configuration alone.

pub mod admission;
pub mod body;
pub mod copy_source;
pub mod cors;
pub mod destination;
pub mod named_method;
pub mod rate_limit;
pub mod routing;
pub mod target;
pub mod trace;
