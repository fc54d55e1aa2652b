//! Converts private keys to PKCS#8 (RFC 5208), the format that the runtime imports.

use serde::Deserialize;
use zeroize::Zeroizing;

use super::der::{integer, octets, sequence, tagged};
use crate::configuration::JwtAlgorithm;
use crate::http::base64;
use crate::secret_value::SecretBytes;

/// `rsaEncryption` with its parameters (RFC 8017 §A.1).
const RSA: &[u8] = &[0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
/// `id-ecPublicKey` with P-256 (RFC 5480 §2.1).
const P256: &[u8] =
    &[0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
/// `id-Ed25519` (RFC 8410 §3).
const ED25519: &[u8] = &[0x30, 5, 6, 3, 0x2b, 0x65, 0x70];

/// The length of a P-256 or Ed25519 private key, in bytes.
const SHORT_KEY: usize = 32;

/// Parses PEM (PKCS#8, PKCS#1 or SEC 1), a JWK, or the Ed25519 key in the bytes `bare`; `None` if the text is not a
/// key for the algorithm.
///
/// The content of PKCS#8 is not checked, because the runtime does that. [`is_of`] checks its algorithm.
///
/// The line ends of PEM may be the two characters `\n`, as in environment files.
#[must_use]
pub fn parse(algorithm: JwtAlgorithm, text: &str, bare: Option<&[u8]>) -> Option<SecretBytes> {
    let text = text.trim();
    if text.starts_with("-----BEGIN ") {
        return pem(algorithm, text);
    }
    if text.starts_with('{') {
        return jwk(algorithm, text);
    }
    let key = bare.filter(|key| algorithm == JwtAlgorithm::EdDsa && key.len() == SHORT_KEY)?;
    Some(wrapped(ED25519, &octets(key)))
}

fn pem(algorithm: JwtAlgorithm, text: &str) -> Option<SecretBytes> {
    let (label, rest) = text.strip_prefix("-----BEGIN ")?.split_once("-----")?;
    let (body, _) = rest.split_once("-----END ")?;
    let body = Zeroizing::new(body.replace("\\r", "").replace("\\n", ""));
    let body: Zeroizing<String> = Zeroizing::new(body.split_ascii_whitespace().collect());
    let der = base64::decode(body.as_str())?;
    match (label, algorithm) {
        ("PRIVATE KEY", _) => Some(der.into()),
        ("RSA PRIVATE KEY", JwtAlgorithm::Rs256) => Some(wrapped(RSA, &der)),
        ("EC PRIVATE KEY", JwtAlgorithm::Es256) => Some(wrapped(P256, &der)),
        _ => None,
    }
}

/// Whether a PKCS#8 key begins with the identifier of the algorithm, which follows the length and the version.
#[must_use]
pub fn is_of(algorithm: JwtAlgorithm, der: &[u8]) -> bool {
    let identifier = match algorithm {
        JwtAlgorithm::Rs256 => RSA,
        JwtAlgorithm::Es256 => P256,
        JwtAlgorithm::EdDsa => ED25519,
        JwtAlgorithm::Hs256 => return false,
    };
    (5..8).any(|start| der.get(start..).is_some_and(|rest| rest.starts_with(identifier)))
}

/// The members of a private JWK (RFC 7518 §6, RFC 8037 §2).
#[derive(Deserialize)]
struct Jwk<'a> {
    kty: &'a str,
    crv: Option<&'a str>,
    d: &'a str,
    x: Option<&'a str>,
    y: Option<&'a str>,
    n: Option<&'a str>,
    e: Option<&'a str>,
    p: Option<&'a str>,
    q: Option<&'a str>,
    dp: Option<&'a str>,
    dq: Option<&'a str>,
    qi: Option<&'a str>,
}

fn jwk(algorithm: JwtAlgorithm, text: &str) -> Option<SecretBytes> {
    let jwk: Jwk<'_> = serde_json::from_str(text).ok()?;
    let private = base64::decode(jwk.d)?;
    match (algorithm, jwk.kty, jwk.crv) {
        (JwtAlgorithm::EdDsa, "OKP", Some("Ed25519")) if private.len() == SHORT_KEY => {
            Some(wrapped(ED25519, &octets(&private)))
        }
        (JwtAlgorithm::Es256, "EC", Some("P-256")) if private.len() == SHORT_KEY => {
            let (x, y) = (base64::decode(jwk.x?)?, base64::decode(jwk.y?)?);
            // The public key, uncompressed, in a bit string (RFC 5915 §3).
            let point = [&[0, 4][..], &x, &y].concat();
            let public = tagged(0xa1, &tagged(3, &point));
            Some(wrapped(P256, &sequence(&[&integer(&[1]), &octets(&private), &public])))
        }
        (JwtAlgorithm::Rs256, "RSA", None) => {
            let number = |text: Option<&str>| text.and_then(base64::decode).map(|number| integer(&number));
            let (n, e) = (number(jwk.n)?, number(jwk.e)?);
            let (p, q) = (number(jwk.p)?, number(jwk.q)?);
            let (dp, dq, qi) = (number(jwk.dp)?, number(jwk.dq)?, number(jwk.qi)?);
            // RFC 8017 §A.1.2.
            let key = sequence(&[&integer(&[0]), &n, &e, &integer(&private), &p, &q, &dp, &dq, &qi]);
            Some(wrapped(RSA, &key))
        }
        _ => None,
    }
}

/// RFC 5208 §5.
fn wrapped(algorithm: &[u8], key: &[u8]) -> SecretBytes {
    sequence(&[&integer(&[0]), algorithm, &octets(key)]).into()
}

/// The bytes of a symmetric key: from a JWK (RFC 7518 §6.4), or from the text by `decode`.
#[must_use]
pub fn symmetric(text: &str, decode: impl Fn(&str) -> Option<Zeroizing<Vec<u8>>>) -> Option<SecretBytes> {
    #[derive(Deserialize)]
    struct Oct<'a> {
        kty: &'a str,
        k: &'a str,
    }
    if text.trim_start().starts_with('{')
        && let Ok(jwk) = serde_json::from_str::<Oct<'_>>(text)
    {
        return base64::decode(jwk.k).filter(|key| jwk.kty == "oct" && !key.is_empty()).map(Into::into);
    }
    decode(text).map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_key_is_the_32_bytes_of_ed25519() {
        let bare = |algorithm, length: usize| parse(algorithm, "text", Some(&vec![7; length])).is_some();
        assert!(bare(JwtAlgorithm::EdDsa, 32));
        assert!(!bare(JwtAlgorithm::EdDsa, 31) && !bare(JwtAlgorithm::EdDsa, 33));
        assert!(!bare(JwtAlgorithm::Es256, 32) && !bare(JwtAlgorithm::Rs256, 32));
        assert!(parse(JwtAlgorithm::EdDsa, "text", None).is_none());
    }

    #[test]
    fn the_private_key_of_a_jwk_has_32_bytes() {
        for (algorithm, kind) in [
            (JwtAlgorithm::EdDsa, r#""kty":"OKP","crv":"Ed25519""#),
            (JwtAlgorithm::Es256, r#""kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA""#),
        ] {
            for (digits, expected) in [(43, true), (42, false), (44, false)] {
                let text = format!(r#"{{{kind},"d":"{}"}}"#, "A".repeat(digits));
                assert_eq!(parse(algorithm, &text, None).is_some(), expected, "{text}");
            }
        }
    }

    #[test]
    fn a_symmetric_key_is_an_octet_sequence_or_a_text() {
        let bytes = |text: &str| {
            let key = symmetric(text, |text| Some(Zeroizing::new(text.as_bytes().to_vec())));
            key.map(|key| key.expose().to_vec())
        };
        assert_eq!(bytes(r#"{"kty":"oct","k":"AAAA"}"#), Some(vec![0; 3]));
        assert_eq!(bytes(r#"{"kty":"oct","k":""}"#), None);
        assert_eq!(bytes(r#"{"kty":"RSA","k":"AAAA"}"#), None);
        assert_eq!(bytes("{text}"), Some(b"{text}".to_vec()));
    }
}
