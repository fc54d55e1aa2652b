//! `jwt` of a caller: signed tokens of another issuer, and the keys that verify them.
//!
//! The file is longer than others, because it has the presets.

use super::diagnostic::Findings;
use super::document::{Entry, Located, Table, Value};
use super::file::Span;
use super::keys;
use super::template::{self, Declared, Parsed};
use ostiary_core::authentication::jwt::{JwkError, Value as Json};
use ostiary_core::configuration::{
    ClaimRule, JwtProof, KeySource, List, Part, Pattern, PublicKey, Template, Text, Upstream, UpstreamUrl,
};

const JWT: &str = "jwt = { issuer = \"https://id.example.com\", audience = \"https://gw.example.com\", claims = { sub = \"ci\" } }";
const ISSUER: &str = "issuer = \"https://id.example.com\"";
const AUDIENCE: &str = "audience = \"https://gw.example.com\"";
const CLAIMS: &str = "claims = { repository = \"acme/*\", ref = \"refs/heads/main\" }";
const KEYS: &str = "keys = [{ kty = \"OKP\", crv = \"Ed25519\", x = \"…\" }]";
const JWKS: &str = "jwks = \"https://id.example.com/keys\"";

/// An issuer with known settings.
struct Preset {
    name: &'static str,
    /// `None` if each customer has its own.
    issuer: Option<&'static str>,
    /// The URL of its keys, or the path below the issuer; `None` if it is in the issuer's metadata.
    keys: Option<&'static str>,
    /// Claims of which one is required, because everybody can get tokens of this issuer for any audience.
    identities: &'static [&'static str],
    /// Whether a browser adds the token to a request by itself.
    is_ambient: bool,
}

const PRESETS: [Preset; 5] = [
    // https://docs.github.com/en/actions/concepts/security/openid-connect
    Preset {
        name: "github-actions",
        issuer: Some("https://token.actions.githubusercontent.com"),
        keys: Some("/.well-known/jwks"),
        identities: &["repository", "repository_id", "repository_owner", "repository_owner_id", "sub"],
        is_ambient: false,
    },
    // https://docs.gitlab.com/ci/secrets/id_token_authentication/
    Preset {
        name: "gitlab",
        issuer: Some("https://gitlab.com"),
        keys: Some("/oauth/discovery/keys"),
        identities: &["project_path", "project_id", "namespace_path", "namespace_id", "sub"],
        is_ambient: false,
    },
    // https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken
    Preset {
        name: "google",
        issuer: Some("https://accounts.google.com"),
        keys: Some("https://www.googleapis.com/oauth2/v3/certs"),
        identities: &["sub", "email", "hd"],
        is_ambient: false,
    },
    // https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/validating-json/
    Preset {
        name: "cloudflare-access",
        issuer: None,
        keys: Some("/cdn-cgi/access/certs"),
        identities: &[],
        is_ambient: true,
    },
    // https://vercel.com/docs/oidc/reference
    Preset {
        name: "vercel",
        issuer: None,
        keys: Some("/.well-known/jwks"),
        identities: &[],
        is_ambient: false,
    },
];

/// Reads a caller's `jwt`.
pub(crate) fn read(
    entry: Entry<'_>,
    declared: &Declared<'_>,
    findings: &mut Findings<'_>,
) -> Option<JwtProof> {
    let table = entry.value.table(JWT, findings)?;
    table.reject_unknown_keys(&keys::CALLER_JWT, &[], findings);
    let preset = match table.value("preset") {
        Some(value) => Some(preset(value, findings)?),
        None => None,
    };
    let issuer = issuer(entry, &table, preset, declared, findings);
    let keys =
        issuer.as_ref().and_then(|(issuer, at)| key_source(&table, issuer, *at, preset, declared, findings));
    let audiences = audiences(entry, &table, declared, findings);
    let claims = claims(entry, &table, preset, findings);
    Some(JwtProof {
        issuer: issuer?.0.into_template(),
        audiences: audiences?,
        keys: keys?,
        claims: claims?.into(),
        is_ambient: preset.is_some_and(|preset| preset.is_ambient),
    })
}

fn preset(value: Value<'_>, findings: &mut Findings<'_>) -> Option<&'static Preset> {
    let text = value.string("preset = \"github-actions\"", findings)?;
    let found = PRESETS.iter().find(|preset| preset.name == text.text);
    if found.is_none() {
        let names = PRESETS.iter().map(|preset| format!("`{}`", preset.name)).collect::<Vec<_>>().join(", ");
        let instead = format!("write one of {names}, or `{ISSUER}`");
        findings.error(text.span, &format!("`{}` is not a preset", text.text), &instead);
    }
    found
}

