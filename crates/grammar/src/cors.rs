//! `cors`: which web pages may call a route.

use super::diagnostic::Findings;
use super::document::{Located, Value};
use super::unit;
use ostiary_core::configuration::{Cors, Origins, Text};
use ostiary_core::http::header_name::HeaderName;
use ostiary_core::http::host::Host;

const EXAMPLE: &str = "cors = { origins = [\"https://app.example.com\"] }";

/// What a route says of other origins.
pub(crate) fn read(value: Value<'_>, findings: &mut Findings<'_>) -> Option<Cors> {
    let table = value.table(EXAMPLE, findings)?;
    table.reject_unknown_keys("`cors`", &["origins", "credentials", "headers", "max_age"], &[], findings);
    let credentials =
        table.value("credentials").and_then(|value| value.boolean(findings)).unwrap_or_default();
    let headers = table.value("headers").map(|value| headers(value, findings)).unwrap_or_default();
    let max_age = table.value("max_age").and_then(|value| {
        let text = value.string("max_age = \"1h\"", findings)?;
        unit::duration(&text, findings).map(|milliseconds| milliseconds / 1000)
    });
    let Some(origins) = table.value("origins") else {
        findings.error(value.span(), "`cors` has no `origins`", &format!("write `{EXAMPLE}`"));
        return None;
    };
    let origins = read_origins(origins, credentials, findings)?;
    Some(Cors { origins, credentials, headers: headers.into(), max_age })
}

fn read_origins(value: Value<'_>, credentials: bool, findings: &mut Findings<'_>) -> Option<Origins> {
    let elements = value.filled_array(EXAMPLE, findings)?;
    let origins = Value::distinct(elements, EXAMPLE, findings);
    if let Some(any) = origins.iter().find(|origin| origin.text == "*") {
        if origins.len() > 1 {
            findings.error(any.span, "`*` is every origin, so it stands alone", "remove it, or the others");
        }
        if credentials {
            let message = "with `credentials = true` every page on the web could act as its visitor";
            findings.error(any.span, message, "name the origins, or remove `credentials`");
        }
        return Some(Origins::Any);
    }
    let mut listed = Vec::with_capacity(origins.len());
    for origin in origins {
        if is_origin(origin.text) {
            listed.push(Text::Owned(origin.text.to_owned()));
        } else {
            let message = format!("`{}` is no origin as a browser writes it", origin.text);
            let instead = "write scheme and host in lower case, and a port that is not the scheme's own: \
                           `\"https://app.example.com\"`";
            findings.error(origin.span, &message, instead);
        }
    }
    Some(Origins::Listed(listed.into()))
}

/// The serialisation of an origin (RFC 6454 §6.2): no slash at the end, and the same for each origin.
fn is_origin(text: &str) -> bool {
    let (host, default_port) = match text.split_once("://") {
        Some(("https", host)) => (host, 443),
        Some(("http", host)) => (host, 80),
        _ => return false,
    };
    Host::parse(host, default_port).is_ok_and(|parsed| parsed.as_str() == host)
}

fn headers(value: Value<'_>, findings: &mut Findings<'_>) -> Vec<HeaderName> {
    const HEADERS: &str = "headers = [\"content-type\"]";
    let names = value.strings(HEADERS, findings);
    names.iter().filter_map(|name| header(name, findings)).collect()
}

fn header(text: &Located<'_>, findings: &mut Findings<'_>) -> Option<HeaderName> {
    let header = HeaderName::parse(text.text).ok().filter(|_| text.text != "*");
    if header.is_none() {
        let message = format!("`{}` is no header name", text.text);
        findings.error(text.span, &message, "write a name such as `content-type`");
    }
    header
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

    #[test]
    fn reads_every_key() {
        let all = r#"{ origins = ["https://app.acme.com", "http://localhost:3000"], credentials = true, headers = ["Content-Type"], max_age = "1h" }"#;
        let expected = Cors {
            origins: Origins::Listed(
                vec!["https://app.acme.com".into(), "http://localhost:3000".into()].into(),
            ),
            credentials: true,
            headers: vec![HeaderName("content-type".into())].into(),
            max_age: Some(3_600),
        };
        assert_eq!(cors(all), expected);
    }

    #[test]
    fn needs_origins_only() {
        let read = cors(r#"{ origins = ["*"] }"#);
        assert_eq!(
            read,
            Cors { origins: Origins::Any, credentials: false, headers: vec![].into(), max_age: None }
        );
    }
}
