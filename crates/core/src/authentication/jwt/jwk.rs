//! Public keys of issuers: JWK (RFC 7517) and JWK Sets.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::json::Value;
use crate::configuration::{KeyMaterial, PublicKey, SignatureAlgorithm, Text};

/// The most keys of one set.
const MOST_KEYS: usize = 100;

/// The shortest and the longest modulus, in bytes (RFC 7518 §3.3).
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;

/// The `y` of the points whose order divides eight, for which anyone can make valid signatures. They do not include the
/// sign of `x`. The last but one is 2^255 - 20; numbers from 2^255 - 19 on are second spellings of small numbers.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
        0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
        0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
    [
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
    ],
];

/// The reason why a JWK is not a key for verifying tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    /// It has another type, another curve or another algorithm, or is not for signatures.
    #[error("it is no RSA key, no key on P-256 or P-384 and no Ed25519 key for signatures")]
    Unsupported,
    /// A parameter is missing, is not in Base64, or has the wrong length.
    #[error("a number of it is missing, or has not the length that its kind of key has")]
    Number,
    /// The key is too short, or is a point for which anyone can make signatures.
    #[error("it is a key that others can sign with")]
    Weak,
}

impl PublicKey {
    /// Parses a JWK. Without `alg`, the type of the key determines the algorithm, which is RS256 for RSA.
    pub fn from_jwk(jwk: &Value) -> Result<Self, JwkError> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_text);
        let is_for_signatures = text("use").is_none_or(|purpose| purpose == "sig")
            && jwk.get("key_ops").is_none_or(|operations| {
                operations.elements().iter().any(|operation| operation.as_text() == Some("verify"))
            });
        if !is_for_signatures {
            return Err(JwkError::Unsupported);
        }
        let named = match text("alg") {
            Some(name) => Some(SignatureAlgorithm::parse(name).ok_or(JwkError::Unsupported)?),
            None => None,
        };
        let is_named = |algorithm| named.is_none_or(|named| named == algorithm);
        let (algorithm, material) = match (text("kty"), text("crv")) {
            (Some("RSA"), None) => (named.unwrap_or(SignatureAlgorithm::Rs256), rsa(jwk)?),
            (Some("EC"), Some("P-256")) => (SignatureAlgorithm::Es256, ec(jwk, 32)?),
            (Some("EC"), Some("P-384")) => (SignatureAlgorithm::Es384, ec(jwk, 48)?),
            (Some("OKP"), Some("Ed25519")) => {
                (SignatureAlgorithm::EdDsa, KeyMaterial::ed25519(text("x").ok_or(JwkError::Number)?)?)
            }
            _ => return Err(JwkError::Unsupported),
        };
        let is_rsa = matches!(material, KeyMaterial::Rsa { .. });
        if !is_named(algorithm) || is_rsa != algorithm.is_rsa() {
            return Err(JwkError::Unsupported);
        }
        Ok(Self { id: text("kid").map(|id| Text::Owned(id.to_owned())), algorithm, material })
    }

    /// The keys of a JWK Set that can verify tokens; `None` if the text is not a JWK Set. Other keys are ignored
    /// (RFC 7517 §5).
    #[must_use]
    pub fn set(json: &[u8]) -> Option<Vec<Self>> {
        let set = Value::parse(json)?;
        let Value::List(keys) = set.get("keys")? else { return None };
        Some(keys.iter().take(MOST_KEYS).filter_map(|key| Self::from_jwk(key).ok()).collect())
    }

    /// The length of a signature in bytes; `None` if it is that of the key's modulus.
    #[must_use]
    pub const fn signature_length(&self) -> Option<usize> {
        match self.algorithm {
            SignatureAlgorithm::Es256 | SignatureAlgorithm::EdDsa => Some(64),
            SignatureAlgorithm::Es384 => Some(96),
            _ => None,
        }
    }
}

impl SignatureAlgorithm {
    const fn is_rsa(self) -> bool {
        !matches!(self, Self::Es256 | Self::Es384 | Self::EdDsa)
    }
}

