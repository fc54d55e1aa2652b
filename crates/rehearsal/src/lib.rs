//! A runtime on which nothing is touched: every binding yields a text that was given, every upstream responds with 200,
//! and the request that would have been sent is written down.
//!
//! The gateway's own code decides on it, so what it says cannot differ from what the Worker does.

mod rehearsal;
mod request;
mod response;
mod sent;
#[cfg(feature = "verification")]
mod verification;

pub use rehearsal::{Rehearsal, placeholder};
pub use request::RehearsedRequest;
pub use response::EmptyResponse;
pub use sent::{Sent, apply};
#[cfg(feature = "verification")]
pub use verification::verify;
