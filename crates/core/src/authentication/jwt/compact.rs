//! Parses the compact form of a signed token (RFC 7515 §3.1), without verifying it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::error::JwtError;
use super::json::Value;
use crate::configuration::SignatureAlgorithm;

/// In bytes. Tokens of GitHub have some 2 KiB, and tokens with many groups some 4 KiB.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// The longest `kid`, in bytes.
const LONGEST_KEY_ID: usize = 256;

/// Members of a header with a key or a reference to one. Using them would let a token choose its own key (RFC 8725
/// §3.10).
const KEY_REFERENCES: [&str; 4] = ["jku", "x5u", "jwk", "x5c"];

/// Whether the text looks like such a token: it begins with `{` in Base64, and has at least two dots.
#[must_use]
pub fn looks_like_jwt(text: &str) -> bool {
    text.starts_with('e') && text.bytes().filter(|byte| *byte == b'.').nth(1).is_some()
}

/// A token with its parts.
#[derive(Debug)]
pub struct CompactToken<'t> {
    /// The algorithm that its header names.
    pub algorithm: SignatureAlgorithm,
    /// The value of `typ`, in lower case and without `application/` (RFC 7515 §4.1.9).
    pub kind: Option<String>,
    /// The value of `kid`.
    pub key_id: Option<String>,
    /// The claims.
    pub claims: Value,
    /// The text that is signed.
    pub signed: &'t str,
    /// The signature.
    pub signature: Vec<u8>,
}

impl<'t> CompactToken<'t> {
    /// Parses a token.
    ///
    /// # Errors
    /// The text is not a token, or its header requests something that is not allowed.
    pub fn parse(text: &'t str) -> Result<Self, JwtError> {
        if text.len() > MAX_TOKEN_BYTES {
            return Err(JwtError::TooLarge);
        }
        let mut parts = text.split('.');
        let (Some(header), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(JwtError::Malformed);
        };
        let signed = text.get(..header.len() + 1 + claims.len()).ok_or(JwtError::Malformed)?;
        let header = object(header)?;
        if header.get("crit").is_some() || header.get("b64").is_some() {
            return Err(JwtError::Critical);
        }
        if KEY_REFERENCES.iter().any(|name| header.get(name).is_some()) {
            return Err(JwtError::KeyReference);
        }
        let algorithm = member(&header, "alg")?.ok_or(JwtError::Malformed)?;
        let algorithm = SignatureAlgorithm::parse(algorithm).ok_or(JwtError::Algorithm)?;
        let key_id = member(&header, "kid")?;
        if key_id.is_some_and(|id| id.len() > LONGEST_KEY_ID) {
            return Err(JwtError::Malformed);
        }
        let kind = member(&header, "typ")?.map(str::to_ascii_lowercase);
        Ok(Self {
            algorithm,
            kind: kind.map(|kind| kind.strip_prefix("application/").map(str::to_owned).unwrap_or(kind)),
            key_id: key_id.map(str::to_owned),
            claims: object(claims)?,
            signed,
            signature: decode(signature)?,
        })
    }
}

/// Decodes Base64 in its only valid spelling: without padding, and with unused bits set to zero (RFC 7515 §2).
fn decode(part: &str) -> Result<Vec<u8>, JwtError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| JwtError::Malformed)
}

fn object(part: &str) -> Result<Value, JwtError> {
    let value = Value::parse(&decode(part)?).ok_or(JwtError::Malformed)?;
    if matches!(value, Value::Object(_)) { Ok(value) } else { Err(JwtError::Malformed) }
}

