//! Tokens that the gateway's operator issues: their subject, their limits, and their revocation.

use super::claims::{Times, check_audience, check_times};
use super::error::JwtError;
use super::json::Value;
use super::revocation::RevocationList;
use crate::configuration::{Gateway, IssuedProof, Rule, SecretId, Source};
use crate::http::method::Method;
use crate::http::path::Below;
use crate::runtime::Bindings;
use crate::runtime::reading::Reading;
use crate::secret_value::SecretValue;
use crate::secrets::concurrent_reads::Readings;

/// The `typ` of these tokens, which distinguishes them from other kinds (RFC 8725 §3.11).
pub const KIND: &str = "ostiary+jwt";

/// The longest name within a class, in bytes.
const LONGEST_NAME: usize = 128;

/// The most rules, or names of routes, in one token.
const MAX_LIMITS: usize = 64;

/// The limits of a token, within its caller's rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenScope {
    /// The routes to which it is limited; `None` for all of the caller's.
    routes: Option<Vec<String>>,
    /// Additional rules, of which one has to admit the request; `None` for no limit.
    rules: Option<Vec<Rule>>,
}

/// The data for checking whether a token is revoked.
#[derive(Clone, Debug, PartialEq)]
pub struct Revocable {
    /// The secret with the list.
    pub list: SecretId,
    subject: String,
    id: String,
    issued: f64,
}

/// The holder of such a token.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenHolder {
    /// `class/name`.
    pub subject: String,
    /// The limits of the token.
    pub scope: TokenScope,
    /// The data for the revocation; `None` if the class has no list.
    pub revocable: Option<Revocable>,
}

/// The name of the caller in the subject `class/name`.
#[must_use]
pub fn class_of(claims: &Value) -> Option<&str> {
    let (class, name) = claims.get("sub")?.as_text()?.split_once('/')?;
    is_name(name).then_some(class)
}

/// Whether this can be a name within a class: letters, digits, `_`, `-` and `.`.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(is_word)
}

impl TokenHolder {
    /// Reads the claims of a token with a valid signature.
    pub fn read(issued: &IssuedProof, claims: &Value, now: f64) -> Result<Self, JwtError> {
        let Times { issued: Some(begin), expires } = check_times(claims, now)? else {
            return Err(JwtError::Lifetime);
        };
        if expires - begin > f64::from(issued.max_ttl) {
            return Err(JwtError::Lifetime);
        }
        if let Some(audience) = &issued.audience {
            check_audience(claims, &[audience])?;
        }
        let text = |name: &str| claims.get(name).and_then(Value::as_text).ok_or(JwtError::Malformed);
        let (subject, id) = (text("sub")?.to_owned(), text("jti")?.to_owned());
        let scope = TokenScope::read(claims)?;
        let revocable =
            issued.revoked.map(|list| Revocable { list, subject: subject.clone(), id, issued: begin });
        Ok(Self { subject, scope, revocable })
    }
}

impl TokenScope {
    fn read(claims: &Value) -> Result<Self, JwtError> {
        let rules = texts(claims, "rules")?.map(|rules| {
            let parsed = rules.iter().map(|text| Rule::parse(text).ok_or(JwtError::Malformed));
            parsed.collect::<Result<Vec<Rule>, _>>()
        });
        Ok(Self { routes: texts(claims, "routes")?, rules: rules.transpose()? })
    }

    /// Whether the limits of the token admit this request.
    #[must_use]
    pub fn admits(&self, route: &str, method: Method, path: Below<'_>) -> bool {
        self.routes.as_ref().is_none_or(|routes| routes.iter().any(|name| name == route))
            && self.rules.as_ref().is_none_or(|rules| rules.iter().any(|rule| rule.admits(method, path)))
    }
}

/// The texts of a list; `None` if the claim is missing.
fn texts(claims: &Value, name: &str) -> Result<Option<Vec<String>>, JwtError> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let Value::List(elements) = value else { return Err(JwtError::Malformed) };
    if elements.len() > MAX_LIMITS {
        return Err(JwtError::Malformed);
    }
    let text = |element: &Value| element.as_text().map(str::to_owned).ok_or(JwtError::Malformed);
    elements.iter().map(text).collect::<Result<_, _>>().map(Some)
}

