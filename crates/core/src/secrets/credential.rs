//! Credentials: what the resolver yields, and the plan and the signers use.

use sha2::{Digest as _, Sha256};

use crate::configuration::{BodyPlace, Exchange, Output, Text, UpstreamUrl};
use crate::digest::Digest;
use crate::runtime::auth_runtime::AuthRuntime;
use crate::secret_value::SecretValue;
use crate::signing::Signer;
use crate::signing::template::OpenTemplate;

/// A function that fills the named placeholders of an upstream's base path.
pub type Fill = fn(&UpstreamUrl, &[(&str, SecretValue)]) -> SecretValue;

/// The values that a route's auth adds to one request.
#[derive(Debug, Default)]
pub struct Credential<'g> {
    /// Headers to set, in lower case, each once.
    pub headers: Vec<(&'g str, SecretValue)>,
    /// Query parameters to append, decoded, each once.
    pub parameters: Vec<(&'g str, SecretValue)>,
    /// Values for the upstream's base path, by the name of the placeholder in braces, decoded.
    pub segments: Vec<(&'g str, SecretValue)>,
    /// The function that fills in the segments. It is `None` if there are none, so that a build whose configuration
    /// has no placeholder does not contain that code.
    pub fill: Option<Fill>,
    /// The binding with the client certificate for the connection.
    pub certificate: Option<&'g Text>,
    /// Fields to set in the body.
    pub fields: Vec<(&'g BodyPlace, SecretValue)>,
    /// The credentials to exchange for tokens, which are then added to the request.
    pub exchanges: Vec<PendingExchange<'g>>,
    /// The identity of this credential for comparison, where it includes a token.
    pub identity: Option<Digest>,
    /// Whether one of its tokens has been used before.
    pub is_reused: bool,
    /// The signatures to compute for each attempt.
    pub signers: Vec<Signer<'g>>,
    /// The secret values that are sent, each with its secret's name: a value, a field of one, or the encoded pair of
    /// Basic.
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
    /// The credential for that request.
    pub credential: Box<Credential<'g>>,
    /// The places of the token in the caller's request.
    pub put: Vec<(&'g Output, OpenTemplate<'g>)>,
}

impl Credential<'_> {
    /// A digest that is equal for credentials of one route that are the same to the upstream.
    #[must_use]
    pub fn digest<S: AuthRuntime>(&self) -> Digest {
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

    /// Imports the private keys for signing into the runtime. Returns whether all of them are valid.
    pub async fn import<S: AuthRuntime>(&mut self, runtime: &S) -> bool {
        for signer in &mut self.signers {
            if !signer.import(runtime).await {
                return false;
            }
        }
        for exchange in &mut self.exchanges {
            // The recursion ends here, because no exchange contains another one.
            if !Box::pin(exchange.credential.import(runtime)).await {
                return false;
            }
        }
        true
    }

    /// Signs with an invalid signature for these secrets: the control of a probe.
    pub fn invalidate_signatures(&mut self, names: &[&str]) {
        for signer in &mut self.signers {
            if let Signer::Jwt(jwt) = signer {
                jwt.has_invalid_signature = names.contains(&jwt.name);
            }
        }
        for exchange in &mut self.exchanges {
            exchange.credential.invalidate_signatures(names);
        }
    }

    /// Whether values are added to the request after it has been planned.
    #[must_use]
    pub const fn is_completed_later(&self) -> bool {
        !self.fields.is_empty() || !self.signers.is_empty()
    }
}

/// Hashes a piece with its length, so that two different lists of pieces never hash the same bytes.
fn add(hash: &mut Sha256, piece: &[u8]) {
    hash.update(piece.len().to_le_bytes());
    hash.update(piece);
}
