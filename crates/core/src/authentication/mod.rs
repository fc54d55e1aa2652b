//! Step 3: the tokens of a request, and the caller that they authenticate.

pub mod caller;
pub mod challenge;
pub mod error;
pub mod jwt;
pub mod named_token;
pub mod proved;
mod shown_signature;
pub mod signature_error;
mod signed;
pub mod signed_request;
mod sigv4;
pub mod tokens;
