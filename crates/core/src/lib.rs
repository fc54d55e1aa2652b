//! What Ostiary decides: configuration, routing, callers, secrets, headers, refusals. It knows no runtime.
//!
//! [`handle`] is the life of a request; the modules are its steps. What the core asks of the world is in [`runtime`] as
//! small traits.

pub mod configuration;
pub mod digest;
pub mod encoding;
pub mod http;
mod order;
pub mod place;
pub mod refusal;
pub mod request_id;
pub mod runtime;
pub mod secret_value;

pub mod authentication;
pub mod log;
pub mod operator;
pub mod redaction;
pub mod request;
pub mod response;
pub mod secrets;
pub mod signing;
pub mod upstream;

pub mod gateway;

pub use gateway::{Handled, Outcome, handle};
pub use secret_value::SecretValue;
