//! Step 3: the tokens of a request, and the caller that they authenticate.

pub mod caller;
pub mod challenge;
pub mod error;
pub mod hmac_request;
mod hmac_signature;
pub mod jwt;
mod jwt_tokens;
pub mod named_token;
pub mod proved;
pub mod signature_error;
mod sigv4_token;
pub mod tokens;
