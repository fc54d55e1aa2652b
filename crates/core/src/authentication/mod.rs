//! Step 3: the tokens of a request, and the caller that they authenticate.

pub mod caller;
mod sigv4;
pub mod tokens;
