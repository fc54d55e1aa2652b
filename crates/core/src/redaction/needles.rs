//! All that is looked for in one response.

use std::fmt;

use super::filter::{Filter, Keys};
use super::fingerprint::Base;
use super::marks::{Marks, Match};
use super::needle::{End, Forms, Needle};
use super::scanner::Scanner;
use super::sent::{SHORTEST_IN_HEADS, SHORTEST_SEARCHED};

/// All that the values of one request can come back as. Holds secrets; its `Debug` says names.
pub struct Needles {
    pub(super) names: Vec<String>,
    /// By their last bytes; of those that end alike the longest first.
    pub(super) all: Vec<Needle>,
    /// For each end that the filter knows: where those with that end begin, and how many there are.
    groups: Vec<(usize, usize)>,
    /// Looked for in heads alone, since they are short.
    short: Vec<Needle>,
    pub(super) filter: Filter,
    pub(super) base: Base,
    longest: usize,
    lag: usize,
}

/// How many bytes on either side of a place decide what stands there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Before the place.
    pub before: u64,
    /// From the place on.
    pub after: u64,
}

impl Needles {
    /// Of names and values; nobody outside knows the keys.
    pub(super) fn new<'v>(values: impl Iterator<Item = (&'v str, &'v str)>, keys: Keys, random: u64) -> Self {
        let (mut names, mut all, mut short) = (Vec::new(), Vec::<Needle>::new(), Vec::new());
        let (mut longest, mut lag) = (0, 0);
        for (name, value) in values.filter(|(_, value)| value.len() >= SHORTEST_IN_HEADS) {
            let position = names.len();
            names.push(name.to_owned());
            if value.len() < SHORTEST_SEARCHED {
                short.extend(Forms::of(position, value, SHORTEST_IN_HEADS).needles);
                continue;
            }
            let forms = Forms::of(position, value, SHORTEST_SEARCHED);
            longest = longest.max(forms.longest);
            lag = lag.max(forms.lag);
            all.extend(forms.needles);
        }
        all.sort_unstable_by(Needle::order);
        all.dedup_by(|later, earlier| later.is_like(earlier));
        let (mut ends, mut groups) = (Vec::new(), Vec::new());
        for group in all.chunk_by(|one, next| one.end() == next.end()) {
            ends.extend(group.first().map(Needle::end));
            groups.push((groups.last().map_or(0, |(from, count)| from + count), group.len()));
        }
        let filter = Filter::new(keys, ends);
        Self { names, all, groups, short, filter, base: Base::new(random), longest, lag }
    }

    /// In bytes: the longest text in which a needle is found; 0 where there is nothing to be found in a body.
    pub(super) const fn longest(&self) -> usize {
        self.longest
    }

    /// How many bytes are held back of what has arrived, since a needle can begin in them: one less than the longest form,
    /// and what has to follow it so that it is known to have ended.
    #[must_use]
    pub const fn held_back(&self) -> usize {
        (self.longest + self.lag).saturating_sub(1)
    }

    /// What decides about a place: whether a needle covers it, and how far into its mark it is, which depends on what
    /// covers the bytes before that; and what stands before the mark.
    #[must_use]
    pub const fn reach(&self) -> Reach {
        Reach { before: 2 * self.longest as u64 + 8, after: self.held_back() as u64 }
    }

    /// What stands in the place of a match.
    pub(super) fn mark(&self, name: usize) -> String {
        format!("[redacted:{}]", self.names.get(name).map_or("", String::as_str))
    }

    /// The needles that end in these bytes, the longest first.
    pub(super) fn ending_in(&self, end: u64) -> &[Needle] {
        let group = self.filter.position(end).and_then(|position| self.groups.get(position));
        group.and_then(|(from, count)| self.all.get(*from..from + count)).unwrap_or_default()
    }

    /// A text of a response's head without needles; `None` where it has none.
    #[must_use]
    pub fn redact(&self, text: &str) -> Option<String> {
        let text = text.as_bytes();
        let mut marks = Marks::default();
        let mut scanner = Scanner::default();
        scanner.scan(self, text, true, &mut marks);
        if !self.short.is_empty() {
            for start in 0..text.len() {
                for needle in &self.short {
                    for end in needle.ends(text, start).into_iter().flatten() {
                        if let End::At(end) = needle.end_of_all(text, end, true) {
                            marks.add(Match { start, end, name: needle.name });
                        }
                    }
                }
            }
        }
        if marks.is_empty() {
            return None;
        }
        let mut redacted = text.to_vec();
        marks.write(self, text, 0, &mut redacted);
        Some(String::from_utf8_lossy(&redacted).into_owned())
    }

    /// Whether the name of a header holds a needle. It is known in lower case, and may go out as the upstream wrote it.
    #[must_use]
    pub fn stand_in_name(&self, name: &str) -> bool {
        self.all.iter().chain(&self.short).any(|needle| needle.stands_in_name(name))
            || self.redact(name).is_some()
    }
}

impl fmt::Debug for Needles {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Needles").field(&self.names).finish()
    }
}
