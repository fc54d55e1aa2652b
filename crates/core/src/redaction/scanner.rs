//! Looks for needles in a text that arrives piece by piece. `needle.rs` has the forms of a secret that are needles, and
//! `redactor.rs` replaces what is found.

use super::escape_reader::EscapeReader;
use super::marks::{Marks, Match};
use super::needle::{End, WINDOW};
use super::needles::Needles;
use super::transcript::Transcript;
use crate::sort::sorted;

/// The most places that a transcript keeps beyond twice the longest needle.
const MOST_PLACES: usize = 16384;

/// Finds the ends of needles, and then where the needles begin. The work for a byte is a few steps, whatever the text
/// and the needles are.
#[derive(Default)]
pub(super) struct Scanner {
    /// The place up to which all ends of needles have been found.
    scanned: usize,
    escapes: EscapeReader,
    transcript: Transcript,
    /// A buffer that is reused: the ends that were found, each with its place and its position in the filter.
    ends: Vec<(usize, usize)>,
    open: Vec<Open>,
    steps: u64,
}

/// A match whose end depends on text that has not arrived.
struct Open {
    found: Match,
    /// The position of its needle's end in the filter; `needle` is its place among the needles with that end.
    end: usize,
    needle: usize,
}

/// The text of one scan. `origin` is the first place at which a needle can begin that ends in it.
#[derive(Clone, Copy)]
struct Scanned<'t> {
    needles: &'t Needles,
    text: &'t [u8],
    is_whole: bool,
    origin: usize,
}

impl Scanner {
    /// Adds the matches in a text that has grown. A match that depends on what follows is added later, or now if the
    /// text `is_whole`.
    pub(super) fn scan(&mut self, needles: &Needles, text: &[u8], is_whole: bool, marks: &mut Marks) {
        let from = self.scanned;
        let scanned = Scanned { needles, text, is_whole, origin: from.saturating_sub(needles.longest()) };
        if self.transcript.length() > 2 * needles.longest() + MOST_PLACES {
            self.transcript.clear();
        }
        let mut ends = std::mem::take(&mut self.ends);
        self.escapes.read(text, is_whole, |end, window| {
            ends.extend(needles.filter.position(window).map(|position| (end, position)));
        });
        self.scanned = self.escapes.at;
        let known = text.get(..self.scanned).unwrap_or_default();
        let mut next = from.saturating_sub(WINDOW - 1);
        while let Some((at, position)) = known.get(next..).and_then(|rest| needles.filter.first(rest)) {
            next += at;
            let mut met = Some(position);
            // The next byte may be the end of another needle.
            while let Some(position) = met {
                ends.push((next + WINDOW, position));
                next += 1;
                let window = known.get(next..).and_then(<[u8]>::first_chunk);
                met = window.and_then(|window| needles.filter.position(u64::from_le_bytes(*window)));
            }
        }
        // Adding a mark at the end takes constant time; inserting it among others takes longer the more there are.
        if !ends.is_sorted_by_key(|(end, _)| *end) {
            ends = sorted(ends, |(one, _), (other, _)| one.cmp(other));
        }
        for run in ends.chunk_by(|(_, one), (_, next)| one == next) {
            self.look(scanned, run, marks);
        }
        ends.clear();
        self.ends = ends;
        self.steps += (self.scanned - from) as u64;
        self.close(scanned, marks);
    }

    /// Adjusts the places after `gone` bytes have been removed from the beginning of the text.
    pub(super) fn rebase(&mut self, gone: usize) {
        self.transcript.clear();
        self.scanned -= gone;
        self.escapes.at -= gone;
        self.escapes.latest = self.escapes.latest.saturating_sub(gone);
        for open in &mut self.open {
            open.found.start -= gone;
            open.found.end -= gone;
        }
    }

    /// The number of steps: reads of a byte, an escape, a window or a place.
    pub(super) fn steps(&self) -> u64 {
        self.steps + self.escapes.steps + self.transcript.steps
    }

    /// Compares the needles of one end with the text before each place of `run`, where that end was found.
    ///
    /// If a needle can begin at several places, it begins at the last one. Otherwise, a caller that places `%3` before
    /// a value could learn that the value begins with `1`, because the `%3` would be covered as a part of `%31`.
    fn look(&mut self, scanned: Scanned<'_>, run: &[(usize, usize)], marks: &mut Marks) {
        let Scanned { needles, text, origin, .. } = scanned;
        let Some((_, position)) = run.first() else { return };
        self.transcript.begin(needles.base, origin);
        for (place, (needle, wanted)) in needles.ending_in(*position).enumerate() {
            self.steps += run.len() as u64;
            for (end, _) in run {
                let start = if self.transcript.is_before(text, *end, wanted) {
                    end - wanted.length
                } else if self.escapes.latest + wanted.longest > *end
                    && let Some(start) = self.transcript.beginning(text, *end, wanted)
                {
                    start
                } else {
                    continue;
                };
                let found = Match { start, end: *end, name: needle.name };
                if wanted.is_all {
                    marks.add(found);
                } else {
                    let found = Match { start: needle.with_digit_before(text, start), ..found };
                    self.end(scanned, Open { found, end: *position, needle: place }, marks);
                }
            }
        }
    }

