//! `token_in`: the places in which a route's callers show their tokens.

use super::diagnostic::Findings;
use super::document::{Located, Value};
use super::header::{self, Purpose};
use ostiary_core::configuration::{List, Part, Placement, Template, Text, TokenPlace};
use ostiary_core::http::header_name::{HeaderName, is_token};

const EXAMPLE: &str = "token_in = [\"bearer\", \"basic\", \"header:x-api-key\", \"query:key\"]";

/// The places that a route names.
pub(crate) fn read(value: Value<'_>, auth: &[Placement], findings: &mut Findings<'_>) -> Vec<TokenPlace> {
    let mut places = Vec::new();
    for element in value.filled_array(EXAMPLE, findings).unwrap_or_default() {
        let Some(text) = element.string(EXAMPLE, findings) else { continue };
        let Some(place) = place(&text, auth, findings) else { continue };
        if places.contains(&place) {
            findings.error(text.span, &format!("`{}` is listed twice", text.text), "remove one");
        } else {
            places.push(place);
        }
    }
    places
}

/// The texts before a token in subprotocols. Web pages use these, because they cannot set headers of a WebSocket
/// request: OpenAI's
/// <https://platform.openai.com/docs/guides/realtime-websocket>, and the pair `bearer`, TOKEN of other APIs.
const SUBPROTOCOLS: [&str; 2] = ["openai-insecure-api-key.", "bearer,"];

/// The header in which Cloudflare Access puts the token of its user.
const ACCESS_HEADER: &str = "cf-access-jwt-assertion";

/// The places in which common clients put an API key: the two forms of `Authorization`, every header and parameter in
/// which the auth has a secret, and for a bearer token the subprotocols of a WebSocket.
///
/// `own` is the same auth with the values of each caller, where callers have some.
pub(crate) fn default_places(
    auth: &[Placement],
    own: &[List<Placement>],
    is_ambient: bool,
) -> Vec<TokenPlace> {
    let holds_secret = |placement: &Placement| placement.secrets().next().is_some();
    let filled = auth.iter().enumerate().filter(|(at, placement)| {
        holds_secret(placement) || own.iter().any(|own| own.get(*at).is_some_and(holds_secret))
    });
    let filled = filled.filter_map(|(_, placement)| match placement {
        Placement::Header { name, value } => {
            let (before, after) = around(value);
            Some(TokenPlace::Header { name: name.clone(), before, after })
        }
        Placement::Query { name, value } => {
            let (before, after) = around(value);
            Some(TokenPlace::Query { name: name.clone(), before, after })
        }
        Placement::SigV4(_) => Some(TokenPlace::SigV4),
        Placement::Bearer(_)
        | Placement::Basic { .. }
        | Placement::Body { .. }
        | Placement::Path { .. }
        | Placement::Hmac(_)
        | Placement::Jwt(_)
        | Placement::Exchange(_)
        | Placement::Mtls(_)
        | Placement::Client { .. } => None,
    });
    let is_bearer = auth.iter().any(|placement| matches!(placement, Placement::Bearer(_)));
    let offered = SUBPROTOCOLS.iter().filter(|_| is_bearer).filter_map(|before| subprotocol(before));
    [TokenPlace::Bearer, TokenPlace::Basic]
        .into_iter()
        .chain(filled)
        .chain(offered)
        .chain(assertion(is_ambient))
        .collect()
}

/// Where operators show their tokens.
pub(crate) fn of_an_operator(is_ambient: bool) -> Vec<TokenPlace> {
    [TokenPlace::Bearer].into_iter().chain(assertion(is_ambient)).collect()
}

/// Where the token of a login is, where a browser adds it.
fn assertion(is_ambient: bool) -> Option<TokenPlace> {
    let name = HeaderName::parse(ACCESS_HEADER).ok().filter(|_| is_ambient)?;
    Some(TokenPlace::Header { name, before: Text::default(), after: Text::default() })
}

/// The place with this text before the token: a prefix of its item, or with a comma the whole item before it.
fn subprotocol(before: &str) -> Option<TokenPlace> {
    let text = |text: &str| is_token(text).then(|| Text::Owned(text.to_owned()));
    match before.strip_suffix(',') {
        Some(name) => text(name).map(|name| TokenPlace::NextSubprotocol { name }),
        None => text(before).map(|prefix| TokenPlace::Subprotocol { prefix }),
    }
}

fn place(text: &Located<'_>, auth: &[Placement], findings: &mut Findings<'_>) -> Option<TokenPlace> {
    match text.text.split_once(':') {
        None if text.text == "bearer" => Some(TokenPlace::Bearer),
        None if text.text == "basic" => Some(TokenPlace::Basic),
        None if text.text == "sigv4" => Some(TokenPlace::SigV4),
        Some(("header", name)) => {
            let name = header::parse(text, name, Purpose::Token, findings)?;
            let (before, after) = auth
                .iter()
                .find_map(|placement| match placement {
                    Placement::Header { name: filled, value } if *filled == name => Some(around(value)),
                    _ => None,
                })
                .unwrap_or_default();
            Some(TokenPlace::Header { name, before, after })
        }
        Some(("query", name)) if !name.is_empty() => {
            let (before, after) = auth
                .iter()
                .find_map(|placement| match placement {
                    Placement::Query { name: filled, value } if filled == name => Some(around(value)),
                    _ => None,
                })
                .unwrap_or_default();
            Some(TokenPlace::Query { name: Text::Owned(name.to_owned()), before, after })
        }
        Some(("protocol", before)) if subprotocol(before).is_some() => subprotocol(before),
        _ => {
            let message = format!("`{}` is not a place for a token", text.text);
            let instead = "write `bearer`, `basic`, `sigv4`, `header:NAME`, `query:NAME`, `protocol:PREFIX` or \
                           `protocol:NAME,`";
            findings.error(text.span, &message, instead);
            None
        }
    }
}

