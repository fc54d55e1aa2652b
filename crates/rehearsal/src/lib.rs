//! A simulated runtime: every binding yields a given text, every upstream responds with 200, and the request that would
//! have been sent is recorded. Nothing is read and nothing is sent.
//!
//! The gateway's own code runs on it, so the result is the same as in the Worker.

mod rehearsal;
mod request;
mod response;
mod upstream_request;
#[cfg(feature = "verification")]
mod verification;

pub use rehearsal::{Rehearsal, placeholder};
pub use request::RehearsedRequest;
pub use response::EmptyResponse;
pub use upstream_request::{UpstreamRequest, apply};
#[cfg(feature = "verification")]
pub use verification::verify;