impl KeyMaterial {
    /// Parses an Ed25519 key in base64url.
    pub fn ed25519(x: &str) -> Result<Self, JwkError> {
        let bytes = decode(x)?;
        let mut y: [u8; 32] = bytes.try_into().map_err(|_| JwkError::Number)?;
        let [low, .., high] = &mut y;
        *high &= 0x7f;
        let is_written_twice =
            *low >= 0xed && *high == 0x7f && y.iter().skip(1).take(30).all(|byte| *byte == 0xff);
        if is_written_twice || SMALL_ORDER.contains(&y) {
            return Err(JwkError::Weak);
        }
        Ok(Self::Ed25519 { x: Text::Owned(x.to_owned()) })
    }
}

fn rsa(jwk: &Value) -> Result<KeyMaterial, JwkError> {
    let (n, e) = (number(jwk, "n")?, number(jwk, "e")?);
    let modulus = decode(&n)?.iter().skip_while(|byte| **byte == 0).count();
    let exponent = decode(&e)?;
    let is_odd = exponent.last().is_some_and(|byte| byte % 2 == 1);
    // An exponent of 1 would not change a message.
    if !MODULUS.contains(&modulus) || !is_odd || exponent == [1] {
        return Err(JwkError::Weak);
    }
    if exponent.len() > 4 {
        return Err(JwkError::Number);
    }
    Ok(KeyMaterial::Rsa { n, e })
}

fn ec(jwk: &Value, length: usize) -> Result<KeyMaterial, JwkError> {
    let (x, y) = (number(jwk, "x")?, number(jwk, "y")?);
    if decode(&x)?.len() != length || decode(&y)?.len() != length {
        return Err(JwkError::Number);
    }
    Ok(KeyMaterial::Ec { x, y })
}

fn number(jwk: &Value, name: &str) -> Result<Text, JwkError> {
    let text = jwk.get(name).and_then(Value::as_text).ok_or(JwkError::Number)?;
    Ok(Text::Owned(text.to_owned()))
}

