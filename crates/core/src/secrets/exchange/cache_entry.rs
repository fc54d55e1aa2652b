//! Keeps tokens for later requests, encrypted and outside the Worker's memory.
//!
//! The name and the encryption key of an entry are derived from the credential with HKDF (RFC 5869). Without the
//! credential, an entry can neither be found nor read. A rotated credential has another entry.

use zeroize::Zeroizing;

use crate::encoding::hex;
use crate::runtime::auth_runtime::AuthRuntime;
use crate::secret_value::{SecretBytes, SecretValue};
use crate::secrets::credential::PendingExchange;
use crate::signing::hmac::sha256_under;
use crate::signing::moment::Moment;

/// In seconds: a token is not used this shortly before its expiry, because the upstream's clock may be ahead.
const MARGIN: u64 = 60;

/// The longest time that a token is kept, in seconds.
const MAX_AGE_SECONDS: u64 = 24 * 60 * 60;

/// The cache entry of one credential's token.
pub(super) struct CacheEntry {
    name: String,
    key: Zeroizing<[u8; 32]>,
}

impl CacheEntry {
    pub(super) fn new<S: AuthRuntime>(pending: &PendingExchange<'_>) -> Self {
        // Everything that the token depends on. The digest covers every secret of the credential.
        let material = Zeroizing::new(
            [
                pending.url.origin.as_bytes(),
                &[0],
                pending.url.base.as_bytes(),
                &[0],
                &pending.form.identity.to_le_bytes(),
                &pending.credential.digest::<S>(),
            ]
            .concat(),
        );
        let pseudorandom = sha256_under(b"ostiary token", &material);
        let expanded = |info: &[u8]| sha256_under(pseudorandom.expose(), &[info, &[1]].concat());
        let mut key = Zeroizing::new([0; 32]);
        for (to, from) in key.iter_mut().zip(expanded(b"key").expose()) {
            *to = *from;
        }
        let name = ["token/", &hex(expanded(b"name").expose().get(..16).unwrap_or_default())].concat();
        Self { name, key }
    }

    /// The token that is kept here, unless it is about to expire.
    pub(super) async fn read<S: AuthRuntime>(&self, moment: &Moment, runtime: &S) -> Option<SecretValue> {
        let kept = runtime.get(&self.name).await?;
        let (nonce, sealed) = kept.split_first_chunk::<12>()?;
        let opened = SecretBytes::new(runtime.open(&self.key, nonce, sealed).await?);
        let (expires, token) = opened.expose().split_first_chunk::<8>()?;
        let is_valid = u64::from_le_bytes(*expires) > moment.seconds() + MARGIN;
        let token = std::str::from_utf8(token).ok().filter(|_| is_valid)?;
        Some(SecretValue::new(token.to_owned()))
    }

    /// Keeps the token until it is about to expire.
    pub(super) async fn write<S: AuthRuntime>(
        &self,
        token: &SecretValue,
        expires: u64,
        moment: &Moment,
        runtime: &S,
    ) {
        let seconds = expires.saturating_sub(moment.seconds() + MARGIN).min(MAX_AGE_SECONDS);
        let Some(seconds) = u32::try_from(seconds).ok().filter(|seconds| *seconds > 0) else { return };
        let text = SecretBytes::new([&expires.to_le_bytes(), token.expose().as_bytes()].concat());
        // From 128 random bits and the number of the exchange, so that no key encrypts twice with one nonce.
        let nonce = sha256_under(b"ostiary seal", moment.nonce().as_bytes());
        let Some(nonce) = nonce.expose().first_chunk::<12>() else { return };
        let Some(sealed) = runtime.seal(&self.key, nonce, text.expose()).await else { return };
        runtime.put(&self.name, &[nonce.as_slice(), &sealed].concat(), seconds).await;
    }
}
