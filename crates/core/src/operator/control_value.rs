//! Control values of probes: wrong values that replace those of sources, to check that a probe distinguishes a valid
//! key from a wrong one.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::lookalike::{letters, lookalike};
use super::value_proof::Nonce;
use crate::configuration::{Part, Placement, SecretId};
use crate::request_id::RequestId;
use crate::runtime::reading::Reading;
use crate::secret_value::SecretValue;
use crate::secrets::json_field::string_field;

/// The length of a control value for a source without a value: that of a usual key.
const USUAL_LENGTH: usize = 40;

/// Makes control values from the operator's nonce. Nobody else can predict them, and each probe has its own.
pub(super) struct ControlValues {
    key: Zeroizing<Vec<u8>>,
    block: [u8; 32],
    counter: u64,
    used: usize,
}

impl ControlValues {
    pub(super) fn new(nonce: &Nonce, request_id: &RequestId) -> Self {
        let key = Zeroizing::new([nonce.as_bytes(), request_id.as_str().as_bytes()].concat());
        Self { key, block: [0; 32], counter: 0, used: 32 }
    }

    /// The control value for this secret. If the auth uses fields of it, it is a JSON object with these fields.
    pub(super) fn reading_for(
        &mut self,
        auth: &[Placement],
        id: SecretId,
        read: Option<&Reading>,
    ) -> Reading {
        let value = match read {
            Some(Reading::Value(value)) => Some(value),
            _ => None,
        };
        let parts = auth.iter().flat_map(Placement::templates).flat_map(|template| template.parts.iter());
        let mut fields: Vec<&str> = Vec::new();
        for part in parts {
            if let Part::Field(secret, name) = part
                && *secret == id
                && !fields.contains(&name.as_ref())
            {
                fields.push(name);
            }
        }
        if fields.is_empty() {
            return Reading::Value(self.value_unlike(value));
        }
        // A map would need an instance of sort, which would be a fiftieth of the Worker's size.
        let mut object = String::new();
        for name in fields {
            let field = value.and_then(|value| string_field(value, name));
            let text = self.value_unlike(field.as_ref());
            object.push(if object.is_empty() { '{' } else { ',' });
            object.push_str(&quoted(name));
            object.push(':');
            object.push_str(&quoted(text.expose()));
        }
        object.push('}');
        Reading::Value(SecretValue::new(object))
    }

    fn value_unlike(&mut self, value: Option<&SecretValue>) -> SecretValue {
        let choose: &mut dyn FnMut(usize) -> usize =
            &mut |below| usize::from(self.byte()).checked_rem(below).unwrap_or_default();
        match value {
            Some(value) => lookalike(value.expose(), choose),
            None => letters(USUAL_LENGTH, choose),
        }
    }

    /// The next byte of HMAC-SHA-256 of a counter, which yields 32 bytes at a time.
    fn byte(&mut self) -> u8 {
        if self.used >= self.block.len() {
            // HMAC accepts a key of any length.
            if let Ok(mut code) = Hmac::<Sha256>::new_from_slice(&self.key) {
                code.update(b"control");
                code.update(&self.counter.to_le_bytes());
                self.block = code.finalize().into_bytes().into();
            }
            self.counter += 1;
            self.used = 0;
        }
        let byte = self.block.get(self.used).copied().unwrap_or_default();
        self.used += 1;
        byte
    }
}

/// The text as a JSON string.
fn quoted(text: &str) -> String {
    // Serialising a text cannot fail.
    serde_json::to_string(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_nonce_and_another_probe_give_another_value() {
        let value = SecretValue::new("abcdefghijklmnopqrstuvwxyz".to_owned());
        let mut seen = std::collections::BTreeSet::new();
        for nonce in ["AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAQ"] {
            for request in [1, 2] {
                let mut control = ControlValues::new(&Nonce::parse(nonce).unwrap(), &RequestId::new(request));
                seen.insert(control.value_unlike(Some(&value)).expose().to_owned());
                seen.insert(control.value_unlike(None).expose().to_owned());
            }
        }
        assert_eq!(seen.len(), 8);
    }

    #[test]
    fn the_bytes_do_not_repeat_after_a_block() {
        let mut control =
            ControlValues::new(&Nonce::parse("AAAAAAAAAAAAAAAAAAAAAA").unwrap(), &RequestId::new(7));
        let blocks: std::collections::BTreeSet<Vec<u8>> =
            (0..3).map(|_| (0..32).map(|_| control.byte()).collect()).collect();
        assert_eq!(blocks.len(), 3);
        let kinds = |block: &Vec<u8>| block.iter().collect::<std::collections::BTreeSet<_>>().len();
        assert!(blocks.iter().all(|block| kinds(block) > 16));
    }
}
