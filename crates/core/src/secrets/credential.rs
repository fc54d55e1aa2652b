//! What a route's auth puts on one request.

use sha2::{Digest as _, Sha256};

use crate::configuration::BodyPlace;
use crate::digest::Digest;
use crate::runtime::signing::Signing;
use crate::secret_value::SecretValue;
use crate::signing::Signer;

/// All that a route's auth puts on one request.
#[derive(Debug, Default)]
pub struct Credential<'g> {
    /// Headers to set, in lower case, each once.
    pub headers: Vec<(&'g str, SecretValue)>,
    /// Query parameters to append, decoded, each once.
    pub parameters: Vec<(&'g str, SecretValue)>,
    /// What is put into the upstream's base path, by the name that is there in braces, decoded.
    pub segments: Vec<(&'g str, SecretValue)>,
    /// What is set in the body.
    pub fields: Vec<(&'g BodyPlace, SecretValue)>,
    /// What is computed from each attempt's request.
    pub signers: Vec<Signer<'g>>,
    /// What of the secrets was put in, each by its secret's name: a value, the field of one, or the pair of Basic as
    /// it is encoded.
    pub values: Vec<(&'g str, SecretValue)>,
}

impl Credential<'_> {
    /// Equal for credentials of one route that look the same to the upstream.
    #[must_use]
    pub fn digest<S: Signing>(&self) -> Digest {
        let mut hash = Sha256::new();
        for (name, value) in self.headers.iter().chain(&self.parameters).chain(&self.segments) {
            add(&mut hash, name.as_bytes());
            add(&mut hash, value.expose().as_bytes());
        }
        if S::FORMS.any() {
            for (_, value) in &self.fields {
                add(&mut hash, value.expose().as_bytes());
            }
            for signer in &self.signers {
                signer.each_secret(&mut |secret| add(&mut hash, secret));
            }
        }
        hash.finalize().into()
    }

    /// Whether something is put on the request after it has been planned.
    #[must_use]
    pub const fn is_completed_later(&self) -> bool {
        !self.fields.is_empty() || !self.signers.is_empty()
    }
}

/// With its length, so that no two lists of pieces are one text.
fn add(hash: &mut Sha256, piece: &[u8]) {
    hash.update(piece.len().to_le_bytes());
    hash.update(piece);
}
