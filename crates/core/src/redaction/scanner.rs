//! Looks for needles in a text that comes piece by piece.

use super::escape_reader::EscapeReader;
use super::marks::{Marks, Match};
use super::needle::{End, WINDOW};
use super::needles::Needles;
use super::transcript::Transcript;

/// More places than that beyond the longest needle are not kept.
const MOST_PLACES: usize = 16384;

/// Looks for the ends of needles, and for where those begin that have one. The work for a byte is a few steps whatever
/// the text is and whatever the needles are.
#[derive(Default)]
pub(super) struct Scanner {
    /// The place up to which all ends of needles are known.
    scanned: usize,
    escapes: EscapeReader,
    transcript: Option<Transcript>,
    /// Ends of needles that have yet to be looked at.
    ends: Vec<(usize, u64)>,
    /// Matches, each with the place of its needle among those of that end, for which what follows has yet to come.
    open: Vec<(Match, u64, usize)>,
    steps: u64,
}

impl Scanner {
    /// Adds the matches in a text that has grown. Those that what comes next decides are added later, or now where it
    /// `is_whole`.
    pub(super) fn scan(&mut self, needles: &Needles, text: &[u8], is_whole: bool, marks: &mut Marks) {
        let from = self.scanned;
        let origin = from.saturating_sub(needles.longest());
        if self.transcript.as_ref().is_some_and(|known| known.length() > 2 * needles.longest() + MOST_PLACES)
        {
            self.drop_transcript();
        }
        let mut ends = std::mem::take(&mut self.ends);
        let Self { escapes, .. } = self;
        escapes.read(text, is_whole, |end, window| {
            if needles.filter.may_end(window) {
                ends.push((end, window));
            }
        });
        self.scanned = self.escapes.at;
        for (end, window) in ends.drain(..) {
            self.look(needles, text, (origin, end), window, is_whole, marks);
        }
        self.ends = ends;
        let known = text.get(..self.scanned).unwrap_or_default();
        let mut first = from.saturating_sub(WINDOW - 1);
        while let Some((at, window)) = known.get(first..).and_then(|rest| needles.filter.first(rest)) {
            self.look(needles, text, (origin, first + at + WINDOW), window, is_whole, marks);
            first += at + 1;
        }
        self.steps += (self.scanned - from) as u64;
        self.close(needles, text, is_whole, marks);
    }

    /// As many bytes of the text are gone.
    pub(super) fn rebase(&mut self, gone: usize) {
        self.drop_transcript();
        self.scanned -= gone;
        self.escapes.at -= gone;
        self.escapes.latest = self.escapes.latest.saturating_sub(gone);
        for (open, ..) in &mut self.open {
            open.start -= gone;
            open.end -= gone;
        }
    }

    /// How much has been done: each a look at a byte, at an escape, at eight bytes or at a place.
    pub(super) fn steps(&self) -> u64 {
        self.steps + self.escapes.steps + self.transcript.as_ref().map_or(0, |transcript| transcript.steps)
    }

    fn drop_transcript(&mut self) {
        self.steps += self.transcript.take().map_or(0, |transcript| transcript.steps);
    }

    /// The needles that end in these bytes at this place.
    ///
    /// Where one can begin at several places it begins at the last of them: a caller that has `%3` written before a value
    /// whose first byte is a `1` must not learn that by the `%3` being covered as a part of `%31`.
    fn look(
        &mut self,
        needles: &Needles,
        text: &[u8],
        (origin, end): (usize, usize),
        window: u64,
        is_whole: bool,
        marks: &mut Marks,
    ) {
        for (position, needle) in needles.ending_in(window).iter().enumerate() {
            self.steps += 1;
            let longest = needle.longest(needles.longest());
            let transcript = self.transcript.get_or_insert_with(|| Transcript::new(needles.base, origin));
            let print = needle.fingerprint(needles.base);
            let start = if transcript.stands(text, end, needle.length(), print) {
                Some(end - needle.length())
            } else if self.escapes.latest + longest > end {
                transcript.beginning(text, (end.saturating_sub(longest), end), needle.length(), print)
            } else {
                None
            };
            let Some(start) = start else { continue };
            let found = Match { start: needle.with_digit_before(text, start), end, name: needle.name };
            match needle.end_of_all(text, end, is_whole) {
                End::At(end) => marks.add(Match { end, ..found }),
                End::Unknown => self.open.push((found, window, position)),
                End::None => {}
            }
        }
    }

    /// Adds the matches that had yet to end.
    fn close(&mut self, needles: &Needles, text: &[u8], is_whole: bool, marks: &mut Marks) {
        self.open.retain(|(found, window, position)| {
            let needle = needles.ending_in(*window).get(*position);
            match needle.map_or(End::None, |needle| needle.end_of_all(text, found.end, is_whole)) {
                End::At(end) => marks.add(Match { end, ..*found }),
                End::Unknown => return true,
                End::None => {}
            }
            false
        });
    }
}