/// The issuer, and its position in the file.
fn issuer(
    entry: Entry<'_>,
    table: &Table<'_>,
    preset: Option<&'static Preset>,
    declared: &Declared<'_>,
    findings: &mut Findings<'_>,
) -> Option<(Parsed, Span)> {
    let of_preset = preset.and_then(|preset| preset.issuer);
    if let (None, Some(issuer)) = (table.value("issuer"), of_preset) {
        let at = entry.key.span;
        return Some((Parsed { parts: vec![(Part::Text(Text::Borrowed(issuer)), at)] }, at));
    }
    let value = table.required("issuer", "`jwt`", entry.key.span, ISSUER, findings)?;
    let parsed = with_variables(value, ISSUER, declared, findings)?;
    Some((parsed, value.span()))
}

/// A text that is not empty in any environment, in which variables may stand.
fn with_variables(
    value: Value<'_>,
    example: &str,
    declared: &Declared<'_>,
    findings: &mut Findings<'_>,
) -> Option<Parsed> {
    let text = value.template(example, findings)?;
    let parsed = template::parse(&text, declared, findings)?;
    if let Some((_, at)) = parsed.secrets().next() {
        findings.error(at, "no secret is a part of this", "write it out, or write `${var.NAME}`");
        return None;
    }
    for environment in declared.deployment.environments() {
        // A missing variable has been reported already.
        if parsed.substituted(environment)?.is_empty() {
            let place = if parsed.variables().next().is_some() { environment.place() } else { String::new() };
            let message = format!("the text is empty {place}");
            findings.error(text.span, message.trim_end(), &format!("write `{example}`"));
            return None;
        }
    }
    Some(parsed)
}

/// The source of the keys: from the table, the preset or the issuer's metadata.
fn key_source(
    table: &Table<'_>,
    issuer: &Parsed,
    at: Span,
    preset: Option<&'static Preset>,
    declared: &Declared<'_>,
    findings: &mut Findings<'_>,
) -> Option<KeySource> {
    match (table.get("keys"), table.get("jwks")) {
        (Some(_), Some(jwks)) => {
            findings.error(jwks.key.span, "the keys are named in two ways", "write `keys` or `jwks`");
            None
        }
        (Some(keys), None) => inline_keys(keys.value, findings).map(|keys| KeySource::Inline(keys.into())),
        (None, Some(jwks)) => {
            let parsed = with_variables(jwks.value, JWKS, declared, findings)?;
            let url = url(&parsed, jwks.value.span(), declared, findings)?;
            Some(KeySource::Url(url, Text::default()))
        }
        (None, None) => match preset.and_then(|preset| preset.keys) {
            Some(whole) if !whole.starts_with('/') => {
                let url = UpstreamUrl::parse(whole).ok()?;
                Some(KeySource::Url(Upstream::Fixed(url), Text::default()))
            }
            path => {
                let url = url(issuer, at, declared, findings)?;
                Some(match path {
                    Some(path) => KeySource::Url(url, Text::Borrowed(path)),
                    None => KeySource::Discovered(url),
                })
            }
        },
    }
}

/// The URL of keys, with the same checks as for an upstream.
fn url(parsed: &Parsed, at: Span, declared: &Declared<'_>, findings: &mut Findings<'_>) -> Option<Upstream> {
    let mut urls = Vec::new();
    let has_variables = parsed.variables().next().is_some();
    for environment in declared.deployment.environments() {
        let text = parsed.substituted(environment)?;
        match UpstreamUrl::parse(&text) {
            Ok(url) => urls.push(url),
            Err(why) => {
                let from = if has_variables {
                    format!("`{text}` {}", environment.place())
                } else {
                    "here".to_owned()
                };
                let message = format!("keys cannot be fetched from {from}: {why}");
                findings.error(at, &message, "write `https://host/path`, or the keys themselves in `keys`");
                return None;
            }
        }
    }
    if has_variables {
        let parts = parsed.parts.iter().map(|(part, _)| part.clone());
        return Some(Upstream::Variable(Template { parts: parts.collect() }));
    }
    urls.into_iter().next().map(Upstream::Fixed)
}

fn inline_keys(value: Value<'_>, findings: &mut Findings<'_>) -> Option<Vec<PublicKey>> {
    let mut keys = Vec::new();
    for element in value.filled_array(KEYS, findings)? {
        let table = element.table(KEYS, findings)?;
        let mut members = Vec::new();
        for Entry { key, value } in table.entries() {
            let text = value.string(KEYS, findings)?;
            members.push((key.text.to_owned(), Json::Text(text.text.to_owned())));
        }
        if let Some(secret) = table.get("d").or_else(|| table.get("k")) {
            let message = "this is a private or a shared key, which must not be in the configuration";
            findings.error_without_text(secret.value.span(), message, "write the public key alone");
            return None;
        }
        match PublicKey::from_jwk(&Json::Object(members)) {
            Ok(key) => keys.push(key),
            Err(why) => {
                findings.error_without_text(
                    element.span(),
                    &format!("no token is verified by this key: {why}"),
                    instead(why),
                );
                return None;
            }
        }
    }
    Some(keys)
}

