//! Steps 1 and 2: check the request, and find its route.

pub mod admission;
pub mod body;
pub mod cors;
pub mod destination;
pub mod named_method;
pub mod rate_limit;
pub mod routing;
pub mod source;
pub mod target;
pub mod trace;
