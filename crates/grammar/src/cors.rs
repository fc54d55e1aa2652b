//! `cors`: which web pages may call a route.

use super::diagnostic::Findings;
use super::document::{Located, Value};
use super::keys;
use super::unit;
use ostiary_core::configuration::{Cors, HeaderPattern, OriginPattern, Origins, Text};
use ostiary_core::http::header_name::HeaderName;
use ostiary_core::http::host::Host;

const EXAMPLE: &str = "cors = { origins = [\"https://app.example.com\"] }";

/// The `cors` of a route.
pub(crate) fn read(value: Value<'_>, findings: &mut Findings<'_>) -> Option<Cors> {
    let table = value.table(EXAMPLE, findings)?;
    table.reject_unknown_keys(&keys::CORS, &[], findings);
    let credentials =
        table.value("credentials").and_then(|value| value.boolean(findings)).unwrap_or_default();
    let headers = table.value("headers").map(|value| patterns(value, HEADERS, findings)).unwrap_or_default();
    let expose = table.value("expose").map(|value| patterns(value, EXPOSE, findings).into());
    let max_age = table.value("max_age").and_then(|value| {
        let text = value.string("max_age = \"1h\"", findings)?;
        unit::duration(&text, findings).map(|milliseconds| milliseconds / 1000)
    });
    let Some(origins) = table.value("origins") else {
        findings.error(value.span(), "`cors` has no `origins`", &format!("write `{EXAMPLE}`"));
        return None;
    };
    let origins = read_origins(origins, credentials, findings)?;
    Some(Cors { origins, credentials, headers: headers.into(), expose, max_age })
}

fn read_origins(value: Value<'_>, credentials: bool, findings: &mut Findings<'_>) -> Option<Origins> {
    let elements = value.filled_array(EXAMPLE, findings)?;
    let origins = Value::distinct(elements, EXAMPLE, findings);
    if let Some(any) = origins.iter().find(|origin| origin.text == "*") {
        if origins.len() > 1 {
            findings.error(
                any.span,
                "`*` is every origin, so it has to be the only entry",
                "remove it, or the others",
            );
        }
        if credentials {
            let message = "with `credentials = true`, every page on the web could act as its visitor";
            findings.error(any.span, message, "name the origins, or remove `credentials`");
        }
        return Some(Origins::Any);
    }
    let mut listed = Vec::with_capacity(origins.len());
    for origin in origins {
        match self::origin(origin.text) {
            Ok(pattern) => listed.push(pattern),
            Err((message, instead)) => {
                findings.error(origin.span, &format!("`{}` {message}", origin.text), instead);
            }
        }
    }
    Some(Origins::Listed(listed.into()))
}

/// The fault of an origin, and what to write instead.
type Fault = (&'static str, &'static str);

const NO_ORIGIN: Fault = (
    "is not an origin in the form that browsers send",
    "write scheme and host in lower case, and a port that is not the scheme's own: \
     `\"https://app.example.com\"`",
);

/// A serialised origin (RFC 6454 §6.2), which has no slash at the end, or a pattern of origins.
fn origin(text: &str) -> Result<OriginPattern, Fault> {
    if text == "null" {
        return Err((
            "is the origin of every sandboxed frame and every local file",
            "write `[\"*\"]` to admit every page, or the origins of the pages",
        ));
    }
    let (scheme, host) = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme)).ok_or(NO_ORIGIN)?;
    let Some(after) = host.strip_prefix('*') else {
        if host.contains('*') {
            return Err(ONE_LABEL);
        }
        let is_valid = is_origin_host(scheme, host);
        return if is_valid {
            Ok(OriginPattern::Exact(Text::Owned(text.to_owned())))
        } else {
            Err(NO_ORIGIN)
        };
    };
    let domain = after.strip_prefix('.').filter(|domain| !domain.contains('*')).ok_or(ONE_LABEL)?;
    if !is_origin_host(scheme, domain) || domain.starts_with('[') {
        return Err(NO_ORIGIN);
    }
    let name = domain.split(':').next().unwrap_or(domain);
    if !name.contains('.') && name != "localhost" {
        return Err((
            "is every site of a top-level domain",
            "name a domain below it: `\"https://*.example.com\"`",
        ));
    }
    let (before, after) = (format!("{scheme}://"), after.to_owned());
    Ok(OriginPattern::OneLabel { before: Text::Owned(before), after: Text::Owned(after) })
}

const ONE_LABEL: Fault = (
    "has a star that is not one whole label at the beginning of the host",
    "write `\"https://*.example.com\"`, or `[\"*\"]` for every origin",
);

/// Whether the text is a scheme (RFC 3986 §3.1) in lower case.
fn is_scheme(text: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte);
    text.starts_with(|first: char| first.is_ascii_lowercase()) && text.bytes().all(is_known)
}

/// The host of a web page has only one form. Hosts of other schemes are not checked: Safari, for example, writes the
/// ids of its extensions in upper case.
fn is_origin_host(scheme: &str, host: &str) -> bool {
    let default_port = match scheme {
        "https" => 443,
        "http" => 80,
        _ => {
            let lower = host.to_ascii_lowercase();
            return Host::parse(host, 0).is_ok_and(|parsed| parsed.as_str() == lower);
        }
    };
    Host::parse(host, default_port).is_ok_and(|parsed| parsed.as_str() == host)
}

