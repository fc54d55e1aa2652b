//! Rules: `METHODS path-pattern`.

use super::diagnostic::Findings;
use super::document::Located;
use crate::configuration::{List, Method, Methods, Pattern, Rule, Segment, Text};

const EXAMPLE: &str = "write `GET,POST /v1/**`";

/// A rule such as `GET,POST /v1/**`.
pub(super) fn parse(text: &Located<'_>, findings: &mut Findings<'_>) -> Option<Rule> {
    let Some((names, pattern)) = text.text.split_once(' ') else {
        findings.error(text.span, "a rule is methods, a space and a path pattern", EXAMPLE);
        return None;
    };
    let methods = methods(text, names, findings);
    let pattern = self::pattern(text, pattern.trim_start_matches(' '), findings);
    Some(Rule { text: Text::Owned(text.text.to_owned()), methods: methods?, pattern: pattern? })
}

fn methods(text: &Located<'_>, names: &str, findings: &mut Findings<'_>) -> Option<Methods> {
    if names == "*" {
        let all = Method::ALL.into_iter().filter(|method| *method != Method::Options);
        return Some(all.fold(Methods::NONE, Methods::with));
    }
    let mut methods = Vec::new();
    for name in names.split(',') {
        let Some(method) = Method::parse(name) else {
            let upper = Method::parse(&name.to_ascii_uppercase());
            let known = Method::ALL.map(Method::as_str).join(" ");
            let instead = match upper {
                Some(method) => format!("write `{}`", method.as_str()),
                None => format!(
                    "write some of {known}, with commas and no spaces, or `*` alone for all but OPTIONS"
                ),
            };
            // An empty name has no text to point at, so what follows it is shown.
            let span = text.piece(if name.is_empty() { names } else { name });
            findings.error(span, &format!("`{name}` is no method"), &instead);
            return None;
        };
        if methods.contains(&method) {
            let message = format!("the method {name} stands twice in one rule");
            findings.error(text.piece(name), &message, "remove one of the two");
            return None;
        }
        methods.push(method);
    }
    Some(methods.into_iter().fold(Methods::NONE, Methods::with))
}

fn pattern(text: &Located<'_>, pattern: &str, findings: &mut Findings<'_>) -> Option<Pattern> {
    let Some(path) = pattern.strip_prefix('/') else {
        let span = if pattern.is_empty() { text.span } else { text.piece(pattern) };
        findings.error(span, "the path pattern does not start with `/`", EXAMPLE);
        return None;
    };
    if let Some((piece, message, instead)) = never_matches(path) {
        findings.error(text.piece(piece), message, instead);
        return None;
    }
    let (path, open) = match pattern.strip_suffix("/**") {
        Some(before) => (before.strip_prefix('/'), true),
        None => (Some(path), false),
    };
    let segments = path.map(|path| path.split('/').map(segment).collect()).unwrap_or_default();
    Some(Pattern { segments, open })
}

fn segment(text: &str) -> Segment {
    let literals: List<Text> = text.split('*').map(|literal| Text::Owned(literal.to_owned())).collect();
    Segment { literals }
}

/// The piece of a pattern that no path can match, or not in the way that its writer thinks: paths are compared
/// percent-decoded, without their query, and the gateway refuses ambiguous ones before any rule is asked.
fn never_matches(path: &str) -> Option<(&str, &'static str, &'static str)> {
    let piece = |at: usize, length: usize| path.get(at..at + length).unwrap_or(path);
    if let Some(at) = path.find(['?', '#']) {
        return Some((piece(at, 1), "a pattern is matched on the path alone", "end it before the query"));
    }
    if let Some(at) = path.find('\\') {
        return Some((piece(at, 1), "no admitted path holds a backslash", "remove it"));
    }
    if let Some((at, character)) = path.char_indices().find(|(_, character)| character.is_control()) {
        return Some((
            piece(at, character.len_utf8()),
            "no admitted path holds a control character",
            "remove it",
        ));
    }
    if let Some((at, escape)) = path.match_indices('%').find_map(|(at, _)| {
        let escape = path.get(at..at + 3)?;
        escape.bytes().skip(1).all(|digit| digit.is_ascii_hexdigit()).then_some((at, escape))
    }) {
        let message = "a pattern is matched on the decoded path, so it holds no escape";
        return Some((piece(at, escape.len()), message, "write the character itself"));
    }
    if path.ends_with(' ') {
        return Some((piece(path.len() - 1, 1), "the pattern ends with a space", "remove it"));
    }
    let last = path.split('/').count() - 1;
    for (position, segment) in path.split('/').enumerate() {
        let name = segment.split(';').next().unwrap_or(segment);
        if name == "." || name == ".." {
            return Some((segment, "no admitted path holds a dot segment", "write the path without it"));
        }
        if segment.contains("**") && (segment != "**" || position != last) {
            let message = "`**` is only ever the whole last segment";
            return Some((
                segment,
                message,
                "write `*` for what one segment holds, `/**` at the end for the rest",
            ));
        }
    }
    None
}
