//! Steps 6 to 8: plan a request, send it, and repeat it where needed.

pub mod attempts;
pub mod completion;
pub mod header_filter;
pub mod planning;
pub mod refused;
pub mod response_status;
pub mod subprotocols;
