//! Signs requests with HMAC (RFC 2104).

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use super::signature::Signature;
use super::template::OpenTemplate;
use super::unsigned::Unsigned;
use crate::configuration;
use crate::configuration::{HmacAlgorithm, Output};
use crate::encoding::encode;
use crate::refusal::Code;
use crate::runtime::RequestHead;
use crate::runtime::auth_runtime::AuthRuntime;
use crate::secret_value::{SecretBytes, SecretValue};

/// A form of the configuration with its secrets.
#[derive(Debug)]
pub struct HmacSigner<'g> {
    /// The form.
    pub form: &'g configuration::Hmac,
    /// The name of the key's secret.
    pub name: &'g str,
    /// The key.
    pub key: SecretBytes,
    /// The message that is hashed.
    pub message: OpenTemplate<'g>,
    /// The places of the signature in the request.
    pub put: Vec<(&'g Output, OpenTemplate<'g>)>,
}

impl<'g> HmacSigner<'g> {
    /// Adds the outputs to the request: first those without the signature, because the message may cover them.
    pub(super) fn sign<S: AuthRuntime>(
        &self,
        request: &mut Unsigned<'_, impl RequestHead>,
    ) -> Result<Signature<'g>, Code> {
        self.put(request, false, "")?;
        let message = self.message.fill(request, "");
        let hash = keyed_hash::<S>(self.form.algorithm, self.key.expose(), message.expose());
        let hash = hash.ok_or(Code::Misconfigured)?;
        let signature = SecretValue::new(encode(self.form.encoding, hash.expose()));
        self.put(request, true, signature.expose())?;
        Ok((self.name, signature))
    }

    pub(super) fn each_secret(&self, take: &mut dyn FnMut(&[u8])) {
        take(self.key.expose());
        let templates = std::iter::once(&self.message).chain(self.put.iter().map(|(_, template)| template));
        templates.for_each(|template| template.each_filled(&mut *take));
    }

    fn put(
        &self,
        request: &mut Unsigned<'_, impl RequestHead>,
        are_signatures: bool,
        signature: &str,
    ) -> Result<(), Code> {
        for (output, template) in
            self.put.iter().filter(|(output, _)| output.is_signature() == are_signatures)
        {
            let value = template.fill(request, signature);
            // The grammar admits only text values of the request here.
            let text = std::str::from_utf8(value.expose()).map_err(|_| Code::Misconfigured)?;
            request.put(output, SecretValue::new(text.to_owned()))?;
        }
        Ok(())
    }
}

/// The HMAC-SHA-256 of a message.
pub(crate) fn sha256_under(key: &[u8], message: &[u8]) -> SecretBytes {
    // HMAC accepts a key of any length.
    let hash =
        Hmac::<Sha256>::new_from_slice(key).map(|mac| mac.chain_update(message).finalize().into_bytes());
    SecretBytes::new(hash.map(|hash| hash.to_vec()).unwrap_or_default())
}

/// The HMAC of a message with a key of any length; `None` for an algorithm that the configuration does not use.
#[must_use]
pub fn keyed_hash<S: AuthRuntime>(
    algorithm: HmacAlgorithm,
    key: &[u8],
    message: &[u8],
) -> Option<SecretBytes> {
    macro_rules! with {
        ($hash:ty) => {
            Hmac::<$hash>::new_from_slice(key)
                .ok()
                .map(|mac| mac.chain_update(message).finalize().into_bytes().to_vec())
        };
    }
    let hash = match algorithm {
        HmacAlgorithm::Sha1 if S::FORMS.sha1 => with!(Sha1),
        HmacAlgorithm::Sha256 => with!(Sha256),
        HmacAlgorithm::Sha384 if S::FORMS.sha512 => with!(Sha384),
        HmacAlgorithm::Sha512 if S::FORMS.sha512 => with!(Sha512),
        HmacAlgorithm::Sha1 | HmacAlgorithm::Sha384 | HmacAlgorithm::Sha512 => None,
    };
    hash.map(SecretBytes::new)
}
