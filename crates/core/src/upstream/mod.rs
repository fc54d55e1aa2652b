//! Steps 6 to 8: the plan, and sending it as often as it takes.

pub mod attempts;
pub mod completion;
pub mod header_filter;
pub mod planning;
pub mod refused;
pub mod subprotocols;
