//! Rules: `METHODS path-pattern`.

use super::document::TextNode;
use super::template;
use crate::configuration::{List, Method, Methods, Pattern, Rule, Segment, Text};

const INSTEAD: &str = "write `METHODS /pattern`, as in `GET /v1/**` or `POST,DELETE /v1/charges/*`";

/// A rule as it is written.
pub(super) fn read(node: &TextNode<'_, '_>) -> Option<Rule> {
    if !template::takes_none(node) {
        return None;
    }
    let Some((methods, rest)) = node.text.split_once(' ') else {
        node.error("this is no rule", INSTEAD);
        return None;
    };
    let pattern = rest.trim_start_matches(' ');
    let start = node.text.len() - pattern.len();
    let methods = read_methods(node, methods)?;
    let pattern = read_pattern(node, pattern, start)?;
    Some(Rule { text: Text::Owned(node.text.to_owned()), methods, pattern })
}

fn read_methods(node: &TextNode<'_, '_>, text: &str) -> Option<Methods> {
    if text == "*" {
        let all = Method::ALL.into_iter().filter(|method| *method != Method::Options);
        return Some(all.fold(Methods::NONE, Methods::with));
    }
    let mut methods = Methods::NONE;
    let mut named: Vec<Method> = Vec::new();
    let mut at = 0;
    for name in text.split(',') {
        let piece = at..at + name.len();
        at = piece.end + 1;
        let Some(method) = Method::parse(name) else {
            let known = Method::ALL.map(Method::as_str).join(", ");
            node.error_within(
                piece,
                format!("`{name}` is no method that the gateway knows"),
                format!("write `*`, or some of {known}, separated by commas alone"),
            );
            return None;
        };
        if named.contains(&method) {
            node.error_within(piece, "this method is there twice", "name each method once");
            return None;
        }
        named.push(method);
        methods = methods.with(method);
    }
    Some(methods)
}

fn read_pattern(node: &TextNode<'_, '_>, text: &str, start: usize) -> Option<Pattern> {
    let fail = |message: &str, instead: &str| {
        node.error_within(start..start + text.len(), message, instead);
        None
    };
    let Some(path) = text.strip_prefix('/') else {
        return fail("a pattern starts with a slash", INSTEAD);
    };
    let (path, open) = match path.strip_suffix("**") {
        Some("") => (None, true),
        Some(before) if before.ends_with('/') => (before.strip_suffix('/'), true),
        _ => (Some(path), false),
    };
    if path.is_some_and(|path| path.contains("**")) {
        return fail(
            "`**` stands only at the end, as a whole segment",
            "write `*` for one segment, or end the pattern with `/**`",
        );
    }
    if text.bytes().any(|byte| matches!(byte, b'?' | b'#' | b'\\' | ..=b' ' | 0x7f)) {
        return fail("a pattern is a path without query", "write a path of printable characters");
    }
    let escaped =
        text.split('%').skip(1).any(|rest| rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2);
    if escaped {
        return fail(
            "a pattern is matched on the decoded path",
            "write the character itself in the place of its escape",
        );
    }
    let segments: Vec<&str> = path.map(|path| path.split('/').collect()).unwrap_or_default();
    let dots = |segment: &&str| matches!(segment.split(';').next(), Some("." | ".."));
    if segments.iter().any(dots) {
        return fail("no path that is admitted has a dot segment", "write the path without it");
    }
    let literals =
        |segment: &str| segment.split('*').map(|literal| Text::Owned(literal.to_owned())).collect();
    let segments = segments.into_iter().map(|segment| Segment { literals: List::Owned(literals(segment)) });
    Some(Pattern { segments: List::Owned(segments.collect()), open })
}
