//! Checks the claims of a token with a valid signature.

use super::error::JwtError;
use super::json::Value;
use crate::configuration::{ClaimRule, JwtProof, Pattern};

/// The tolerance for the clocks of issuers, in seconds.
const LEEWAY: f64 = 60.0;

/// The longest subject, in bytes. `OpenID` Connect allows 255 characters.
const LONGEST_SUBJECT: usize = 512;

/// The times of a token, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Times {
    /// When it was issued, if it has `iat`.
    pub issued: Option<f64>,
    /// When it expires.
    pub expires: f64,
}

/// Checks that the token is valid now. A token without an expiry is not.
pub fn check_times(claims: &Value, now: f64) -> Result<Times, JwtError> {
    let expires = time(claims, "exp")?.ok_or(JwtError::Lifetime)?;
    if expires + LEEWAY <= now {
        return Err(JwtError::Expired);
    }
    let issued = time(claims, "iat")?;
    let begins = [time(claims, "nbf")?, issued];
    if begins.into_iter().flatten().any(|begin| begin - LEEWAY > now) {
        return Err(JwtError::NotYetValid);
    }
    Ok(Times { issued, expires })
}

/// A number of seconds, which may have a fraction (RFC 7519 §2).
fn time(claims: &Value, name: &str) -> Result<Option<f64>, JwtError> {
    match claims.get(name) {
        None => Ok(None),
        Some(Value::Number(time)) if (0.0..1e12).contains(time) => Ok(Some(*time)),
        Some(_) => Err(JwtError::Malformed),
    }
}

/// Checks that one of these is an audience of the token (RFC 7519 §4.1.3).
pub fn check_audience(claims: &Value, audiences: &[impl AsRef<str>]) -> Result<(), JwtError> {
    let named = claims.get("aud").map(Value::elements).unwrap_or_default();
    let is_ours = |named: &Value| audiences.iter().any(|ours| named.as_text() == Some(ours.as_ref()));
    if named.iter().any(is_ours) { Ok(()) } else { Err(JwtError::Audience) }
}

/// The text of `sub`, for the log.
pub fn subject(claims: &Value) -> Result<Option<String>, JwtError> {
    match claims.get("sub") {
        None => Ok(None),
        Some(Value::Text(subject)) if subject.len() <= LONGEST_SUBJECT => Ok(Some(subject.clone())),
        Some(_) => Err(JwtError::Malformed),
    }
}

/// Checks the claims against the caller's `claims`.
pub fn check(
    jwt: &JwtProof,
    audiences: &[impl AsRef<str>],
    claims: &Value,
    now: f64,
) -> Result<(), JwtError> {
    check_times(claims, now)?;
    check_audience(claims, audiences)?;
    if jwt.claims.iter().all(|rule| rule.admits(claims)) { Ok(()) } else { Err(JwtError::Claims) }
}

impl ClaimRule {
    fn admits(&self, claims: &Value) -> bool {
        let mut value = Some(claims);
        for name in self.path.iter() {
            value = value.and_then(|value| value.get(name));
        }
        let is_accepted = |text: &str| self.accepted.iter().any(|pattern| pattern.admits_text(text));
        value.map(Value::elements).unwrap_or_default().iter().any(|element| match element {
            Value::Text(text) => is_accepted(text),
            Value::Boolean(boolean) => is_accepted(if *boolean { "true" } else { "false" }),
            Value::Number(number) => whole(*number).is_some_and(|number| is_accepted(&number.to_string())),
            Value::Null | Value::List(_) | Value::Object(_) => false,
        })
    }
}

/// The number as an integer, if a float represents it exactly.
fn whole(number: f64) -> Option<i64> {
    const LARGEST: f64 = 9_007_199_254_740_991.0;
    #[expect(clippy::cast_possible_truncation, reason = "it is in this range, and whole")]
    let whole = number as i64;
    (number.abs() <= LARGEST && number.fract() == 0.0).then_some(whole)
}

