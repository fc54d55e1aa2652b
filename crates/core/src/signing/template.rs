//! Templates whose secrets are filled in, and whose request is open still.

use super::body;
use super::unsigned::Unsigned;
use crate::configuration::RequestValue;
use crate::digest::digest;
use crate::encoding::encode;
use crate::runtime::RequestHead;
use crate::secret_value::{SecretBytes, SecretValue};

/// A template with its secrets.
#[derive(Debug)]
pub struct OpenTemplate<'g>(pub(crate) Vec<OpenPart<'g>>);

/// A piece of an [`OpenTemplate`].
#[derive(Debug)]
pub(crate) enum OpenPart<'g> {
    /// Text, a variable or a secret.
    Filled(SecretValue),
    /// Known when the request is.
    Request(&'g RequestValue),
}

impl OpenTemplate<'_> {
    /// Hands over the pieces that are filled in already.
    pub(super) fn each_filled(&self, take: &mut dyn FnMut(&[u8])) {
        for part in &self.0 {
            if let OpenPart::Filled(text) = part {
                take(text.expose().as_bytes());
            }
        }
    }

    /// The bytes for this request. `signature` stands for [`RequestValue::Signature`].
    #[must_use]
    pub fn fill(&self, request: &Unsigned<'_, impl RequestHead>, signature: &str) -> SecretBytes {
        let pieces: Vec<SecretBytes> = self.0.iter().map(|part| piece(part, request, signature)).collect();
        // `concat` allocates once for all, so that no shorter copy of a secret is left behind in freed memory.
        SecretBytes::new(pieces.iter().map(SecretBytes::expose).collect::<Vec<_>>().concat())
    }
}

fn piece(part: &OpenPart<'_>, request: &Unsigned<'_, impl RequestHead>, signature: &str) -> SecretBytes {
    let value = match part {
        OpenPart::Filled(text) => return SecretBytes::new(text.expose().as_bytes().to_vec()),
        OpenPart::Request(value) => *value,
    };
    let text = match value {
        RequestValue::Method => request.method(),
        RequestValue::Path => request.path(),
        RequestValue::Query => request.query().unwrap_or_default(),
        RequestValue::Target => request.target(),
        RequestValue::Url => request.url(),
        RequestValue::Host => request.host(),
        RequestValue::Nonce => request.moment().nonce(),
        RequestValue::Header(name) => request.header(name.as_str()).unwrap_or_default(),
        RequestValue::Signature => signature,
        RequestValue::Timestamp(format) => {
            return SecretBytes::new(request.moment().format(*format).into_bytes());
        }
        RequestValue::Body => return SecretBytes::new(request.body().to_vec()),
        RequestValue::BodySha256(encoding) => {
            return SecretBytes::new(encode(*encoding, &digest(request.body())).into_bytes());
        }
        RequestValue::SortedForm => return SecretBytes::new(body::sorted_form(request.body())),
    };
    SecretBytes::new(text.as_bytes().to_vec())
}