const HEADERS: &str = "headers = [\"content-type\"]";
const EXPOSE: &str = "expose = [\"link\"]";

fn patterns(value: Value<'_>, example: &str, findings: &mut Findings<'_>) -> Vec<HeaderPattern> {
    let names = value.strings(example, findings);
    if let Some(any) = names.iter().find(|name| name.text == "*").filter(|_| names.len() > 1) {
        findings.error(
            any.span,
            "`*` is every header, so it has to be the only entry",
            "remove it, or the others",
        );
    }
    names.iter().filter_map(|name| pattern(name, findings)).collect()
}

fn pattern(text: &Located<'_>, findings: &mut Findings<'_>) -> Option<HeaderPattern> {
    let pattern = match text.text.strip_suffix('*') {
        Some("") => Some(HeaderPattern::Any),
        // A star is allowed in header names too, but a name with one at another place is surely a mistake.
        Some(prefix) if !prefix.contains('*') => {
            let prefix = HeaderName::parse(prefix).ok();
            prefix.map(|prefix| HeaderPattern::Family(Text::Owned(prefix.as_str().to_owned())))
        }
        None if !text.text.contains('*') => HeaderName::parse(text.text).ok().map(HeaderPattern::Name),
        _ => None,
    };
    if pattern.is_none() {
        let message = format!("`{}` is not a header name", text.text);
        let instead = "write a name such as `content-type`, a family such as `x-stainless-*`, or `*` for all";
        findings.error(text.span, &message, instead);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::super::example::{accepted, assert_diagnostics};
    use super::*;

    #[test]
    fn tells_what_is_no_cors() {
        assert_diagnostics(include_str!("diagnostics/cors.txt"));
    }

    fn cors(table: &str) -> Cors {
        let options = format!("mount = \"/stripe\"\ncors = {table}");
        accepted("mount = \"/stripe\"", &options).gateway.routes[0].cors.clone().unwrap()
    }

    fn exact(origin: &'static str) -> OriginPattern {
        OriginPattern::Exact(origin.into())
    }

    #[test]
    fn reads_every_key() {
        let all = r#"{ origins = ["https://app.acme.com", "http://localhost:3000"], credentials = true, headers = ["Content-Type", "X-Stainless-*"], expose = ["Link", "x-ratelimit-*"], max_age = "1h" }"#;
        let name = |name: &'static str| HeaderPattern::Name(HeaderName(name.into()));
        let family = |prefix: &'static str| HeaderPattern::Family(prefix.into());
        let expected = Cors {
            origins: Origins::Listed(
                vec![exact("https://app.acme.com"), exact("http://localhost:3000")].into(),
            ),
            credentials: true,
            headers: vec![name("content-type"), family("x-stainless-")].into(),
            expose: Some(vec![name("link"), family("x-ratelimit-")].into()),
            max_age: Some(3_600),
        };
        assert_eq!(cors(all), expected);
    }

    #[test]
    fn needs_origins_only() {
        let read = cors(r#"{ origins = ["*"] }"#);
        let expected = Cors {
            origins: Origins::Any,
            credentials: false,
            headers: vec![].into(),
            expose: None,
            max_age: None,
        };
        assert_eq!(read, expected);
        let headers = cors(r#"{ origins = ["*"], headers = ["*"], expose = [] }"#);
        assert_eq!(headers.headers, vec![HeaderPattern::Any]);
        assert_eq!(headers.expose, Some(vec![].into()));
    }

    #[test]
    fn takes_origins_of_every_scheme_literally() {
        for text in [
            "https://app.example.com",
            "https://app.example.com:8443",
            "http://[::1]:3000",
            "tauri://localhost",
            "capacitor://localhost",
            "ionic://localhost:8100",
            "chrome-extension://abcdefghijklmnop",
            "moz-extension://2f8c1e0a-0000-4000-8000-000000000000",
            "safari-web-extension://2F8C1E0A-0000-4000-8000-000000000000",
            "app://obsidian.md",
            "vscode-webview://1x2y3z",
        ] {
            let read = cors(&format!("{{ origins = [\"{text}\"], credentials = true }}"));
            assert_eq!(read.origins, Origins::Listed(vec![exact(text)].into()), "{text}");
        }
    }

    #[test]
    fn takes_one_label_at_the_beginning_of_a_host() {
        for (text, before, after) in [
            ("https://*.pages.dev", "https://", ".pages.dev"),
            ("https://*.app.example.com:8443", "https://", ".app.example.com:8443"),
            ("http://*.localhost:3000", "http://", ".localhost:3000"),
            ("http://*.localhost", "http://", ".localhost"),
        ] {
            let read = cors(&format!("{{ origins = [\"{text}\"] }}"));
            let expected = OriginPattern::OneLabel { before: before.into(), after: after.into() };
            assert_eq!(read.origins, Origins::Listed(vec![expected].into()), "{text}");
        }
    }
}