fn decode(text: &str) -> Result<Vec<u8>, JwkError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| JwkError::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(json: &str) -> Result<PublicKey, JwkError> {
        PublicKey::from_jwk(&Value::parse(json.as_bytes()).unwrap())
    }

    fn okp(x: &[u8]) -> Result<PublicKey, JwkError> {
        let x = URL_SAFE_NO_PAD.encode(x);
        key(&format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#))
    }

    fn rsa_of(length: usize, e: &str, more: &str) -> Result<PublicKey, JwkError> {
        let n = URL_SAFE_NO_PAD.encode(vec![0xc1; length]);
        key(&format!(r#"{{"kty":"RSA","n":"{n}","e":"{e}"{more}}}"#))
    }

    #[test]
    fn the_key_says_the_algorithm() {
        // RFC 8037 §A.2, RFC 7517 §A.1.
        let ed25519 = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        let p256 = r#"{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM","use":"sig","kid":"1"}"#;
        assert_eq!(key(ed25519).unwrap().algorithm, SignatureAlgorithm::EdDsa);
        let p256 = key(p256).unwrap();
        assert_eq!((p256.algorithm, p256.id.as_deref()), (SignatureAlgorithm::Es256, Some("1")));
        assert_eq!(rsa_of(256, "AQAB", "").unwrap().algorithm, SignatureAlgorithm::Rs256);
        assert_eq!(rsa_of(256, "AQAB", r#","alg":"PS512""#).unwrap().algorithm, SignatureAlgorithm::Ps512);
    }

    #[test]
    fn rfc_8725_3_5_a_weak_key_is_none() {
        assert_eq!(rsa_of(255, "AQAB", ""), Err(JwkError::Weak));
        assert_eq!(rsa_of(1025, "AQAB", ""), Err(JwkError::Weak));
        assert_eq!(rsa_of(256, "AQ", ""), Err(JwkError::Weak));
        assert_eq!(rsa_of(256, "AQAA", ""), Err(JwkError::Weak));
        assert_eq!(rsa_of(256, "", ""), Err(JwkError::Weak));
    }

    #[test]
    fn rfc_8725_3_4_an_ed25519_key_of_small_order_is_none() {
        for point in SMALL_ORDER {
            for sign in [0, 0x80] {
                let mut point = point;
                point[31] |= sign;
                assert_eq!(okp(&point), Err(JwkError::Weak), "{point:?}");
            }
        }
        // 2^255 - 19 to 2^255 - 1, which are second spellings of 0 to 18.
        for low in 0xed..=0xff {
            let mut point = [0xff; 32];
            point[0] = low;
            assert_eq!(okp(&point), Err(JwkError::Weak), "{low}");
        }
        assert!(okp(&[7; 32]).is_ok());
        assert_eq!(okp(&[7; 31]), Err(JwkError::Number));
    }

    #[test]
    fn a_key_for_something_else_is_none() {
        for more in [
            r#","use":"enc""#,
            r#","key_ops":["encrypt"]"#,
            r#","alg":"RSA-OAEP""#,
            r#","alg":"ES256""#,
            r#","alg":"HS256""#,
            r#","crv":"P-256""#,
        ] {
            assert_eq!(rsa_of(256, "AQAB", more), Err(JwkError::Unsupported), "{more}");
        }
        for json in [
            r#"{"kty":"oct","k":"AAAA"}"#,
            r#"{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}"#,
            r#"{"kty":"OKP","crv":"X25519","x":"AA"}"#,
            "{}",
            "[]",
        ] {
            assert_eq!(key(json), Err(JwkError::Unsupported), "{json}");
        }
        assert_eq!(key(r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#), Err(JwkError::Number));
        assert_eq!(key(r#"{"kty":"RSA","n":"AQAB"}"#), Err(JwkError::Number));
    }

    #[test]
    fn a_set_is_read_key_by_key() {
        let set = br#"{"keys":[{"kty":"oct","k":"AAAA"},{"kty":"new"},
            {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
        assert_eq!(PublicKey::set(set).unwrap().len(), 1);
        assert_eq!(PublicKey::set(br#"{"keys":[]}"#).unwrap().len(), 0);
        for text in [&b"{}"[..], b"[]", b"<html>", br#"{"keys":{}}"#, br#"{"keys":[],"keys":[]}"#] {
            assert_eq!(PublicKey::set(text), None);
        }
    }

    #[test]
    fn a_number_has_the_length_of_its_kind_of_key() {
        let ec = |curve: &str, x: usize, y: usize| {
            let [x, y] = [x, y].map(|length| URL_SAFE_NO_PAD.encode(vec![7; length]));
            key(&format!(r#"{{"kty":"EC","crv":"{curve}","x":"{x}","y":"{y}"}}"#)).map(|key| key.algorithm)
        };
        assert_eq!(ec("P-256", 32, 32), Ok(SignatureAlgorithm::Es256));
        assert_eq!(ec("P-384", 48, 48), Ok(SignatureAlgorithm::Es384));
        for (curve, x, y) in [("P-256", 31, 32), ("P-256", 32, 33), ("P-384", 48, 32), ("P-384", 32, 48)] {
            assert_eq!(ec(curve, x, y), Err(JwkError::Number), "{curve} {x} {y}");
        }
        // Exponents of three, four and five bytes.
        assert!(rsa_of(256, "AQAB", "").is_ok() && rsa_of(256, "AQAAAQ", "").is_ok());
        assert_eq!(rsa_of(256, "AQAAAAE", ""), Err(JwkError::Number));
    }

    #[test]
    fn an_ed25519_key_may_share_some_bytes_with_a_second_spelling() {
        let mut low = [7; 32];
        low[0] = 0xff;
        let mut high = [7; 32];
        high[31] = 0x7f;
        let mut middle = [0xff; 32];
        (middle[0], middle[31]) = (7, 7);
        let mut both = [0xff; 32];
        (both[15], both[31]) = (7, 0x7f);
        for point in [low, high, middle, both] {
            assert!(okp(&point).is_ok(), "{point:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_set_is_too_odd(bytes: Vec<u8>) {
            let _ = PublicKey::set(&bytes);
        }
    }
}
