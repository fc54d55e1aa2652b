//! The needles of one response.

use std::cell::{OnceCell, RefCell};
use std::fmt;
use std::ops::Range;

use super::filter::{Filter, Keys};
use super::fingerprint::{Base, Fingerprint, Power};
use super::needle::{Forms, Needle, SHORTEST_IN_HEADS, SHORTEST_SEARCHED};
use crate::sort::sorted;

/// All forms in which the values of one request can come back. Holds secrets; its `Debug` prints names only.
pub struct Needles {
    pub(super) names: Vec<String>,
    /// Sorted by their last bytes, and then the longest first.
    pub(super) all: Vec<Needle>,
    /// The needles of each end of the filter, by its position.
    groups: Vec<Group>,
    /// Needles that are looked for in heads only, because they are short.
    pub(super) short: Vec<Needle>,
    pub(super) filter: Filter,
    pub(super) base: Base,
    longest: usize,
    lag: usize,
    /// Positions in the list of names: what was found and has not been reported.
    found: RefCell<Vec<usize>>,
    told: Vec<usize>,
}

/// The needles that end in the same eight bytes.
struct Group {
    needles: Range<usize>,
    /// Computed when the end is first found: this takes time for a long value, and most responses contain no needle.
    wanted: OnceCell<Vec<Wanted>>,
}

/// The data that a text is compared with.
pub(super) struct Wanted {
    pub(super) length: usize,
    pub(super) longest: usize,
    pub(super) fingerprint: (Fingerprint, Power),
    /// Whether the text alone decides where the needle begins and ends.
    pub(super) is_all: bool,
}

/// The number of bytes on either side of a place that decide what is written there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Before the place.
    pub before: u64,
    /// From the place on, including its own byte.
    pub after: u64,
}

impl Needles {
    /// Makes the needles of `values`, which are pairs of a name and a value. `keys` and `random` must be secret.
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

    /// The length of the longest text in which a needle is found, in bytes; 0 if nothing is looked for in a body.
    pub(super) const fn longest(&self) -> usize {
        self.longest
    }

    /// The number of received bytes that are held back, because a needle can begin in them: one less than the longest
    /// form, plus the bytes that decide where a needle ends.
    #[must_use]
    pub const fn held_back(&self) -> usize {
        (self.longest + self.lag).saturating_sub(1)
    }

    /// How far the bytes are that decide what is written at a place: whether a needle covers it, where its mark begins,
    /// and the bytes before the mark.
    #[must_use]
    pub const fn reach(&self) -> Reach {
        Reach { before: 2 * self.longest as u64 + 8, after: self.held_back() as u64 }
    }

    /// Records that the secret with this name was found.
    pub(super) fn note(&self, name: usize) {
        let mut found = self.found.borrow_mut();
        if !found.contains(&name) {
            found.push(name);
        }
    }

    /// The names of the secrets that were found since the last call. Each name is returned once in all calls together.
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

    /// The text of a mark.
    pub(super) fn mark(&self, name: usize) -> String {
        format!("[redacted:{}]", self.names.get(name).map_or("", String::as_str))
    }

    /// The needles with this end, the longest first, each with the data that a text is compared with.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn needles(values: &[(&str, &str)]) -> Needles {
        Needles::new(values.iter().copied(), Keys::default(), 1)
    }

    #[test]
    fn a_form_is_looked_for_once() {
        // As it is, in hexadecimal, in UTF-16, and in Base64 at three offsets.
        assert_eq!(needles(&[("api", "12345678")]).all.len(), 6);
        // With a letter among the hexadecimal digits, and with `+` or `/` at each offset.
        assert_eq!(needles(&[("api", "1234567z~~~")]).all.len(), 10);
        assert_eq!(needles(&[("api", "12345678"), ("same", "12345678")]).all.len(), 6);
    }

    /// The text `12345678\\` has to be followed by a backslash as an end of the first value only.
    #[test]
    fn a_form_with_another_end_is_another_form() {
        let (long, short) = (r"12345678\\\", r"12345678\");
        let count = |values: &[(&str, &str)]| {
            let needles = needles(values);
            needles.all.iter().filter(|needle| needle.ends(br"12345678\\", 0)[0] == Some(10)).count()
        };
        assert_eq!(
            count(&[("long", long), ("short", short)]),
            count(&[("long", long)]) + count(&[("short", short)])
        );
    }

    #[test]
    fn case_45_the_debug_form_has_the_names() {
        let needles = needles(&[("api", "canary-0123456789"), ("checkout", "canary-9876543210")]);
        assert_eq!(format!("{needles:?}"), r#"Needles(["api", "checkout"])"#);
    }
}