const fn instead(why: JwkError) -> &'static str {
    match why {
        JwkError::Unsupported => "write a JWK with `kty`, and with `alg` where it is RSA and not RS256",
        JwkError::Number => "write its numbers in Base64 with the URL-safe alphabet and without `=`",
        JwkError::Weak => "write an RSA key of 2048 bits or more, or another one",
    }
}

fn audiences(
    entry: Entry<'_>,
    table: &Table<'_>,
    declared: &Declared<'_>,
    findings: &mut Findings<'_>,
) -> Option<List<Template>> {
    let value = table.required("audience", "`jwt`", entry.key.span, AUDIENCE, findings)?;
    let elements = if value.is_array() { value.filled_array(AUDIENCE, findings)? } else { vec![value] };
    let mut audiences: Vec<Template> = Vec::new();
    for element in elements {
        let audience = with_variables(element, AUDIENCE, declared, findings)?.into_template();
        if audiences.contains(&audience) {
            findings.error(element.span(), "the audience is listed twice", "remove one");
        }
        audiences.push(audience);
    }
    Some(audiences.into())
}

/// One or more strings that are not empty.
fn texts<'t>(value: Value<'t>, example: &str, findings: &mut Findings<'_>) -> Option<Vec<Located<'t>>> {
    let elements = if value.is_array() { value.filled_array(example, findings)? } else { vec![value] };
    let texts = Value::distinct(elements, example, findings);
    if let Some(empty) = texts.iter().find(|text| text.text.is_empty()) {
        findings.error(empty.span, "the text is empty", &format!("write `{example}`"));
        return None;
    }
    (!texts.is_empty()).then_some(texts)
}

fn claims(
    entry: Entry<'_>,
    table: &Table<'_>,
    preset: Option<&'static Preset>,
    findings: &mut Findings<'_>,
) -> Option<Vec<ClaimRule>> {
    let value = table.required("claims", "`jwt`", entry.key.span, CLAIMS, findings)?;
    let mut rules = Vec::new();
    collect(&value.table(CLAIMS, findings)?, &mut Vec::new(), &mut rules, findings)?;
    if let Some(preset) = preset.filter(|preset| !preset.identities.is_empty()) {
        let is_asked = |rule: &ClaimRule| {
            rule.path.first().is_some_and(|name| preset.identities.contains(&name.as_ref()))
        };
        if !rules.iter().any(is_asked) {
            let names =
                preset.identities.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let message = format!("everyone can get a token of `{}` with these claims", preset.name);
            findings.error(value.span(), &message, &format!("ask for one of {names}"));
            return None;
        }
    }
    Some(rules)
}

fn collect(
    table: &Table<'_>,
    path: &mut Vec<Text>,
    rules: &mut Vec<ClaimRule>,
    findings: &mut Findings<'_>,
) -> Option<()> {
    for Entry { key, value } in table.entries() {
        path.push(Text::Owned(key.text.to_owned()));
        if value.is_table() {
            collect(&value.table(CLAIMS, findings)?, path, rules, findings)?;
        } else {
            let accepted = accepted(*value, findings)?;
            rules.push(ClaimRule { path: path.clone().into(), accepted: accepted.into() });
        }
        path.pop();
    }
    Some(())
}

fn accepted(value: Value<'_>, findings: &mut Findings<'_>) -> Option<Vec<Pattern>> {
    if value.is_boolean() {
        let text = if value.boolean(findings)? { "true" } else { "false" };
        return Some(vec![Pattern::parse(text)]);
    }
    if let Some(digits) = value.quiet_integer() {
        return Some(vec![Pattern::parse(digits)]);
    }
    let texts = texts(value, CLAIMS, findings)?;
    for text in &texts {
        let before = text.text.strip_suffix("/**").unwrap_or(text.text);
        if before.contains("**") {
            let message = "`**` is only ever the end, after a slash";
            findings.error(
                text.span,
                message,
                "write `*` for what is between two slashes, `/**` for the rest",
            );
            return None;
        }
    }
    Some(texts.iter().map(|text| Pattern::parse(text.text)).collect())
}

#[cfg(test)]
mod tests {
    use super::super::example::{accepted, assert_diagnostics};
    use super::*;
    use ostiary_core::configuration::CallerAuthentication;

