//! Simple parsers of paths, queries and templates, which are written to be obviously correct.

use percent_encoding::percent_decode_str;
use url::Url;

/// The segments of a URL by the URL Standard, decoded once.
pub fn segments(url: &Url) -> Vec<Vec<u8>> {
    let segments = url.path_segments().into_iter().flatten();
    segments.map(|segment| percent_decode_str(segment).collect()).collect()
}

/// Asserts that servers with other readings get the same segments: split at decoded slashes and backslashes too, cut at
/// `;`, `?` or `#`, without dots and spaces at their ends, or with overlong encodings decoded.
pub fn assert_unambiguous(segments: &[Vec<u8>]) {
    for segment in segments {
        assert!(!segment.iter().any(|byte| matches!(byte, b'/' | b'\\' | ..b' ' | 0x7f)), "{segments:?}");
        let name = cut(segment, b";");
        assert!(
            !name.is_empty() || segment.is_empty(),
            "a segment of {segments:?} vanishes at its semicolon"
        );
        let shortest = cut(segment, b";?#");
        assert!(
            shortest.is_empty() || !trimmed(shortest).is_empty(),
            "a dot segment, or none, in {segments:?} on Windows"
        );
        let overlong = segment.windows(2).any(|pair| matches!(pair, [0xc0 | 0xc1, 0x80..=0xbf]));
        assert!(!overlong, "an overlong encoding in {segments:?}");
    }
}

fn cut<'s>(segment: &'s [u8], at: &[u8]) -> &'s [u8] {
    let end = segment.iter().position(|byte| at.contains(byte)).unwrap_or(segment.len());
    &segment[..end]
}

fn trimmed(mut segment: &[u8]) -> &[u8] {
    while let [rest @ .., b'.' | b' '] = segment {
        segment = rest;
    }
    segment
}

/// Whether a rule's pattern admits the segments under every reading, by trying each: with and without path parameters,
/// dots and spaces at the end of the segments that a `*` stands for, and up to the first `?` or `#` in such a segment
/// where the pattern says something of what follows a `*`.
pub fn admits(pattern: &str, segments: &[Vec<u8>]) -> bool {
    let closed = pattern.strip_suffix("/**").unwrap_or(pattern);
    let patterns: Vec<&str> = closed.split('/').skip(1).collect();
    let has_star = |at: usize| patterns.get(at).is_some_and(|pattern| pattern.contains('*'));
    let mut paths = vec![segments.to_vec()];
    let split =
        (0..segments.len()).find(|at| has_star(*at) && segments[*at].iter().any(|byte| b"?#".contains(byte)));
    if let Some(at) = split {
        let star = patterns[at].find('*').map_or("", |star| &patterns[at][star + 1..]);
        if at + 1 < patterns.len() || star.bytes().any(|byte| byte != b'*') {
            let mut truncated = segments[..=at].to_vec();
            truncated[at] = cut(&segments[at], b"?#").to_vec();
            paths.push(truncated);
        }
    }
    paths.iter().all(|path| {
        [false, true].into_iter().all(|parameters| {
            [false, true].into_iter().all(|ends| {
                let read = path.iter().enumerate().map(|(at, segment)| {
                    let read = if parameters && has_star(at) { cut(segment, b";") } else { segment };
                    if ends && has_star(at) { trimmed(read).to_vec() } else { read.to_vec() }
                });
                admits_as_written(pattern, &read.collect::<Vec<_>>())
            })
        })
    })
}

fn admits_as_written(pattern: &str, segments: &[Vec<u8>]) -> bool {
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

/// The values of a query's parameters with this name, separated by `&` alone or by `;` too, the last one last. Names
/// are read as PHP and ASP.NET read them: without their case, and `name[]` is a member of `name`.
pub fn parameters(url: &Url, name: &str) -> [Vec<String>; 2] {
    let query = url.query().unwrap_or_default();
    [query.to_owned(), query.replace(';', "&")].map(|query| {
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let same = |known: &str| known.split('[').next().unwrap_or(known).eq_ignore_ascii_case(name);
        pairs.filter(|(known, _)| same(known)).map(|(_, value)| value.into_owned()).collect()
    })
}

/// A template with its placeholders filled in, from left to right; `None` if one is not closed or not known.
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
