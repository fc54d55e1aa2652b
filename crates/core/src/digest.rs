//! SHA-256 digests, by which tokens and credentials are compared.

use sha2::{Digest as _, Sha256};

/// SHA-256 of a text that may be a token.
pub type Digest = [u8; 32];

/// SHA-256.
#[must_use]
pub fn digest(token: &[u8]) -> Digest {
    Sha256::digest(token).into()
}