    /// Adds a match if the text after it allows that.
    fn end(&mut self, scanned: Scanned<'_>, open: Open, marks: &mut Marks) {
        let Scanned { needles, text, is_whole, .. } = scanned;
        let needle = needles.ending_in(open.end).nth(open.needle).map(|(needle, _)| needle);
        match needle.map_or(End::None, |needle| needle.end_of_all(text, open.found.end, is_whole)) {
            End::At(end) => marks.add(Match { end, ..open.found }),
            End::Unknown => self.open.push(open),
            End::None => {}
        }
    }

    /// Adds the matches whose ends were open.
    fn close(&mut self, scanned: Scanned<'_>, marks: &mut Marks) {
        for open in std::mem::take(&mut self.open) {
            self.end(scanned, open, marks);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::transcript;
    use super::*;
    use crate::redaction::InjectedSecrets;
    use crate::request_id::RequestId;

    fn needles(value: &str) -> Needles {
        let mut injected = InjectedSecrets::default();
        injected.add("api", value);
        injected.needles(&RequestId::new(1))
    }

    /// Scans the text as it arrives in parts of this length. Returns the steps.
    fn scan(scanner: &mut Scanner, needles: &Needles, text: &[u8], part: usize) -> u64 {
        let mut marks = Marks::default();
        let before = scanner.steps();
        for end in (part..text.len()).step_by(part).chain([text.len()]) {
            scanner.scan(needles, &text[..end], false, &mut marks);
        }
        scanner.steps() - before
    }

    /// An attacker repeats the end of a value in a line that is never released.
    #[test]
    fn case_49_the_memory_for_the_ends_of_a_needle_is_bounded() {
        const PART: usize = 16384;
        let needles = needles("sk_live_0123456789");
        let text = b"23456789".repeat(20 * PART / 8);
        let (mut scanner, mut marks) = (Scanner::default(), Marks::default());
        let mut longest = 0;
        for end in (PART..=text.len()).step_by(PART) {
            scanner.scan(&needles, &text[..end], false, &mut marks);
            longest = longest.max(scanner.transcript.length());
        }
        let most = 2 * needles.longest() + MOST_PLACES + PART + transcript::AHEAD;
        assert!(longest <= most, "{longest}");
    }

    /// The places before a part are read again only once there are as many new ones.
    #[test]
    fn case_49_the_text_before_a_long_needle_is_seldom_read_again() {
        let needles = needles(&"a".repeat(8192));
        let text = b"a".repeat(400_000);
        let steps = scan(&mut Scanner::default(), &needles, &text, 16384);
        assert!(steps <= 5 * text.len() as u64, "{steps}");
    }

    #[test]
    fn case_49_an_escape_far_before_the_end_of_a_needle_costs_nothing() {
        let needles = needles("sk_live_0123456789");
        let steps = |escape: &str| {
            let text = [".".repeat(1000).as_str(), escape, &"23456789".repeat(1000)].concat();
            scan(&mut Scanner::default(), &needles, text.as_bytes(), text.len())
        };
        let (with, without) = (steps("%41"), steps("..."));
        assert!(with < without + 2000, "{with} {without}");
    }

    #[test]
    fn an_end_is_found_once_however_the_text_is_cut() {
        let needles = needles("sk_live_0123456789");
        let text = b"(sk_live_0123456789) %41 (sk_live_0123456789)";
        for part in 1..=text.len() {
            let mut scanner = Scanner::default();
            scan(&mut scanner, &needles, text, part);
            assert_eq!(scanner.steps, text.len() as u64 + 2, "{part}");
        }
    }

    #[test]
    fn places_are_counted_from_the_first_byte_that_is_kept() {
        let needles = needles("sk_live_0123456789");
        let mut scanner = Scanner::default();
        let text =
            [&b".".repeat(5000)[..], b"%41", &b".".repeat(5000)[..], b"HNrX2xpdmVfMDEyMzQ1Njc4O"].concat();
        scan(&mut scanner, &needles, &text, 1000);
        let places = |scanner: &Scanner| {
            let open = scanner.open.iter().map(|open| (open.found.start, open.found.end)).collect::<Vec<_>>();
            (scanner.scanned, scanner.escapes.at, scanner.escapes.latest, open)
        };
        assert_eq!(places(&scanner), (10_027, 10_027, 5003, vec![(10_003, 10_027)]));
        scanner.rebase(5001);
        assert_eq!(places(&scanner), (5026, 5026, 2, vec![(5002, 5026)]));
        assert_eq!(scanner.transcript.length(), 0);
    }
}