/// The text of a member, if it exists.
fn member<'v>(header: &'v Value, name: &str) -> Result<Option<&'v str>, JwtError> {
    header.get(name).map(|value| value.as_text().ok_or(JwtError::Malformed)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &str, claims: &str) -> String {
        let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part));
        format!("{header}.{claims}.AAAA")
    }

    fn error(text: &str) -> JwtError {
        CompactToken::parse(text).unwrap_err()
    }

    #[test]
    fn takes_a_token_apart() {
        let text =
            token(r#"{"alg":"ES256","typ":"application/AT+JWT","kid":"a","x5t":"b"}"#, r#"{"iss":"c"}"#);
        let parsed = CompactToken::parse(&text).unwrap();
        assert_eq!(parsed.algorithm, SignatureAlgorithm::Es256);
        assert_eq!((parsed.kind.as_deref(), parsed.key_id.as_deref()), (Some("at+jwt"), Some("a")));
        assert_eq!(parsed.claims.get("iss").unwrap().as_text(), Some("c"));
        assert_eq!(format!("{}.AAAA", parsed.signed), text);
        assert_eq!(parsed.signature, [0, 0, 0]);
    }

    #[test]
    fn rfc_8725_2_1_no_algorithm_and_no_shared_key() {
        for algorithm in ["none", "None", "NONE", "nOnE", "", "HS256", "HS512", "rs256", "ES256K", "RSA-OAEP"]
        {
            let header = format!(r#"{{"alg":"{algorithm}"}}"#);
            assert_eq!(error(&token(&header, "{}")), JwtError::Algorithm, "{algorithm}");
        }
        let unsigned = token(r#"{"alg":"none"}"#, "{}").replace("AAAA", "");
        assert_eq!(error(&unsigned), JwtError::Algorithm);
    }

    #[test]
    fn rfc_8725_3_10_a_token_does_not_choose_its_key() {
        for name in ["jku", "x5u", "jwk", "x5c"] {
            let header = format!(r#"{{"alg":"RS256","{name}":"https://evil.example/keys"}}"#);
            assert_eq!(error(&token(&header, "{}")), JwtError::KeyReference, "{name}");
        }
    }

    #[test]
    fn rfc_7515_4_1_11_what_is_critical_is_not_passed_over() {
        for header in [r#"{"alg":"RS256","crit":["b64"],"b64":false}"#, r#"{"alg":"RS256","crit":[]}"#] {
            assert_eq!(error(&token(header, "{}")), JwtError::Critical, "{header}");
        }
    }

    #[test]
    fn rfc_8725_3_11_what_is_no_token_is_read_by_nobody() {
        let good = token(r#"{"alg":"RS256"}"#, "{}");
        let duplicate = token(r#"{"alg":"none","alg":"RS256"}"#, "{}");
        for text in [
            "e..",
            "e.e.e",
            "eyJ.e30.",
            &format!("{good}."),
            &format!("{good}=="),
            &format!("{good} "),
            // A bit that is not part of any byte.
            &good.replace(".AAAA", ".AAB"),
            &good.replace('.', ".."),
            &duplicate,
            &token(r#"{"alg":"RS256"}"#, "[]"),
            &token(r#"{"alg":"RS256"}"#, r#"{"sub":"a","sub":"b"}"#),
            &token(r#"{"alg":"RS256","kid":["a"]}"#, "{}"),
            &token(r#"{"alg":7}"#, "{}"),
            &token("{}", "{}"),
            &token(&format!(r#"{{"alg":"RS256","kid":"{}"}}"#, "k".repeat(300)), "{}"),
        ] {
            assert_eq!(error(text), JwtError::Malformed, "{text}");
        }
        let huge = token(r#"{"alg":"RS256"}"#, &format!(r#"{{"a":"{}"}}"#, "x".repeat(MAX_TOKEN_BYTES)));
        assert_eq!(error(&huge), JwtError::TooLarge);
    }

    #[test]
    fn a_token_is_told_from_other_texts() {
        for (text, expected) in [
            (token("{ \"alg\":1}", "{}").as_str(), true),
            ("eyJ.e30.", true),
            ("ost_checkout_0123456789abcdefABCDEF", false),
            ("example", false),
            ("e.x", false),
            ("sk.live.x", false),
        ] {
            assert_eq!(looks_like_jwt(text), expected, "{text}");
        }
    }

    #[test]
    fn a_token_and_the_name_of_its_key_have_a_longest_length() {
        let named =
            |length: usize| token(&format!(r#"{{"alg":"RS256","kid":"{}"}}"#, "k".repeat(length)), "{}");
        assert!(CompactToken::parse(&named(256)).is_ok());
        assert_eq!(error(&named(257)), JwtError::Malformed);
        // Four digits of the signature are three bytes.
        let text = token(r#"{"alg":"RS256"}"#, r#"{"a":"12"}"#);
        assert_eq!(text.len() % 4, MAX_TOKEN_BYTES % 4);
        let longest = format!("{text}{}", "A".repeat(MAX_TOKEN_BYTES - text.len()));
        assert!(CompactToken::parse(&longest).is_ok());
        assert_eq!(error(&format!("{longest}AAAA")), JwtError::TooLarge);
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_odd(text: String) {
            let _ = CompactToken::parse(&text);
        }

        #[test]
        fn no_header_is_too_odd(header: String, claims: String) {
            let _ = CompactToken::parse(&token(&header, &claims));
        }
    }
}
