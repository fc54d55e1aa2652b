//! Header names, and the ones that a route may not use.

use super::diagnostic::Findings;
use super::document::Located;
use ostiary_core::http::connection::is_hop_by_hop;
use ostiary_core::http::header_name::HeaderName;
use ostiary_core::http::header_name::fold;
use ostiary_core::response::edits::LINK_HEADERS;

/// How a route uses the header.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// `auth` sets it.
    Set,
    /// `token_in` looks for the caller's token there.
    Token,
    /// `forward_headers` forwards the caller's.
    Forward,
    /// `link_headers` rewrites the URL in the upstream's.
    Link,
    /// `strip_headers` removes the caller's, which is safe for every header.
    Strip,
}

/// Headers that the gateway or the runtime sets for each request.
const OWNED: [&str; 4] = ["cdn-loop", "content-length", "expect", "host"];

/// Parses a header's name, and checks that it may be used for this purpose.
pub(crate) fn parse(
    text: &Located<'_>,
    name: &str,
    purpose: Purpose,
    findings: &mut Findings<'_>,
) -> Option<HeaderName> {
    let at = text.piece(name);
    let at = if name.is_empty() { text.span } else { at };
    let Ok(header) = HeaderName::parse(name) else {
        findings.error(at, &format!("`{name}` is not a header name"), "write a name such as `x-api-key`");
        return None;
    };
    let twin = twin(&header);
    let fault = if purpose == Purpose::Strip {
        None
    } else if is_hop_by_hop(&twin) {
        Some(("is a hop-by-hop header, which is never forwarded", "remove it"))
    } else if OWNED.contains(&twin.as_str()) || twin.starts_with("ostiary-") {
        Some(("is set by the gateway", "remove it"))
    } else if twin.starts_with("cf-") && purpose != Purpose::Forward {
        Some(("is Cloudflare's own", "remove it"))
    } else if purpose == Purpose::Link {
        if LINK_HEADERS.contains(&header.as_str()) {
            Some(("is always rewritten", "remove it"))
        } else if twin == "set-cookie" {
            Some(("contains no URL", "remove it"))
        } else {
            None
        }
    } else if twin == "cookie" {
        Some(match purpose {
            Purpose::Forward => ("is forwarded together with `Set-Cookie`", "write `cookies = true`"),
            _ => ("cannot carry a credential of the gateway", "write another header"),
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

/// The name of the variable that CGI servers make of the header.
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
