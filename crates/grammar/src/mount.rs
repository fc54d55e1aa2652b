//! `mount`: `/path`, `host`, or `host/path`.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::diagnostic::Findings;
use super::document::Located;
use super::file::Span;

/// A mount without its route.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) host: Option<String>,
    pub(crate) prefix: Vec<String>,
}

/// A piece of the text, its fault, and what to write instead.
type Fault<'t> = (&'t str, &'static str, String);

impl Place {
    pub(crate) fn parse(text: &Located<'_>, findings: &mut Findings<'_>) -> Option<Self> {
        let (host, path) = match text.text.find('/').and_then(|at| text.text.split_at_checked(at)) {
            Some(("", path)) => (None, path),
            Some((host, path)) => (Some(host), path),
            None => (Some(text.text), ""),
        };
        let report = |(piece, message, instead): Fault<'_>, findings: &mut Findings<'_>| {
            let span: Span = if piece.is_empty() { text.span } else { text.piece(piece) };
            findings.error(span, message, &instead);
        };
        let host = match host.map(self::host).transpose() {
            Ok(host) => host,
            Err(fault) => {
                report(fault, findings);
                return None;
            }
        };
        match prefix(path, host.is_none()) {
            Ok(prefix) => Some(Self { host, prefix }),
            Err(fault) => {
                report(fault, findings);
                None
            }
        }
    }

    /// Whether it has every path of one host: only such a mount shares its origin with no other.
    pub(crate) const fn is_whole_host(&self) -> bool {
        self.host.is_some() && self.prefix.is_empty()
    }

    /// The host without its port.
    pub(crate) fn host_name(&self) -> Option<&str> {
        self.host.as_deref().map(|host| split_port(host).0)
    }

    /// Whether this place is below the other one, or the same.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        self.host == other.host && self.prefix.starts_with(&other.prefix)
    }

    /// Orders the more specific mount first: those with a host, then those with more segments.
    pub(crate) const fn rank(&self) -> (bool, std::cmp::Reverse<usize>) {
        (self.host.is_none(), std::cmp::Reverse(self.prefix.len()))
    }
}

fn host(text: &str) -> Result<String, Fault<'_>> {
    let example = || "write `/path`, `host` or `host/path`".to_owned();
    if text.is_empty() {
        return Err((text, "the mount is empty", example()));
    }
    let (name, port) = split_port(text);
    if matches!(name, "http" | "https") && port == Some("") {
        return Err((text, "a mount has no scheme", "write the host alone".to_owned()));
    }
    if let Some(digits) = port {
        let number = digits.parse::<u16>().ok().filter(|number| *number != 0 && number.to_string() == digits);
        match number {
            Some(80 | 443) => {
                let message = "the port is the default, which a host does not have";
                return Err((digits, message, format!("write `{name}`")));
            }
            Some(_) => {}
            None => {
                return Err((digits, "the port is not a number from 1 to 65535", format!("write `{name}`")));
            }
        }
    }
    let lower = name.to_ascii_lowercase();
    if lower.ends_with('.') {
        let instead = format!("write `{}`", lower.trim_end_matches('.'));
        return Err((name, "the host ends with a dot", instead));
    }
    if !is_host(&lower) {
        let message = "this is not a host in the form that browsers send";
        return Err((name, message, example()));
    }
    Ok(text.to_ascii_lowercase())
}

/// A host and its port. The colons of an address in brackets are part of the host.
fn split_port(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((host, port)) if host.contains('[') == host.contains(']') => (host, Some(port)),
        _ => (text, None),
    }
}

/// Whether a URL parser leaves the host unchanged, so that it can equal the host of a request.
fn is_host(name: &str) -> bool {
    if let Some(address) = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let parsed: Option<Ipv6Addr> = address.parse().ok();
        return parsed.is_some_and(|ip| ip.to_string() == address && ip.to_ipv4_mapped().is_none());
    }
    let is_label = |label: &str| {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        !label.is_empty() && label.bytes().all(known)
    };
    let last = name.rsplit('.').next().unwrap_or(name);
    let hexadecimal =
        last.strip_prefix("0x").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let numeric = hexadecimal || last.bytes().all(|byte| byte.is_ascii_digit());
    name.split('.').all(is_label) && (!numeric || name.parse::<Ipv4Addr>().is_ok())
}

