//! Readers of paths, queries and templates, written to be plainly right and for nothing else.

use percent_encoding::percent_decode_str;
use url::Url;

/// What an upstream that follows the URL Standard makes of a URL: its segments, decoded once.
pub fn segments(url: &Url) -> Vec<Vec<u8>> {
    let segments = url.path_segments().into_iter().flatten();
    segments.map(|segment| percent_decode_str(segment).collect()).collect()
}

/// Asserts that servers which read a path in other ways make the same segments of it: split at decoded slashes and
/// backslashes too, or cut at `;`.
pub fn assert_unambiguous(segments: &[Vec<u8>]) {
    for segment in segments {
        assert!(!segment.iter().any(|byte| matches!(byte, b'/' | b'\\' | ..b' ' | 0x7f)), "{segments:?}");
        let name: Vec<u8> = segment.iter().copied().take_while(|byte| *byte != b';').collect();
        assert!(name != b"." && name != b"..", "a dot segment in {segments:?}");
        assert!(
            !name.is_empty() || segment.is_empty(),
            "a segment of {segments:?} vanishes at its semicolon"
        );
    }
}

/// Whether a rule's pattern admits the segments, by trying everything.
pub fn admits(pattern: &str, segments: &[Vec<u8>]) -> bool {
    let (pattern, open) = pattern.strip_suffix("/**").map_or((pattern, false), |closed| (closed, true));
    let patterns: Vec<&str> = pattern.split('/').skip(1).collect();
    let enough = if open { segments.len() >= patterns.len() } else { segments.len() == patterns.len() };
    enough && patterns.iter().zip(segments).all(|(pattern, segment)| matches(pattern.as_bytes(), segment))
}

fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (1..=text.len()).any(|taken| matches(rest, &text[taken..])),
        Some((byte, rest)) => text.first() == Some(byte) && matches(rest, &text[1..]),
    }
}

/// The values of a query's parameters with this name, separated by `&` alone or by `;` too, the last one last. Names are
/// read as PHP and ASP.NET read them: without their case, and `name[]` is a member of `name`.
pub fn parameters(url: &Url, name: &str) -> [Vec<String>; 2] {
    let query = url.query().unwrap_or_default();
    [query.to_owned(), query.replace(';', "&")].map(|query| {
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let same = |known: &str| known.split('[').next().unwrap_or(known).eq_ignore_ascii_case(name);
        pairs.filter(|(known, _)| same(known)).map(|(_, value)| value.into_owned()).collect()
    })
}

/// A template with its placeholders filled in, from left to right; `None` where one is not closed or not known.
pub fn filled(template: &str, known: &[(&str, &str)]) -> Option<String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some(character) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("$${") {
            text.push_str("${");
            rest = after;
        } else if let Some(after) = rest.strip_prefix("${") {
            let (name, after) = after.split_once('}')?;
            text.push_str(known.iter().find(|(known, _)| *known == name)?.1);
            rest = after;
        } else {
            text.push(character);
            rest = &rest[character.len_utf8()..];
        }
    }
    Some(text)
}
