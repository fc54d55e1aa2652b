//! Templates whose secrets are filled in, and whose values of the request are not.

use super::body;
use super::moment::Moment;
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
    /// A value of the request, which is filled in when the request is known.
    Request(&'g RequestValue),
}

impl OpenTemplate<'_> {
    /// Calls `take` with each piece that is filled in.
    pub(super) fn each_filled(&self, take: &mut dyn FnMut(&[u8])) {
        for part in &self.0 {
            if let OpenPart::Filled(text) = part {
                take(text.expose().as_bytes());
            }
        }
    }

    /// The bytes for this request. `signature` is the value of [`RequestValue::Signature`] and [`RequestValue::Token`].
    #[must_use]
    pub fn fill(&self, request: &Unsigned<'_, impl RequestHead>, signature: &str) -> SecretBytes {
        let pieces: Vec<SecretBytes> = self.0.iter().map(|part| piece(part, request, signature)).collect();
        // `concat` allocates once, so that no partial copy of a secret is left in freed memory.
        SecretBytes::new(pieces.iter().map(SecretBytes::expose).collect::<Vec<_>>().concat())
    }
}

impl OpenTemplate<'_> {
    /// The bytes without a request: its time and nonce are those of `moment`, and its other values are empty.
    #[must_use]
    pub fn fill_at(&self, moment: &Moment) -> SecretBytes {
        self.fill_simply(|value| match value {
            RequestValue::Timestamp(format) => moment.format(*format),
            RequestValue::Nonce => moment.nonce().to_owned(),
            _ => String::new(),
        })
    }

    /// The bytes with this token. All other values of the request are empty.
    #[must_use]
    pub fn fill_with_token(&self, token: &SecretValue) -> SecretBytes {
        self.fill_simply(|value| match value {
            RequestValue::Token => token.expose().to_owned(),
            _ => String::new(),
        })
    }

    fn fill_simply(&self, text: impl Fn(&RequestValue) -> String) -> SecretBytes {
        let pieces: Vec<SecretValue> = self
            .0
            .iter()
            .map(|part| match part {
                OpenPart::Filled(text) => SecretValue::new(text.expose().to_owned()),
                OpenPart::Request(value) => SecretValue::new(text(value)),
            })
            .collect();
        SecretBytes::new(pieces.iter().map(SecretValue::expose).collect::<Vec<_>>().concat().into_bytes())
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
        RequestValue::Signature | RequestValue::Token => signature,
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