    #[test]
    fn tells_what_is_wrong_with_a_signed_token_s_caller() {
        assert_diagnostics(include_str!("diagnostics/signed_callers.txt"));
    }

    fn proof(by: &str) -> CallerAuthentication {
        const DIGESTS: &str =
            "bearer_sha256 = [\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"]";
        let checked = accepted(DIGESTS, by);
        assert_eq!(
            checked.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
            <[String; 0]>::default()
        );
        checked.gateway.callers[1].authentication.clone()
    }

    fn keys_of(jwt: &str) -> KeySource {
        let CallerAuthentication::Jwt(jwt) =
            proof(&format!("jwt = {{ audience = \"a\", claims = {{ sub = \"x\" }}, {jwt} }}"))
        else {
            panic!("{jwt}")
        };
        jwt.keys
    }

    #[test]
    fn the_keys_are_where_the_issuer_has_them() {
        let fixed = |url: &str| Upstream::Fixed(UpstreamUrl::parse(url).unwrap());
        let url = |base: &str, path: &'static str| KeySource::Url(fixed(base), path.into());
        for (jwt, expected) in [
            (
                "preset = \"github-actions\"",
                url("https://token.actions.githubusercontent.com", "/.well-known/jwks"),
            ),
            (
                "preset = \"github-actions\", issuer = \"https://ghe.example.com/_services/token\"",
                url("https://ghe.example.com/_services/token", "/.well-known/jwks"),
            ),
            ("preset = \"gitlab\"", url("https://gitlab.com", "/oauth/discovery/keys")),
            ("preset = \"google\"", url("https://www.googleapis.com/oauth2/v3/certs", "")),
            (
                "preset = \"cloudflare-access\", issuer = \"https://acme.cloudflareaccess.com\"",
                url("https://acme.cloudflareaccess.com", "/cdn-cgi/access/certs"),
            ),
            (
                "preset = \"vercel\", issuer = \"https://oidc.vercel.com/acme\"",
                url("https://oidc.vercel.com/acme", "/.well-known/jwks"),
            ),
            (
                "issuer = \"i\", jwks = \"https://id.example.com/keys\"",
                url("https://id.example.com/keys", ""),
            ),
            (
                "issuer = \"https://id.example.com/a/\"",
                KeySource::Discovered(fixed("https://id.example.com/a")),
            ),
        ] {
            assert_eq!(keys_of(jwt), expected, "{jwt}");
        }
        let keys = "keys = [{ kty = \"OKP\", crv = \"Ed25519\", x = \"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\" }]";
        assert!(
            matches!(keys_of(&format!("issuer = \"i\", {keys}")), KeySource::Inline(keys) if keys.len() == 1)
        );
    }

    #[test]
    fn claims_are_read_at_any_depth() {
        let claims =
            r#"{ a = "x", b = ["y/*", "z"], "kubernetes.io" = { pod = { name = "p" } }, c = true, d = 7 }"#;
        let jwt = format!(
            "jwt = {{ issuer = \"https://i.example\", audience = [\"a\", \"b\"], claims = {claims} }}"
        );
        let CallerAuthentication::Jwt(jwt) = proof(&jwt) else { panic!("{jwt}") };
        let paths: Vec<String> = jwt.claims.iter().map(|rule| rule.path.join(" ")).collect();
        assert_eq!(paths, ["a", "b", "kubernetes.io pod name", "c", "d"]);
        assert_eq!(jwt.claims[1].accepted.len(), 2);
        let text = |text: &'static str| Template { parts: vec![Part::Text(text.into())].into() };
        assert_eq!(jwt.audiences.as_ref(), [text("a"), text("b")]);
    }

    #[test]
    fn variables_stand_in_the_issuer_the_audience_and_the_url_of_keys() {
        let variable = || Part::Variable("ACCOUNT".into());
        let CallerAuthentication::Jwt(jwt) = proof(
            "jwt = { issuer = \"https://id.example.com/${var.ACCOUNT}/\", audience = [\"${var.ACCOUNT}\", \"b\"], claims = { sub = \"x\" } }",
        ) else {
            panic!()
        };
        let parts = vec![Part::Text("https://id.example.com/".into()), variable(), Part::Text("/".into())];
        let issuer = Template { parts: parts.into() };
        assert_eq!(jwt.issuer, issuer);
        assert_eq!(jwt.keys, KeySource::Discovered(Upstream::Variable(issuer)));
        assert_eq!(jwt.audiences[0], Template { parts: vec![variable()].into() });
        let jwks =
            keys_of("issuer = \"${var.ACCOUNT}\", jwks = \"https://id.example.com/${var.ACCOUNT}/keys\"");
        assert!(matches!(jwks, KeySource::Url(Upstream::Variable(_), path) if path.is_empty()));
    }
}