impl Revocable {
    /// Reads the list, and these sources concurrently, and checks whether the token is revoked.
    pub async fn check_in<'g, B: Bindings>(
        &self,
        gateway: &'g Gateway,
        others: Vec<&'g Source>,
        readings: &mut Readings<'g, B>,
    ) -> Result<(), JwtError> {
        let list = gateway.secret(self.list).and_then(|secret| secret.sources.first());
        let list = list.ok_or(JwtError::RevocationUnreadable)?;
        readings.read(others.into_iter().chain([list])).await;
        match readings.get(list) {
            Some(Reading::Value(value)) => self.check(value),
            // A missing list must not admit a token that it may have revoked.
            _ => Err(JwtError::RevocationUnreadable),
        }
    }

    /// Checks that the list does not revoke the token.
    pub fn check(&self, list: &SecretValue) -> Result<(), JwtError> {
        let list = RevocationList::parse(list).map_err(|_| JwtError::RevocationUnreadable)?;
        if list.revokes(&self.subject, &self.id, self.issued) { Err(JwtError::Revoked) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Value {
        Value::parse(json.as_bytes()).unwrap()
    }

    fn read(claims: &str) -> Result<TokenHolder, JwtError> {
        let audience = Some("https://gw.example.com".into());
        let issued = IssuedProof { keys: vec![].into(), audience, max_ttl: 1000, revoked: Some(SecretId(0)) };
        TokenHolder::read(&issued, &value(claims), 1000.0)
    }

    const CLAIMS: &str =
        r#"{"sub":"agents/crawler-7","jti":"j","aud":"https://gw.example.com","iat":1000,"exp":2000"#;

    #[test]
    fn a_subject_is_a_class_and_a_name() {
        for (subject, class) in [
            ("agents/crawler-7", Some("agents")),
            ("agents/a.b_c", Some("agents")),
            ("agents/", None),
            ("agents", None),
            ("agents/a/b", None),
            ("agents/a b", None),
            ("agents/\\u0000", None),
            ("agents/é", None),
        ] {
            assert_eq!(class_of(&value(&format!(r#"{{"sub":"{subject}"}}"#))), class, "{subject}");
        }
    }

    #[test]
    fn the_claims_say_who_and_how_long() {
        assert_eq!(read(&format!("{CLAIMS}}}")).unwrap().subject, "agents/crawler-7");
        for (piece, by, error) in [
            ("2000", "2001", JwtError::Lifetime),
            (r#""iat":1000,"#, "", JwtError::Lifetime),
            (r#""jti":"j","#, "", JwtError::Malformed),
            (r#""jti":"j""#, r#""jti":1"#, JwtError::Malformed),
            (r#","aud":"https://gw.example.com""#, "", JwtError::Audience),
            ("gw.example.com", "other.example.com", JwtError::Audience),
            ("1000", "1061", JwtError::NotYetValid),
            ("2000", r#"2000,"rules":"GET /**""#, JwtError::Malformed),
            ("2000", r#"2000,"rules":["GET"]"#, JwtError::Malformed),
            ("2000", r#"2000,"rules":[1]"#, JwtError::Malformed),
            ("2000", r#"2000,"routes":{}"#, JwtError::Malformed),
        ] {
            let claims = format!("{}}}", CLAIMS.replacen(piece, by, 1));
            assert_eq!(read(&claims), Err(error), "{claims}");
        }
    }

    #[test]
    fn a_list_revokes_by_time_by_subject_and_by_token() {
        let holder = read(&format!("{CLAIMS}}}")).unwrap().revocable.unwrap();
        for (list, expected) in [
            ("{}", Ok(())),
            (r#"{"iat":1000}"#, Ok(())),
            (r#"{"iat":1001}"#, Err(JwtError::Revoked)),
            (r#"{"sub":{"agents/crawler-7":1001}}"#, Err(JwtError::Revoked)),
            (r#"{"sub":{"agents/crawler-7":1000,"agents/crawler-8":9999}}"#, Ok(())),
            (r#"{"jti":{"j":2000}}"#, Err(JwtError::Revoked)),
            (r#"{"jti":{"k":2000}}"#, Ok(())),
            (r#"{"iat":0,"sub":{},"jti":{"j":0}}"#, Err(JwtError::Revoked)),
            // An invalid list must not admit a token that it may have revoked.
            ("", Err(JwtError::RevocationUnreadable)),
            ("[]", Err(JwtError::RevocationUnreadable)),
            (r#"{"iat":"1001"}"#, Err(JwtError::RevocationUnreadable)),
            (r#"{"sub":["agents/crawler-7"]}"#, Err(JwtError::RevocationUnreadable)),
            (r#"{"sub":{"agents/crawler-8":"x"}}"#, Err(JwtError::RevocationUnreadable)),
            (r#"{"jti":["j"]}"#, Err(JwtError::RevocationUnreadable)),
            (r#"{"jit":{"j":0}}"#, Err(JwtError::RevocationUnreadable)),
        ] {
            assert_eq!(holder.check(&SecretValue::new(list.to_owned())), expected, "{list}");
        }
    }

    #[test]
    fn a_token_has_at_most_64_routes_and_64_rules() {
        let with = |name: &str, element: &str, count: usize| {
            let list = vec![element; count].join(",");
            read(&format!("{CLAIMS},\"{name}\":[{list}]}}")).map(|_| ())
        };
        for (name, element) in [("routes", "\"key\""), ("rules", "\"GET /v1/**\"")] {
            assert_eq!(with(name, element, 64), Ok(()), "{name}");
            assert_eq!(with(name, element, 65), Err(JwtError::Malformed), "{name}");
        }
    }
}
