//! Header names, and those that may not be named.

use super::diagnostic::Findings;
use super::document::Located;
use ostiary_core::http::connection::is_hop_by_hop;
use ostiary_core::http::header_name::HeaderName;
use ostiary_core::http::header_name::fold;
use ostiary_core::response::edits::LINK_HEADERS;

/// What a route does with the header that it names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// `auth` puts it on the request.
    Set,
    /// `token_in` looks for the caller's token there.
    Token,
    /// `forward_headers` lets the caller's go up.
    Forward,
    /// `link_headers` rewrites the URL that the upstream's holds.
    Link,
    /// `strip_headers` keeps the caller's from going up, which does no harm to any header.
    Strip,
}

/// The gateway or the runtime writes them for each request.
const OWNED: [&str; 4] = ["cdn-loop", "content-length", "expect", "host"];

/// Reads a header's name and asks whether it may be used so.
pub(crate) fn parse(
    text: &Located<'_>,
    name: &str,
    purpose: Purpose,
    findings: &mut Findings<'_>,
) -> Option<HeaderName> {
    let at = text.piece(name);
    let at = if name.is_empty() { text.span } else { at };
    let Ok(header) = HeaderName::parse(name) else {
        findings.error(at, &format!("`{name}` is no header name"), "write a name such as `x-api-key`");
        return None;
    };
    let twin = twin(&header);
    let fault = if purpose == Purpose::Strip {
        None
    } else if is_hop_by_hop(&twin) {
        Some(("belongs to one connection and is never forwarded", "remove it"))
    } else if OWNED.contains(&twin.as_str()) || twin.starts_with("ostiary-") {
        Some(("is the gateway's own", "remove it"))
    } else if twin.starts_with("cf-") && purpose != Purpose::Forward {
        Some(("is Cloudflare's own", "remove it"))
    } else if purpose == Purpose::Link {
        if LINK_HEADERS.contains(&header.as_str()) {
            Some(("is always rewritten", "remove it"))
        } else if twin == "set-cookie" {
            Some(("holds no URL", "remove it"))
        } else {
            None
        }
    } else if twin == "cookie" {
        Some(match purpose {
            Purpose::Forward => ("goes up where `Set-Cookie` comes down", "write `cookies = true`"),
            _ => ("carries no credential of the gateway's", "write another header"),
        })
    } else {
        None
    };
    if let Some((message, instead)) = fault {
        findings.error(at, &format!("the header `{name}` {message}"), instead);
        return None;
    }
    Some(header)
}

/// The name as servers see it that turn header names into variables.
pub(crate) fn twin(name: &HeaderName) -> String {
    fold(name.as_str()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::example::{accepted, assert_diagnostics};

    #[test]
    fn case_17_tells_of_a_header_that_does_harm_where_it_is_named() {
        assert_diagnostics(include_str!("diagnostics/header.txt"));
    }

    #[test]
    fn allows_what_does_no_harm() {
        for option in [
            "strip_headers = [\"Connection\", \"cookie\", \"x_y\"]",
            "forward_headers = [\"X-Forwarded-For\", \"cf-connecting-ip\", \"x-api-key\"]",
            "token_in = [\"header:X-Gateway-Token\"]",
        ] {
            accepted("mount = \"/stripe\"", &format!("mount = \"/stripe\"\n{option}"));
        }
    }
}
