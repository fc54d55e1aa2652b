//! All that is looked for in one answer.

use std::fmt;

use memchr::memchr3;

use super::filter::{Filter, Keys};
use super::needle::{Needle, WINDOW, is_base64_digit};
use super::sent::{SHORTEST_IN_HEADS, SHORTEST_SEARCHED};
use super::view::{Syntaxes, View, folded};

/// An escape that stands open when a value begins reads up to four of its bytes with it (`\u` and four digits). So
/// of a shorter text only the last four bytes are sure to be seen.
const SHORTEST_WIDE: usize = WINDOW + 4;

/// All that the values of one request can come back as. Holds secrets; its `Debug` says names.
pub struct Needles {
    names: Vec<String>,
    all: Vec<Needle>,
    /// Looked for in heads alone.
    short: Vec<Needle>,
    plain: Filter,
    escaped: Filter,
    /// As `escaped`, by the last four bytes.
    escaped_narrow: Filter,
    views: Vec<View>,
    longest: usize,
}

/// Where a needle stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) start: usize,
    pub(super) end: usize,
    /// A position in the list of names.
    pub(super) name: usize,
    /// The digit of Base64 that follows belongs to it too.
    pub(super) takes_digit: bool,
}

impl Needles {
    /// Of names and values; the keys are such that nobody outside knows.
    pub(super) fn new<'v>(values: impl Iterator<Item = (&'v str, &'v str)>, keys: Keys) -> Self {
        let mut needles = Self {
            names: Vec::new(),
            all: Vec::new(),
            short: Vec::new(),
            plain: Filter::new(keys),
            escaped: Filter::new(keys),
            escaped_narrow: Filter::new(keys),
            views: vec![View::new(Syntaxes::All)],
            longest: 0,
        };
        let mut is_ambiguous = false;
        for (name, value) in values.filter(|(_, value)| value.len() >= SHORTEST_IN_HEADS) {
            needles.names.push(name.to_owned());
            let name = needles.names.len() - 1;
            if value.len() < SHORTEST_SEARCHED {
                needles.short.extend(Needle::of(name, value, SHORTEST_SEARCHED));
                continue;
            }
            is_ambiguous |= value.contains(['%', '\\', '&']);
            for needle in Needle::of(name, value, SHORTEST_SEARCHED) {
                needles.add(needle);
            }
        }
        if is_ambiguous {
            needles.views.extend([Syntaxes::Json, Syntaxes::Percent, Syntaxes::Html].map(View::new));
        }
        needles
    }

    fn add(&mut self, needle: Needle) {
        let position = self.all.len();
        self.longest = self.longest.max(needle.longest());
        for end in needle.plain_ends() {
            self.plain.add(u64::from_le_bytes(end), position);
        }
        for end in needle.escaped_ends() {
            let end = u64::from_le_bytes(end.map(folded));
            if needle.length() >= SHORTEST_WIDE {
                self.escaped.add(end, position);
            } else {
                self.escaped_narrow.add(end >> 32, position);
            }
        }
        self.all.push(needle);
    }

    /// The length of the longest needle, in bytes.
    pub(super) const fn longest(&self) -> usize {
        self.longest
    }

    /// What stands in the place of a match.
    pub(super) fn mark(&self, name: usize) -> String {
        format!("[redacted:{}]", self.names.get(name).map_or("", String::as_str))
    }

    /// A text of an answer's head without needles; `None` where it has none.
    #[must_use]
    pub fn redact(&self, text: &str) -> Option<String> {
        let text = text.as_bytes();
        let mut found = Vec::new();
        self.find(text, 0, &mut self.glasses(), &mut |one| merge(&mut found, one));
        if !self.short.is_empty() {
            for end in 1..=text.len() {
                check(text, end, self.short.iter(), &mut |one| merge(&mut found, one));
            }
        }
        if found.is_empty() {
            return None;
        }
        let mut redacted = Vec::new();
        let mut rest = 0;
        for found in found {
            redacted.extend_from_slice(text.get(rest..found.start).unwrap_or_default());
            redacted.extend_from_slice(self.mark(found.name).as_bytes());
            rest = found.end_in(text);
        }
        redacted.extend_from_slice(text.get(rest..).unwrap_or_default());
        Some(String::from_utf8_lossy(&redacted).into_owned())
    }

    /// Whether the name of a header holds a needle. It is known in lower case, and may go out as the upstream wrote it.
    #[must_use]
    pub fn stand_in_name(&self, name: &str) -> bool {
        self.all.iter().chain(&self.short).any(|needle| needle.stands_in_name(name))
            || self.redact(name).is_some()
    }

    /// What reads the escapes of one text.
    pub(super) fn glasses(&self) -> Glasses {
        Glasses { views: self.views.clone(), reading: false }
    }

    /// Every needle that ends in `text` after `from`, by its end; the glasses have read up to `from`.
    pub(super) fn find(
        &self,
        text: &[u8],
        from: usize,
        glasses: &mut Glasses,
        found: &mut impl FnMut(Match),
    ) {
        let mut first = from.saturating_sub(WINDOW - 1);
        while let Some((at, end)) = text.get(first..).and_then(|rest| self.plain.first(rest)) {
            check(text, first + at + WINDOW, self.at(self.plain.needles(end)), found);
            first += at + 1;
        }
        glasses.read(text, from, |at, end| {
            if self.escaped.may_end(end) {
                check(text, at, self.at(self.escaped.needles(end)), found);
            }
            if !self.escaped_narrow.is_empty() && self.escaped_narrow.may_end(end >> 32) {
                check(text, at, self.at(self.escaped_narrow.needles(end >> 32)), found);
            }
        });
    }

    fn at(&self, positions: impl Iterator<Item = usize>) -> impl Iterator<Item = &Needle> {
        positions.filter_map(|position| self.all.get(position))
    }
}

