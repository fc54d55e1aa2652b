//! Rules: `METHODS path-pattern`.

use super::diagnostic::Findings;
use super::document::Located;
use ostiary_core::configuration::{Pattern, Rule, Text};
use ostiary_core::http::method::{Method, Methods};

const EXAMPLE: &str = "write `GET,POST /v1/**`";

/// A rule such as `GET,POST /v1/**`.
pub(crate) fn parse(text: &Located<'_>, findings: &mut Findings<'_>) -> Option<Rule> {
    let Some((names, pattern)) = text.text.split_once(' ') else {
        findings.error(text.span, "a rule has methods, a space and a path pattern", EXAMPLE);
        return None;
    };
    let methods = methods(text, names, findings)?;
    let pattern = self::pattern(text, pattern.trim_start_matches(' '), findings)?;
    Some(Rule { text: Text::Owned(text.text.to_owned()), methods, pattern })
}

fn methods(text: &Located<'_>, names: &str, findings: &mut Findings<'_>) -> Option<Methods> {
    if names == "*" {
        return Some(Method::ORDINARY.into_iter().fold(Methods::NONE, Methods::with));
    }
    let mut methods = Vec::new();
    for name in names.split(',') {
        let Some(method) = Method::parse(name) else {
            let upper = Method::parse(&name.to_ascii_uppercase());
            let listed = |methods: &[Method]| {
                methods.iter().map(|method| method.as_str()).collect::<Vec<_>>().join(" ")
            };
            let instead = match upper {
                Some(method) => format!("write `{}`", method.as_str()),
                None => format!(
                    "write some of {}, with commas and no spaces, or `*` alone for {}",
                    listed(Method::ALL),
                    listed(&Method::ORDINARY)
                ),
            };
            // An empty name has no text that the diagnostic could show.
            let span = if names.is_empty() {
                text.span
            } else {
                text.piece(if name.is_empty() { names } else { name })
            };
            findings.error(span, &format!("`{name}` is not a method"), &instead);
            return None;
        };
        if methods.contains(&method) {
            let message = format!("the method {name} is written twice in one rule");
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
    for part in path.split('/') {
        let is_parameter =
            part.len() > 1 && (part.starts_with(':') || (part.starts_with('{') && part.ends_with('}')));
        if is_parameter {
            let message = format!("`{part}` is compared literally, because a rule has no parameters");
            findings.warning(text.piece(part), &message, "write `*` for any one segment");
        }
    }
    Some(Pattern::parse(pattern))
}

/// The piece of a pattern that no path can match, or that probably does not mean what was intended. Paths are compared
/// percent-decoded and without their query, and ambiguous paths are refused before rules are checked.
fn never_matches(path: &str) -> Option<(&str, &'static str, &'static str)> {
    let piece = |at: usize, length: usize| path.get(at..at + length).unwrap_or(path);
    if let Some(at) = path.find(['?', '#']) {
        return Some((piece(at, 1), "a pattern is matched on the path alone", "end it before the query"));
    }
    if let Some(at) = path.find('\\') {
        return Some((piece(at, 1), "no admitted path has a backslash", "remove it"));
    }
    if let Some((at, character)) = path.char_indices().find(|(_, character)| character.is_control()) {
        return Some((
            piece(at, character.len_utf8()),
            "no admitted path has a control character",
            "remove it",
        ));
    }
    if let Some((at, escape)) = path.match_indices('%').find_map(|(at, _)| {
        let escape = path.get(at..at + 3)?;
        escape.bytes().skip(1).all(|digit| digit.is_ascii_hexdigit()).then_some((at, escape))
    }) {
        let message = "a pattern is matched on the decoded path, so it has no escapes";
        return Some((piece(at, escape.len()), message, "write the character itself"));
    }
    if path.ends_with(' ') {
        return Some((piece(path.len() - 1, 1), "the pattern ends with a space", "remove it"));
    }
    let last = path.split('/').count() - 1;
    for (position, segment) in path.split('/').enumerate() {
        let name = segment.split(';').next().unwrap_or(segment);
        if name == "." || name == ".." {
            return Some((segment, "no admitted path has a dot segment", "write the path without it"));
        }
        if segment.contains("**") && (segment != "**" || position != last) {
            let message = "`**` has to be the whole last segment";
            return Some((
                segment,
                message,
                "write `*` for a part of one segment, or `/**` at the end for the rest",
            ));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::example::{GATEWAY, WRANGLER, accepted, assert_diagnostics, outcome, replaced};
    use super::*;

    #[test]
    fn case_1_tells_what_is_wrong_with_a_rule() {
        assert_diagnostics(include_str!("diagnostics/rule.txt"));
    }

    #[test]
    fn a_parameter_of_another_router_gets_a_warning() {
        let warnings = |rule: &str| {
            let gateway = replaced(GATEWAY, "ci = [\"GET /v1/balance\"]", &format!("ci = ['{rule}']"));
            let warnings = outcome(&gateway, WRANGLER).unwrap().warnings;
            warnings.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let told = |column: usize, part: &str| {
            format!(
                "gateway.toml:20:{column}: warning: `{part}` is compared literally, because a rule has no parameters; \
                 found `{part}`; write `*` for any one segment"
            )
        };
        assert_eq!(warnings("GET /users/:id"), [told(19, ":id")]);
        assert_eq!(warnings("GET /users/{id}/**"), [told(19, "{id}")]);
        for plain in ["GET /users/*", "GET /a:b", "GET /v1/models/*:generate", "GET /:", "GET /{a}b"] {
            assert_eq!(warnings(plain), [] as [String; 0], "{plain}");
        }
    }

    fn parsed(rule: &str) -> Rule {
        let checked = accepted("ci = [\"GET /v1/balance\"]", &format!("ci = ['{rule}']"));
        checked.gateway.routes[0].allow[1].rules[0].clone()
    }

    #[test]
    fn splits_a_pattern_at_slashes_and_stars() {
        let rows: [(&str, &[&[&str]], bool); 11] = [
            ("GET /", &[&[""]], false),
            ("GET /**", &[], true),
            ("GET /v1", &[&["v1"]], false),
            ("GET /v1/", &[&["v1"], &[""]], false),
            ("GET /v1/**", &[&["v1"]], true),
            ("GET //**", &[&[""]], true),
            ("GET /*", &[&["", ""]], false),
            ("GET /ch_*/a*b*c", &[&["ch_", ""], &["a", "b", "c"]], false),
            ("GET   /a b", &[&["a b"]], false),
            ("GET /50%/...", &[&["50%"], &["..."]], false),
            ("GET /%zz/é", &[&["%zz"], &["é"]], false),
        ];
        for (text, segments, open) in rows {
            let rule = parsed(text);
            let literals: Vec<Vec<&str>> = rule
                .pattern
                .segments
                .iter()
                .map(|segment| segment.literals.iter().map(AsRef::as_ref).collect())
                .collect();
            assert_eq!(literals, segments, "{text}");
            assert_eq!(rule.pattern.open, open, "{text}");
            assert_eq!(rule.text, text);
        }
    }

    #[test]
    fn a_star_is_every_ordinary_method_and_others_are_named() {
        let rows: [(&str, &[Method]); 6] = [
            ("PROPFIND,MOVE,QUERY /", &[Method::Query, Method::Propfind, Method::Move]),
            ("GET /", &[Method::Get, Method::Head]),
            ("GET,HEAD /", &[Method::Get, Method::Head]),
            ("HEAD /", &[Method::Head]),
            ("POST,OPTIONS /", &[Method::Post, Method::Options]),
            ("* /", &[Method::Get, Method::Head, Method::Post, Method::Put, Method::Patch, Method::Delete]),
        ];
        for (text, expected) in rows {
            let methods = parsed(text).methods;
            let contained: Vec<_> =
                Method::ALL.iter().copied().filter(|method| methods.contain(*method)).collect();
            assert_eq!(contained, expected, "{text}");
        }
    }
}