fn prefix(path: &str, may_be_root: bool) -> Result<Vec<String>, Fault<'_>> {
    let Some(inner) = path.strip_prefix('/') else { return Ok(Vec::new()) };
    if inner.is_empty() && may_be_root {
        return Ok(Vec::new());
    }
    let strange = |character: char| !(' '..='~').contains(&character) || "%?#\\;*".contains(character);
    if let Some((at, found)) = inner.char_indices().find(|(_, character)| strange(*character)) {
        let piece = inner.get(at..at + found.len_utf8()).unwrap_or(inner);
        let message = "a mount's path can have printable ASCII except `%`, `?`, `#`, `\\`, `;` and `*`";
        return Err((piece, message, "write it without that character".to_owned()));
    }
    if path.ends_with('/') {
        return Err((
            path,
            "the mount ends with a slash",
            "write it without the slash at the end".to_owned(),
        ));
    }
    if let Some(segment) = inner.split('/').find(|segment| matches!(*segment, "" | "." | "..")) {
        let piece = if segment.is_empty() { path } else { segment };
        return Err((piece, "the mount has an empty or a dot segment", "write `/path`".to_owned()));
    }
    Ok(inner.split('/').map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::super::example::{accepted, assert_diagnostics};
    use super::Place;

    #[test]
    fn tells_what_is_wrong_with_a_mount() {
        assert_diagnostics(include_str!("diagnostics/mount.txt"));
    }

    #[test]
    fn takes_a_path_a_host_or_both() {
        let rows: [(&str, Option<&str>, &[&str]); 11] = [
            ("/", None, &[]),
            ("/stripe", None, &["stripe"]),
            ("/a/b c/~", None, &["a", "b c", "~"]),
            ("gw.example.com", Some("gw.example.com"), &[]),
            ("GW.Example.com/Stripe", Some("gw.example.com"), &["Stripe"]),
            ("localhost:8787", Some("localhost:8787"), &[]),
            ("127.0.0.1:8787/a", Some("127.0.0.1:8787"), &["a"]),
            ("[::1]", Some("[::1]"), &[]),
            ("[::1]:8787/a", Some("[::1]:8787"), &["a"]),
            ("under_score.example-1.com", Some("under_score.example-1.com"), &[]),
            ("xn--bcher-kva.example", Some("xn--bcher-kva.example"), &[]),
        ];
        for (text, host, prefix) in rows {
            let checked = accepted("mount = \"/stripe\"", &format!("mount = \"{text}\""));
            let mount = &checked.gateway.mounts[0];
            assert_eq!(mount.host.as_deref(), host, "{text}");
            assert_eq!(mount.prefix, prefix, "{text}");
        }
    }

    #[test]
    fn the_name_of_a_host_has_no_port() {
        for (host, name) in [
            (None, None),
            (Some("gw.example.com"), Some("gw.example.com")),
            (Some("localhost:8787"), Some("localhost")),
            (Some("[::1]"), Some("[::1]")),
            (Some("[::1]:8787"), Some("[::1]")),
        ] {
            let place = Place { host: host.map(str::to_owned), prefix: Vec::new() };
            assert_eq!(place.host_name(), name, "{host:?}");
        }
    }

    #[test]
    fn the_more_specific_mount_comes_first() {
        let mounts =
            r#"mount = ["/", "/a", "/a/b", "/b", "gw.example.com", "gw.example.com/a", "other.example.com"]"#;
        let checked = accepted("mount = \"/stripe\"", mounts);
        let spelled: Vec<_> = checked
            .gateway
            .mounts
            .iter()
            .map(|mount| format!("{}{}", mount.host.as_deref().unwrap_or_default(), mount.path()))
            .collect();
        let expected = ["gw.example.com/a", "gw.example.com", "other.example.com", "/a/b", "/a", "/b", ""];
        assert_eq!(spelled, expected);
    }
}
