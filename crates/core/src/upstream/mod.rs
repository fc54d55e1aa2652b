//! Steps 6 to 8: plan a request, send it, and repeat it where needed.

pub mod attempt_signing;
pub mod attempts;

pub mod header_filter;
pub mod planning;
pub mod rejection;
pub mod response_status;
pub mod subprotocols;
