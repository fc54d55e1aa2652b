//! The decisions of Ostiary: configuration, routing, callers, secrets, headers, refusals. The core does not depend on a
//! runtime.
//!
//! [`handle`] has the life of a request, and the modules are its steps. [`runtime`] has small traits for everything
//! that the core needs from outside.
//!
//! Types only hold valid values, and a secret is never printed:
//!
//! ```
//! use ostiary_core::SecretValue;
//! use ostiary_core::http::path::CanonicalPath;
//!
//! // A path that servers read in different ways is refused, and not normalised.
//! assert!(CanonicalPath::parse("/v1/charges").is_ok());
//! assert!(CanonicalPath::parse("/v1/%2e%2e/admin").is_err());
//!
//! let key = SecretValue::new("sk_live_0123456789".to_owned());
//! assert!(!format!("{key:?}").contains("sk_live"));
//! ```

pub mod configuration;
pub mod digest;
pub mod encoding;
pub mod http;
pub mod refusal;
pub mod request_id;
pub mod runtime;
pub mod secret_value;
mod sort;
pub mod value_syntax;

pub mod authentication;
pub mod log;
pub mod operator;
pub mod redaction;
pub mod request;
pub mod response;
pub mod secrets;
pub mod signing;
pub mod upstream;
pub mod value_check;

pub mod gateway;

pub use gateway::{Handled, Outcome, handle};
pub use secret_value::SecretValue;
