//! The proof that the gateway has read a value: the HMAC-SHA-256 (RFC 2104) of a nonce with the value as the key.
//!
//! Someone who knows the value can check the proof, and nobody can learn the value from it. Each nonce has another
//! proof, so an old proof tells nothing about the current value.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::secret_value::SecretValue;

/// A nonce: 16 to 64 bytes that the operator chooses.
pub(super) struct Nonce(Vec<u8>);

impl Nonce {
    /// Parses base64url without padding (RFC 4648 §5).
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (16..=64).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The bytes themselves.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The proof, in base64url without padding.
    pub(super) fn proof_of(&self, value: &SecretValue) -> Option<String> {
        // HMAC accepts a key of any length, so this never fails.
        let mut code = Hmac::<Sha256>::new_from_slice(value.expose().as_bytes()).ok()?;
        code.update(&self.0);
        Some(URL_SAFE_NO_PAD.encode(code.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proves_as_rfc_4231_has_it() {
        // Test case 2 of RFC 4231, whose data are 28 bytes long.
        let nonce = Nonce::parse(&URL_SAFE_NO_PAD.encode("what do ya want for nothing?")).unwrap();
        let proof = nonce.proof_of(&SecretValue::new("Jefe".to_owned())).unwrap();
        let expected = [
            0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7,
            0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43,
        ];
        assert_eq!(proof, URL_SAFE_NO_PAD.encode(expected));
    }

    #[test]
    fn a_nonce_has_16_to_64_bytes() {
        for (length, taken) in [(0, false), (15, false), (16, true), (64, true), (65, false)] {
            assert_eq!(Nonce::parse(&URL_SAFE_NO_PAD.encode(vec![7; length])).is_some(), taken, "{length}");
        }
        for text in ["AAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAAA+", "é", "AAAAAAAAAAAAAAAAAAAAA "] {
            assert!(Nonce::parse(text).is_none(), "{text}");
        }
    }
}