/// Those of the needles that do end there.
fn check<'n>(
    text: &[u8],
    end: usize,
    needles: impl Iterator<Item = &'n Needle>,
    found: &mut impl FnMut(Match),
) {
    let text = text.get(..end).unwrap_or_default();
    for needle in needles {
        if let Some(start) = needle.beginning(text) {
            found(Match { start, end, name: needle.name, takes_digit: needle.shares_its_last_digit() });
        }
    }
}

impl Match {
    /// Where it ends, with the digit that it takes.
    pub(super) fn end_in(&self, text: &[u8]) -> usize {
        let takes = self.takes_digit && text.get(self.end).is_some_and(|byte| is_base64_digit(*byte));
        self.end + usize::from(takes)
    }
}

/// Adds a match to those that are known, in order of their places: those that share bytes become one, with the
/// name of the longest.
pub(super) fn merge(known: &mut Vec<Match>, mut found: Match) {
    let disjoint = known.partition_point(|earlier| earlier.end <= found.start);
    let after = known.partition_point(|earlier| earlier.start < found.end).max(disjoint);
    let mut longest = found;
    for earlier in known.drain(disjoint..after) {
        if earlier.end - earlier.start > longest.end - longest.start {
            longest = earlier;
        }
        if earlier.end >= found.end {
            found.takes_digit = earlier.takes_digit || (found.takes_digit && earlier.end == found.end);
        }
        found.start = found.start.min(earlier.start);
        found.end = found.end.max(earlier.end);
    }
    found.name = longest.name;
    known.insert(disjoint, found);
}

/// The views of one text, in use from an escape until the text is plain again.
#[derive(Clone, Debug)]
pub(super) struct Glasses {
    views: Vec<View>,
    reading: bool,
}

impl Glasses {
    fn read(&mut self, text: &[u8], from: usize, mut seen: impl FnMut(usize, u64)) {
        let mut at = from;
        while let Some(rest) = text.get(at..) {
            if !self.reading {
                let Some(escape) = memchr3(b'%', b'\\', b'&', rest) else { return };
                at += escape;
                for view in &mut self.views {
                    view.start(text.get(..at).unwrap_or_default());
                }
                self.reading = true;
            }
            let Some(byte) = text.get(at) else { return };
            at += 1;
            for view in &mut self.views {
                if let Some(end) = view.read(*byte) {
                    seen(at, end);
                }
            }
            self.reading = !self.views.iter().all(View::is_plain);
        }
    }
}

impl fmt::Debug for Needles {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Needles").field(&self.names).finish()
    }
}
