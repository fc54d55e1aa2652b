//! The reference implementation for the tests: tries every needle at every place of a whole text.

use std::collections::BTreeMap;

use super::marks::Match;
use super::needle::End;
use super::needles::Needles;

/// The text with its marks.
pub(super) fn redacted(needles: &Needles, text: &[u8]) -> Vec<u8> {
    let matches = matches(needles, text);
    let mut out = text.to_vec();
    for found in &matches {
        out[found.start..found.end].fill(b'*');
    }
    for start in 0..text.len() {
        let begins_in_another = matches.iter().any(|other| other.start < start && start < other.end);
        let first = matches.iter().filter(|found| found.start == start);
        let first = first.min_by_key(|found| (usize::MAX - found.end, found.name));
        let Some(first) = first.filter(|_| !begins_in_another) else { continue };
        let free = (0..start)
            .rev()
            .take_while(|at| !matches.iter().any(|found| found.end > *at && found.start <= *at));
        let before = &text[start - free.count().min(5)..start];
        let mut mark = completion(before).to_owned();
        let name = format!("[redacted:{}]", needles.names[first.name]);
        if mark.len() + name.len() <= first.end - first.start {
            mark.push_str(&name);
        }
        out[start..start + mark.len()].copy_from_slice(mark.as_bytes());
    }
    out
}

fn matches(needles: &Needles, text: &[u8]) -> Vec<Match> {
    let mut matches = Vec::new();
    for needle in &needles.all {
        let mut by_end = BTreeMap::new();
        for start in 0..text.len() {
            let ends = needle.ends(text, start);
            for end in
                ends.into_iter().flatten().filter(|end| end - start <= needle.longest(needles.longest()))
            {
                by_end.insert(end, start);
            }
        }
        matches.extend(by_end.into_iter().filter_map(|(end, start)| {
            let End::At(end) = needle.end_of_all(text, end, true) else { return None };
            Some(Match { start: needle.with_digit_before(text, start), end, name: needle.name })
        }));
    }
    matches
}

fn completion(before: &[u8]) -> &'static str {
    let before = String::from_utf8_lossy(before);
    let all = [
        ("\\", "/"),
        ("\\u", "0021"),
        ("\\uh", "021"),
        ("\\uhh", "21"),
        ("\\uhhh", "1"),
        ("\\x", "21"),
        ("\\xh", "1"),
        ("%h", "1"),
    ];
    let fits = |pattern: &str| {
        let at = before.len().checked_sub(pattern.len()).filter(|at| before.is_char_boundary(*at));
        let fits = |(known, byte): (u8, u8)| known == byte || (known == b'h' && byte.is_ascii_hexdigit());
        at.is_some_and(|at| pattern.bytes().zip(before.bytes().skip(at)).all(fits))
    };
    all.iter().find(|(pattern, _)| fits(pattern)).map_or("", |(_, completion)| completion)
}
