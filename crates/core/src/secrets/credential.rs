//! What a route's auth puts on one request.

use sha2::{Digest as _, Sha256};

use crate::configuration::{BodyPlace, Exchange, Output, Text, UpstreamUrl};
use crate::digest::Digest;
use crate::runtime::signing::Signing;
use crate::secret_value::SecretValue;
use crate::signing::Signer;
use crate::signing::template::OpenTemplate;

/// Puts texts into the base path of an upstream, each by its name.
pub type Fill = fn(&UpstreamUrl, &[(&str, SecretValue)]) -> SecretValue;

/// All that a route's auth puts on one request.
#[derive(Debug, Default)]
pub struct Credential<'g> {
    /// Headers to set, in lower case, each once.
    pub headers: Vec<(&'g str, SecretValue)>,
    /// Query parameters to append, decoded, each once.
    pub parameters: Vec<(&'g str, SecretValue)>,
    /// What is put into the upstream's base path, by the name that is there in braces, decoded.
    pub segments: Vec<(&'g str, SecretValue)>,
    /// What puts them there, where there are any: the code is in no build whose configuration has no such form.
    pub fill: Option<Fill>,
    /// The binding with the client certificate that is shown.
    pub certificate: Option<&'g Text>,
    /// What is set in the body.
    pub fields: Vec<(&'g BodyPlace, SecretValue)>,
    /// What has to be exchanged for a token, which is put on the request then.
    pub exchanges: Vec<PendingExchange<'g>>,
    /// What tells this credential from others, where a token has been put into it.
    pub identity: Option<Digest>,
    /// Whether a token of it has been used before.
    pub is_reused: bool,
    /// What is computed from each attempt's request.
    pub signers: Vec<Signer<'g>>,
    /// What of the secrets was put in, each by its secret's name: a value, the field of one, or the pair of Basic as
    /// it is encoded.
    pub values: Vec<(&'g str, SecretValue)>,
}

/// A credential that is exchanged for a token.
#[derive(Debug)]
pub struct PendingExchange<'g> {
    /// The form.
    pub form: &'g Exchange,
    /// The name of its first secret.
    pub name: &'g str,
    /// Where the request for the token is sent.
    pub url: UpstreamUrl,
    /// What is put on that request.
    pub credential: Box<Credential<'g>>,
    /// What is put on the caller's request.
    pub put: Vec<(&'g Output, OpenTemplate<'g>)>,
}

impl Credential<'_> {
    /// Equal for credentials of one route that look the same to the upstream.
    #[must_use]
    pub fn digest<S: Signing>(&self) -> Digest {
        if let Some(identity) = self.identity {
            return identity;
        }
        let mut hash = Sha256::new();
        for (name, value) in self.headers.iter().chain(&self.parameters).chain(&self.segments) {
            add(&mut hash, name.as_bytes());
            add(&mut hash, value.expose().as_bytes());
        }
        if let Some(binding) = self.certificate {
            add(&mut hash, binding.as_bytes());
        }
        if S::FORMS.any() {
            for (_, value) in &self.fields {
                add(&mut hash, value.expose().as_bytes());
            }
            for signer in &self.signers {
                signer.each_secret(&mut |secret| add(&mut hash, secret));
            }
            for exchange in &self.exchanges {
                add(&mut hash, exchange.url.base.as_bytes());
                add(&mut hash, &exchange.credential.digest::<S>());
            }
        }
        hash.finalize().into()
    }

    /// Has the runtime import the private keys that sign; whether all are keys.
    pub async fn import<S: Signing>(&mut self, runtime: &S) -> bool {
        for signer in &mut self.signers {
            if !signer.import(runtime).await {
                return false;
            }
        }
        for exchange in &mut self.exchanges {
            // No exchange is within another one, so this ends there.
            if !Box::pin(exchange.credential.import(runtime)).await {
                return false;
            }
        }
        true
    }

    /// Has the tokens that keys of these secrets sign get false signatures.
    pub fn falsify(&mut self, names: &[&str]) {
        for signer in &mut self.signers {
            if let Signer::Jwt(jwt) = signer {
                jwt.is_falsified = names.contains(&jwt.name);
            }
        }
        for exchange in &mut self.exchanges {
            exchange.credential.falsify(names);
        }
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