/// The texts around a template's only placeholder; empty if the template has another form.
fn around(value: &Template) -> (Text, Text) {
    let none = Text::Borrowed("");
    match value.parts.as_ref() {
        [Part::Text(before), secret] if is_secret(secret) => (before.clone(), none),
        [secret, Part::Text(after)] if is_secret(secret) => (none, after.clone()),
        [Part::Text(before), secret, Part::Text(after)] if is_secret(secret) => {
            (before.clone(), after.clone())
        }
        _ => (none.clone(), none),
    }
}

const fn is_secret(part: &Part) -> bool {
    matches!(part, Part::Secret(_) | Part::Field(..) | Part::Caller(_))
}

#[cfg(test)]
mod tests {
    use super::super::example::{accepted, assert_diagnostics};
    use super::*;
    use ostiary_core::http::header_name::HeaderName;

    #[test]
    fn tells_what_is_no_place_for_a_token() {
        assert_diagnostics(include_str!("diagnostics/token_in.txt"));
    }

    fn header(name: &'static str, before: &'static str, after: &'static str) -> TokenPlace {
        let name = HeaderName(Text::Borrowed(name));
        TokenPlace::Header { name, before: Text::Borrowed(before), after: Text::Borrowed(after) }
    }

    fn query(name: &'static str, before: &'static str, after: &'static str) -> TokenPlace {
        TokenPlace::Query { name: name.into(), before: before.into(), after: after.into() }
    }

    fn offered_by_pages() -> [TokenPlace; 2] {
        [
            TokenPlace::Subprotocol { prefix: "openai-insecure-api-key.".into() },
            TokenPlace::NextSubprotocol { name: "bearer".into() },
        ]
    }

    fn places(auth_and_more: &str) -> Vec<TokenPlace> {
        let checked = accepted("auth = { bearer = \"${stripe}\" }", auth_and_more);
        checked.gateway.routes[0].token_in.to_vec()
    }

    #[test]
    fn a_token_is_shown_where_the_auth_puts_a_secret() {
        let both = [TokenPlace::Bearer, TokenPlace::Basic];
        for (auth, filled) in [
            ("[]", vec![]),
            ("{ bearer = \"${stripe}\" }", offered_by_pages().to_vec()),
            ("{ basic = { username = \"x\", password = \"${stripe}\" } }", vec![]),
            ("{ header = \"X-Api-Key\", value = \"${stripe}\" }", vec![header("x-api-key", "", "")]),
            (
                "{ header = \"authorization\", value = \"Key ${stripe}\" }",
                vec![header("authorization", "Key ", "")],
            ),
            ("{ query = \"key\", value = \"a${stripe.x}b\" }", vec![query("key", "a", "b")]),
            ("{ query = \"key\", value = \"${stripe}b\" }", vec![query("key", "", "b")]),
            ("{ header = \"x\", value = \"${stripe.a}:${stripe.b}\" }", vec![header("x", "", "")]),
            ("{ header = \"x\", value = \"${var.ACCOUNT}${stripe}\" }", vec![header("x", "", "")]),
            (
                "[{ query = \"key\", value = \"${stripe}\" }, { header = \"x-version\", value = \"2\" }]",
                vec![query("key", "", "")],
            ),
        ] {
            let expected: Vec<_> = both.iter().cloned().chain(filled).collect();
            assert_eq!(places(&format!("auth = {auth}")), expected, "{auth}");
        }
    }

    #[test]
    fn text_around_something_else_than_a_secret_is_not_expected_of_a_caller() {
        for value in ["v${var.ACCOUNT}", "${var.ACCOUNT}v", "v${var.ACCOUNT}v"] {
            let auth =
                format!("auth = [{{ bearer = \"${{stripe}}\" }}, {{ header = \"x\", value = \"{value}\" }}]");
            assert_eq!(
                places(&format!("{auth}\ntoken_in = [\"header:x\"]")),
                [header("x", "", "")],
                "{value}"
            );
        }
    }

    #[test]
    fn a_named_place_replaces_them_and_keeps_the_text_around_the_secret() {
        let auth = "auth = [{ header = \"x-key\", value = \"Key ${stripe}\" }, { query = \"q\", value = \"${stripe}.\" }]";
        for (named, expected) in [
            ("[\"basic\"]", vec![TokenPlace::Basic]),
            ("[\"sigv4\"]", vec![TokenPlace::SigV4]),
            ("[\"header:X-Key\", \"bearer\"]", vec![header("x-key", "Key ", ""), TokenPlace::Bearer]),
            ("[\"header:x-other\", \"query:q\"]", vec![header("x-other", "", ""), query("q", "", ".")]),
            ("[\"query:a:b\"]", vec![query("a:b", "", "")]),
            ("[\"protocol:openai-insecure-api-key.\", \"protocol:bearer,\"]", offered_by_pages().to_vec()),
        ] {
            assert_eq!(places(&format!("{auth}\ntoken_in = {named}")), expected, "{named}");
        }
    }
}
