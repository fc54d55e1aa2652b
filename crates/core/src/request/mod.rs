//! Steps 1 and 2: what a request must be, and which route it is for.

pub mod admission;
pub mod body;
pub mod cors;
pub mod destination;
pub mod named_method;
pub mod rate_limit;
pub mod routing;
pub mod target;
pub mod trace;
