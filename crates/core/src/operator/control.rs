//! Values that are certainly wrong, so that a probe can be shown to tell a good key from a bad one.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::value_proof::Nonce;
use crate::configuration::{Part, Placement, SecretId};
use crate::request_id::RequestId;
use crate::runtime::reading::Reading;
use crate::secret_value::SecretValue;
use crate::secrets::json_field::string_field;

/// As long as keys usually are; for a source that yields no value.
const USUAL_LENGTH: usize = 40;

/// Makes values of the length and the alphabet of others, from the operator's nonce: nobody else can tell them
/// beforehand, and two probes send two of them.
pub(super) struct Control {
    key: Zeroizing<Vec<u8>>,
    block: [u8; 32],
    counter: u64,
    used: usize,
}

impl Control {
    pub(super) fn new(nonce: &Nonce, request_id: &RequestId) -> Self {
        let key = Zeroizing::new([nonce.as_bytes(), request_id.as_str().as_bytes()].concat());
        Self { key, block: [0; 32], counter: 0, used: 32 }
    }

    /// What stands in the place of what was read for this secret. Where the auth takes fields of it, it is a JSON object
    /// with those.
    pub(super) fn reading(&mut self, auth: &[Placement], id: SecretId, read: Option<&Reading>) -> Reading {
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
            return Reading::Value(self.unlike(value));
        }
        // By hand, since a map is collected by a sort, which would be a fiftieth of the Worker.
        let mut object = String::new();
        for name in fields {
            let field = value.and_then(|value| string_field(value, name));
            let text = self.unlike(field.as_ref());
            object.push(if object.is_empty() { '{' } else { ',' });
            object.push_str(&quoted(name));
            object.push(':');
            object.push_str(&quoted(text.expose()));
        }
        object.push('}');
        Reading::Value(SecretValue::new(object))
    }

    /// Letters stay letters and digits digits. Punctuation stays as it is: it divides what a provider looks at first.
    fn unlike(&mut self, value: Option<&SecretValue>) -> SecretValue {
        let Some(value) = value else { return SecretValue::new(self.letters(USUAL_LENGTH)) };
        let text = value.expose();
        for _ in 0..8 {
            let other: String = text.chars().map(|character| self.like(character)).collect();
            let other = SecretValue::new(other);
            if other.expose() != text {
                return other;
            }
        }
        // No letter and no digit in it.
        let longer = self.letters(text.len().max(1));
        SecretValue::new(longer)
    }

    fn like(&mut self, character: char) -> char {
        match character {
            'a'..='z' => self.among(b"abcdefghijklmnopqrstuvwxyz"),
            'A'..='Z' => self.among(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
            '0'..='9' => self.among(b"0123456789"),
            ' '..='~' => character,
            _ => self.among(b"abcdefghijklmnopqrstuvwxyz"),
        }
    }

    fn letters(&mut self, length: usize) -> String {
        (0..length).map(|_| self.among(b"abcdefghijklmnopqrstuvwxyz")).collect()
    }

    fn among(&mut self, alphabet: &[u8]) -> char {
        let byte = usize::from(self.byte());
        let chosen = byte.checked_rem(alphabet.len()).and_then(|at| alphabet.get(at));
        chosen.map_or('x', |byte| char::from(*byte))
    }

    /// HMAC-SHA-256 of a counter: 32 bytes at a time.
    fn byte(&mut self) -> u8 {
        if self.used >= self.block.len() {
            // A key of any length is one.
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

/// A text as JSON has it.
fn quoted(text: &str) -> String {
    // Texts always serialise.
    serde_json::to_string(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(nonce: &str) -> Control {
        Control::new(&Nonce::parse(nonce).unwrap(), &RequestId::new(7))
    }

    fn unlike(control: &mut Control, text: &str) -> String {
        control.unlike(Some(&SecretValue::new(text.to_owned()))).expose().to_owned()
    }

    fn shape(text: &str) -> String {
        let class = |character: char| match character {
            'a'..='z' => 'a',
            'A'..='Z' => 'A',
            '0'..='9' => '0',
            other => other,
        };
        text.chars().map(class).collect()
    }

    #[test]
    fn it_has_the_length_and_the_alphabet_of_the_value_and_is_another_one() {
        let mut control = control("AAAAAAAAAAAAAAAAAAAAAA");
        for text in ["sk_live_51HxYz0123456789", "a", "7", "xoxb-1-2-abc", "e8d6-4F00", "a:b c"] {
            let other = unlike(&mut control, text);
            assert_eq!(shape(&other), shape(text), "{text} {other}");
            assert_ne!(other, text);
        }
        assert_eq!(unlike(&mut control, "--__").len(), 4);
        assert_ne!(unlike(&mut control, "--__"), "--__");
        assert_eq!(control.unlike(None).expose().len(), USUAL_LENGTH);
    }

    #[test]
    fn another_nonce_and_another_probe_give_another_value() {
        let text = "abcdefghijklmnopqrstuvwxyz";
        let mut seen = std::collections::BTreeSet::new();
        for nonce in ["AAAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAQ"] {
            for request in [1, 2] {
                let mut control = Control::new(&Nonce::parse(nonce).unwrap(), &RequestId::new(request));
                seen.insert(unlike(&mut control, text));
                seen.insert(unlike(&mut control, text));
            }
        }
        assert_eq!(seen.len(), 8);
    }
}
