//! Signed tokens: JSON Web Tokens (RFC 7519), verified as RFC 8725 recommends.
//!
//! 1. The token is parsed with limits. Its header cannot request anything.
//! 2. Its `typ` and its issuer select the possible callers. For another issuer, nothing is computed and nothing is
//!    fetched.
//! 3. The issuer's key with its `kid` verifies the signature, with only that key's algorithm.
//! 4. Its times, its audience and its claims have to match the caller.

mod claims;
mod compact;
mod error;
mod gateway_token;
mod json;
mod jwk;
mod key_set;
mod revocation;
mod verification;

pub use compact::looks_like_jwt;
pub use error::JwtError;
pub use gateway_token::{KIND, Revocable, TokenHolder, TokenScope, is_name};
pub use json::Value;
pub use jwk::JwkError;
pub use revocation::{InvalidRevocationList, RevocationList};
pub use verification::{Identity, Verified, unverified_claims, verify};
