//! All that is looked for in one response.

use std::cell::{OnceCell, RefCell};
use std::fmt;
use std::ops::Range;

use super::filter::{Filter, Keys};
use super::fingerprint::{Base, Fingerprint, Power};
use super::needle::{Forms, Needle, SHORTEST_IN_HEADS, SHORTEST_SEARCHED};
use crate::order::sorted;

/// All that the values of one request can come back as. Holds secrets; its `Debug` says names.
pub struct Needles {
    pub(super) names: Vec<String>,
    /// By their last bytes; of those that end alike the longest first.
    pub(super) all: Vec<Needle>,
    /// For each end that the filter knows: those that end so.
    groups: Vec<Group>,
    /// Looked for in heads alone, since they are short.
    pub(super) short: Vec<Needle>,
    pub(super) filter: Filter,
    pub(super) base: Base,
    longest: usize,
    lag: usize,
    /// Positions in the list of names, of what was found and has not been told yet.
    found: RefCell<Vec<usize>>,
    told: Vec<usize>,
}

/// Those that end alike.
struct Group {
    needles: Range<usize>,
    /// Made when one is met: of a long value that takes its time, and most responses hold none.
    wanted: OnceCell<Vec<Wanted>>,
}

/// What a text is compared with.
pub(super) struct Wanted {
    pub(super) length: usize,
    pub(super) longest: usize,
    pub(super) fingerprint: (Fingerprint, Power),
    /// Whether nothing but its text decides where the needle begins and ends.
    pub(super) is_all: bool,
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
        let mut all = sorted(all, Needle::order);
        all.dedup_by(|later, earlier| later.is_like(earlier));
        let (mut ends, mut groups, mut from) = (Vec::new(), Vec::new(), 0);
        for group in all.chunk_by(|one, next| one.end() == next.end()) {
            ends.extend(group.first().map(Needle::end));
            groups.push(Group { needles: from..from + group.len(), wanted: OnceCell::new() });
            from += group.len();
        }
        let filter = Filter::new(keys, ends);
        Self {
            names,
            all,
            groups,
            short,
            filter,
            base: Base::new(random),
            longest,
            lag,
            found: RefCell::default(),
            told: Vec::new(),
        }
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

    /// Something with this name was found.
    pub(super) fn note(&self, name: usize) {
        let mut found = self.found.borrow_mut();
        if !found.contains(&name) {
            found.push(name);
        }
    }

    /// The names of the secrets that were found since this was asked for the last time, each once in all.
    pub(super) fn newly_found(&mut self) -> Vec<&str> {
        let found = self.found.take();
        let name = |position: &usize| self.names.get(*position).map(String::as_str);
        let mut names: Vec<&str> = Vec::new();
        for found in &found {
            let known = self.told.iter().any(|told| name(told) == name(found));
            names.extend(name(found).filter(|name| !known && !names.contains(name)));
        }
        self.told.extend(found);
        names
    }

    /// What stands in the place of a match.
    pub(super) fn mark(&self, name: usize) -> String {
        format!("[redacted:{}]", self.names.get(name).map_or("", String::as_str))
    }

    /// The needles with this end, the longest first, and what a text is compared with for each.
    #[inline]
    pub(super) fn ending_in(&self, position: usize) -> impl Iterator<Item = (&Needle, &Wanted)> {
        let group = self.groups.get(position);
        let needles = group.and_then(|group| self.all.get(group.needles.clone())).unwrap_or_default();
        let wanted = group.map_or(&[][..], |group| group.wanted.get_or_init(|| self.wanted(needles)));
        needles.iter().zip(wanted)
    }

    fn wanted(&self, needles: &[Needle]) -> Vec<Wanted> {
        let wanted = needles.iter().map(|needle| Wanted {
            length: needle.length(),
            longest: needle.longest(self.longest),
            fingerprint: needle.fingerprint(&self.base),
            is_all: needle.is_all(),
        });
        wanted.collect()
    }
}

impl fmt::Debug for Needles {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Needles").field(&self.names).finish()
    }
}
