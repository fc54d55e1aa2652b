//! Where a route is reached.

use super::document::TextNode;
use super::template;
use crate::configuration::{List, Mount, RouteId, Text};
use crate::host::Host;

const INSTEAD: &str = "write `/prefix`, `host` or `host/prefix`";

/// A mount as it is written.
pub(super) fn read(node: &TextNode<'_, '_>, route: RouteId) -> Option<Mount> {
    if !template::takes_none(node) {
        return None;
    }
    let (host, path) = match node.text.find('/').and_then(|at| node.text.split_at_checked(at)) {
        Some(parts) => parts,
        None => (node.text, ""),
    };
    let fail = |message: &str, instead: &str| {
        node.error(message, instead);
        None
    };
    let host = if host.is_empty() {
        None
    } else {
        // No port is the default one here: a mount is reached by http in development and by https elsewhere.
        let Ok(parsed) = Host::parse(host, 0) else {
            return fail("this is no mount", INSTEAD);
        };
        if [":80", ":443"].iter().any(|port| host.ends_with(port)) {
            return fail("a host is compared without its default port", "write it without the port");
        }
        Some(Text::Owned(parsed.as_str().to_owned()))
    };
    if host.is_none() && path.is_empty() {
        return fail("this is no mount", INSTEAD);
    }
    let prefix: Vec<&str> = if path.len() < 2 { Vec::new() } else { path.split('/').skip(1).collect() };
    if path.len() > 1 && path.ends_with('/') || path == "/" && host.is_some() {
        return fail("a mount does not end with a slash", "write it without the last slash");
    }
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"%?#\\;*\"<>^`{|}".contains(&byte);
    let valid =
        |segment: &str| !segment.is_empty() && !matches!(segment, "." | "..") && segment.bytes().all(plain);
    if !prefix.iter().all(|segment| valid(segment)) {
        return fail(
            "a prefix is made of plain segments",
            "write `/segment/segment`, of letters, digits and `-._~!$&'()+,=:@`",
        );
    }
    let prefix = prefix.into_iter().map(|segment| Text::Owned(segment.to_owned())).collect();
    Some(Mount { host, prefix: List::Owned(prefix), route })
}
