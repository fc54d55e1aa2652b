//! Signed tokens for an explanation. The gateway's own code verifies them; if the issuer's keys are not available,
//! other keys are used.

use jiff::Timestamp;
use ostiary_core::authentication::error::AuthenticationError;
use ostiary_core::authentication::jwt::{self, JwtError, KIND};
use ostiary_core::configuration::{
    CallerAuthentication, Gateway, KeyMaterial, KeySource, List, PublicKey, SignatureAlgorithm, Text,
};
use ostiary_rehearsal::{Rehearsal, RehearsedRequest};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::printable::Printable;
use crate::token::KeyPair;

/// The lifetime of claims without an expiry, in seconds.
const TTL: i64 = 300;

/// The current time, in milliseconds since 1970.
#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far from the bound")]
pub fn now() -> f64 {
    Timestamp::now().as_millisecond() as f64
}

/// Whether the keys for verifying the request's token are missing.
pub fn lacks_keys(gateway: &Gateway, rehearsal: &Rehearsal, head: &RehearsedRequest) -> bool {
    let proof = rehearsal.handle(gateway, head).and_then(|handled| handled.event.auth_error);
    proof == Some(AuthenticationError::Jwt(JwtError::KeySetUnavailable))
}

/// The claims of a token as JSON. The signature is not verified.
///
/// # Errors
/// Returns an error if the text is not a signed token.
pub fn claims(token: &str) -> Result<String, Failure> {
    let none = || Failure::failed("this is not a signed token");
    let claims = jwt::unverified_claims(token).map_err(|_| none())?;
    serde_json::to_string(&json(&claims)).map_err(|_| none())
}

/// The limits of the token with these claims, in a sentence; `None` if the token has no limit.
pub fn limits(claims: &str) -> Option<String> {
    let claims: Value = serde_json::from_str(claims).ok()?;
    let texts = |name: &str| {
        let texts = claims.get(name)?.as_array()?.iter();
        texts.map(|text| text.as_str().map(|text| Printable(text).to_string())).collect::<Option<Vec<_>>>()
    };
    let routes = texts("routes").map(|routes| format!("the routes {}", routes.join(", ")));
    let rules = texts("rules").map(|rules| format!("`{}`", rules.join("`, `")));
    match (routes, rules) {
        (None, None) => None,
        (Some(limit), None) | (None, Some(limit)) => Some(format!("The token is limited to {limit}.")),
        (Some(routes), Some(rules)) => Some(format!("The token is limited to {routes}, and to {rules}.")),
    }
}

fn json(value: &jwt::Value) -> Value {
    match value {
        jwt::Value::Null => Value::Null,
        jwt::Value::Boolean(boolean) => Value::Bool(*boolean),
        jwt::Value::Number(number) => {
            serde_json::Number::from_f64(*number).map_or(Value::Null, Value::Number)
        }
        jwt::Value::Text(text) => Value::String(text.clone()),
        jwt::Value::List(elements) => Value::Array(elements.iter().map(json).collect()),
        jwt::Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), json(value))).collect())
        }
    }
}

/// Makes a token with these claims, and replaces the keys of the callers with its key. Missing `exp` and `iat` are set
/// relative to the current time.
///
/// # Errors
/// The text is not a JSON object.
pub fn with_own_keys(gateway: &mut Gateway, claims: &str) -> Result<Zeroizing<String>, Failure> {
    let mut claims: Map<String, Value> = serde_json::from_str(claims)
        .map_err(|error| Failure::usage(format_args!("the claims are not a JSON object: {error}")))?;
    let now = Timestamp::now().as_second();
    claims.entry("iat").or_insert_with(|| now.into());
    claims.entry("exp").or_insert_with(|| (now + TTL).into());
    let pair = KeyPair::ephemeral()?;
    let material = KeyMaterial::ed25519(&pair.public()).map_err(Failure::failed)?;
    let keys: List<PublicKey> =
        vec![PublicKey { id: None, algorithm: SignatureAlgorithm::EdDsa, material }].into();
    let mut callers = gateway.callers.to_vec();
    for caller in &mut callers {
        match &mut caller.authentication {
            CallerAuthentication::Jwt(jwt) => jwt.keys = KeySource::Inline(keys.clone()),
            CallerAuthentication::Issued(issued) => issued.keys.clone_from(&keys),
            CallerAuthentication::Secret(_)
            | CallerAuthentication::Digests(_)
            | CallerAuthentication::Hmac(_) => {}
        }
    }
    let class = claims.get("sub").and_then(Value::as_str).and_then(|subject| subject.split_once('/'));
    let is_class = |name: &Text| class.is_some_and(|(class, _)| name == class);
    let is_own = !claims.contains_key("iss")
        && callers.iter().any(|caller| {
            matches!(caller.authentication, CallerAuthentication::Issued(_)) && is_class(&caller.name)
        });
    if is_own {
        claims.entry("jti").or_insert_with(|| "explained".into());
    }
    gateway.callers = List::Owned(callers);
    pair.sign(if is_own { KIND } else { "JWT" }, &claims)
}
