//! What a route's auth puts on one request.

use sha2::{Digest as _, Sha256};

use crate::digest::Digest;
use crate::secret_value::SecretValue;

/// All that a route's auth puts on one request.
#[derive(Debug, Default)]
pub struct Credential<'g> {
    /// Headers to set, in lower case, each once.
    pub headers: Vec<(&'g str, SecretValue)>,
    /// Query parameters to append, decoded, each once.
    pub parameters: Vec<(&'g str, SecretValue)>,
    /// What of the secrets was put in, each by its secret's name: a value, the field of one, or the pair of Basic as
    /// it is encoded.
    pub values: Vec<(&'g str, SecretValue)>,
}

impl Credential<'_> {
    #[must_use]
    /// Equal for credentials that look the same to the upstream.
    pub fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        for (name, value) in self.headers.iter().chain(&self.parameters) {
            for piece in [name, value.expose()] {
                hash.update(piece.len().to_le_bytes());
                hash.update(piece);
            }
        }
        hash.finalize().into()
    }
}