impl Pattern {
    /// Whether the pattern admits the text, whose segments are between its slashes.
    fn admits_text(&self, text: &str) -> bool {
        let segments: Vec<&[u8]> = text.split('/').map(str::as_bytes).collect();
        self.admits_as_written(segments.into_iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::{KeySource, Template, Text};

    fn value(json: &str) -> Value {
        Value::parse(json.as_bytes()).unwrap()
    }

    fn rule(path: &[&str], accepted: &[&str]) -> ClaimRule {
        let owned = |text: &&str| Text::Owned((*text).to_owned());
        let accepted = accepted.iter().map(|text| Pattern::parse(text));
        ClaimRule { path: path.iter().map(owned).collect(), accepted: accepted.collect() }
    }

    #[test]
    fn rfc_7519_4_1_4_a_token_has_its_time() {
        for (claims, expected) in [
            (r#"{"exp":1000}"#, Ok(())),
            (r#"{"exp":1000.5,"iat":999.5,"nbf":0}"#, Ok(())),
            (r#"{"exp":941,"iat":1060,"nbf":1060}"#, Ok(())),
            (r#"{"exp":940}"#, Err(JwtError::Expired)),
            (r#"{"exp":0}"#, Err(JwtError::Expired)),
            (r#"{"exp":2000,"nbf":1061}"#, Err(JwtError::NotYetValid)),
            (r#"{"exp":2000,"iat":1061}"#, Err(JwtError::NotYetValid)),
            ("{}", Err(JwtError::Lifetime)),
            (r#"{"exp":"1000"}"#, Err(JwtError::Malformed)),
            (r#"{"exp":-1}"#, Err(JwtError::Malformed)),
            (r#"{"exp":1e300}"#, Err(JwtError::Malformed)),
            (r#"{"exp":1000,"nbf":null}"#, Err(JwtError::Malformed)),
            (r#"{"exp":1000,"iat":[1]}"#, Err(JwtError::Malformed)),
        ] {
            assert_eq!(check_times(&value(claims), 1000.0).map(|_| ()), expected, "{claims}");
        }
    }

    #[test]
    fn rfc_8725_3_9_a_token_is_for_this_gateway() {
        let ours = ["https://gw.example.com"];
        for (claims, expected) in [
            (r#"{"aud":"https://gw.example.com"}"#, true),
            (r#"{"aud":["x","https://gw.example.com"]}"#, true),
            (r#"{"aud":"https://gw.example.com/"}"#, false),
            (r#"{"aud":"https://gw.example.com.evil.example"}"#, false),
            (r#"{"aud":["x"]}"#, false),
            (r#"{"aud":[]}"#, false),
            (r#"{"aud":[["https://gw.example.com"]]}"#, false),
            (r#"{"aud":{"a":"https://gw.example.com"}}"#, false),
            (r#"{"aud":null}"#, false),
            ("{}", false),
        ] {
            assert_eq!(check_audience(&value(claims), &ours).is_ok(), expected, "{claims}");
        }
    }

    #[test]
    fn claims_match_in_the_words_of_rules() {
        for (rule, claims, expected) in [
            (rule(&["a"], &["acme/*"]), r#"{"a":"acme/x"}"#, true),
            (rule(&["a"], &["acme/*"]), r#"{"a":"acme/"}"#, false),
            (rule(&["a"], &["acme/*"]), r#"{"a":"acme/x/y"}"#, false),
            (rule(&["a"], &["acme/*"]), r#"{"a":"evil/acme/x"}"#, false),
            (rule(&["a"], &["acme/**"]), r#"{"a":"acme/x/y"}"#, true),
            (rule(&["a"], &["acme/**"]), r#"{"a":"acmee/x"}"#, false),
            (rule(&["a"], &["x", "refs/heads/release-*"]), r#"{"a":"refs/heads/release-1"}"#, true),
            (rule(&["a"], &["main"]), r#"{"a":"main"}"#, true),
            (rule(&["a"], &["main"]), r#"{"a":"Main"}"#, false),
            (rule(&["a"], &["main"]), r#"{"a":"main "}"#, false),
            (rule(&["a"], &["main"]), r#"{"b":"main"}"#, false),
            (rule(&["a"], &["ops"]), r#"{"a":["dev","ops"]}"#, true),
            (rule(&["a"], &["ops"]), r#"{"a":[["ops"]]}"#, false),
            (rule(&["a"], &["ops"]), r#"{"a":{"ops":"ops"}}"#, false),
            (rule(&["a"], &["true"]), r#"{"a":true}"#, true),
            (rule(&["a"], &["true"]), r#"{"a":false}"#, false),
            (rule(&["a"], &["42"]), r#"{"a":42}"#, true),
            (rule(&["a"], &["42"]), r#"{"a":42.5}"#, false),
            (rule(&["a"], &["9007199254740993"]), r#"{"a":9007199254740993}"#, false),
            (rule(&["kubernetes.io", "namespace"], &["ci"]), r#"{"kubernetes.io":{"namespace":"ci"}}"#, true),
            (rule(&["kubernetes.io", "namespace"], &["ci"]), r#"{"kubernetes.io":"ci"}"#, false),
        ] {
            assert_eq!(rule.admits(&value(claims)), expected, "{rule:?} {claims}");
        }
    }

    #[test]
    fn all_that_is_asked_for_has_to_be_said() {
        let jwt = JwtProof {
            issuer: Template { parts: vec![].into() },
            audiences: vec![].into(),
            keys: KeySource::Inline(vec![].into()),
            claims: vec![rule(&["a"], &["1"]), rule(&["b"], &["2"])].into(),
            is_ambient: false,
        };
        let checked = |claims: &str| check(&jwt, &["gw"], &value(claims), 0.0);
        assert_eq!(checked(r#"{"exp":9,"aud":"gw","a":"1","b":"2"}"#), Ok(()));
        assert_eq!(checked(r#"{"exp":9,"aud":"gw","a":"1"}"#), Err(JwtError::Claims));
        assert_eq!(checked(r#"{"exp":9,"aud":"x","a":"1","b":"2"}"#), Err(JwtError::Audience));
        assert_eq!(subject(&value(r#"{"sub":"s"}"#)), Ok(Some("s".to_owned())));
        assert_eq!(subject(&value(r#"{"sub":1}"#)), Err(JwtError::Malformed));
    }

    #[test]
    fn a_subject_for_the_log_has_at_most_512_bytes() {
        let of = |length: usize| subject(&value(&format!(r#"{{"sub":"{}"}}"#, "s".repeat(length))));
        assert_eq!(of(512), Ok(Some("s".repeat(512))));
        assert_eq!(of(513), Err(JwtError::Malformed));
    }
}
