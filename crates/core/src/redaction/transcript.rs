//! A text as it stands, and as it is read.

use super::escape::{INTRODUCERS, LONGEST_ESCAPE, Unit, unit_at};
use super::fingerprint::{Base, Fingerprint};
use super::needles::Wanted;

/// No place, or no count.
const NONE: u32 = u32::MAX;

/// In bytes: how far beyond a place a text is copied that is.
const AHEAD: usize = 256;

/// The count of the first place: what is within an escape has a lower one than what comes before it.
const FIRST_COUNT: usize = 32;

/// Tells in a few steps what a stretch of a text is, and what it means, for every place at which it may begin.
///
/// Made of a text once the end of a needle has been met in it, and of no more than a needle can have before that.
#[derive(Default)]
pub(super) struct Transcript {
    base: Base,
    /// The first place.
    origin: usize,
    /// For each place from there on: the fingerprint of the text as it stands, up to there.
    text: Vec<Fingerprint>,
    /// For each place from there on, as far as anyone has asked: the count of bytes that the text means up to there;
    /// [`NONE`] within an escape.
    counts: Vec<u32>,
    /// By that count.
    means: Vec<Meaning>,
    /// How many escapes, places and bytes have been looked at.
    pub(super) steps: u64,
}

/// A place outside escapes, and those within one that are read on from with the same count.
///
/// From each place there is one way to read on. The ways meet: whoever begins within an escape reads its bytes as they
/// are, and is at its end with everyone else. So such a place has the count of its escape's end, less one for each byte
/// between them.
#[derive(Clone, Copy)]
struct Meaning {
    /// [`NONE`] in the middle of what one escape means.
    at: u32,
    /// A bit for each number of bytes that some escape ends so many counts later, and is longer than.
    within: u32,
    fingerprint: Fingerprint,
}

const NOWHERE: Meaning = Meaning { at: NONE, within: 0, fingerprint: Fingerprint::NONE };

impl Transcript {
    /// Begins at this place, unless it has begun before.
    #[inline]
    pub(super) fn begin(&mut self, base: Base, origin: usize) {
        if self.text.is_empty() {
            self.base = base;
            self.origin = origin;
            self.text.push(Fingerprint::NONE);
            self.means.resize(FIRST_COUNT, NOWHERE);
            self.reach(Fingerprint::NONE);
        }
    }

    /// Forgets all of it.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.counts.clear();
        self.means.clear();
    }

    /// How many places it knows.
    pub(super) const fn length(&self) -> usize {
        self.text.len()
    }

    /// Whether the text before `end` is what is wanted.
    #[inline]
    pub(super) fn stands(&mut self, text: &[u8], end: usize, wanted: &Wanted) -> bool {
        let Some(end) = end.checked_sub(self.origin) else { return false };
        if self.text.len() <= end {
            self.copy(text, end);
        }
        let (fingerprint, power) = wanted.fingerprint;
        let Some(start) = end.checked_sub(wanted.length).and_then(|start| self.text.get(start)) else {
            return false;
        };
        self.text.get(end).is_some_and(|whole| start.to(*whole, power) == fingerprint)
    }

    /// The last place from which the text up to `end` means what is wanted. It has been asked whether it
    /// [`stands`](Self::stands) there.
    pub(super) fn beginning(&mut self, text: &[u8], end: usize, wanted: &Wanted) -> Option<usize> {
        self.read(text, end);
        let last = end.checked_sub(self.origin)?;
        let count = *self.counts.get(last)? as usize;
        let whole = self.means.get(count)?.fingerprint;
        let first = count.checked_sub(wanted.length)?;
        let from = self.means.get(first)?;
        let (fingerprint, power) = wanted.fingerprint;
        let is_it = |start: Fingerprint| start.to(whole, power) == fingerprint;
        let outside = (from.at != NONE && is_it(from.fingerprint)).then_some(from.at as usize);
        let mut start = outside;
        let mut within = from.within;
        self.steps += 1;
        while within != 0 {
            let distance = within.trailing_zeros() as usize;
            within &= within - 1;
            self.steps += 1;
            // What is read from within an escape: its bytes as they stand, and then as everyone else.
            let Some(escape) = self.means.get(first + distance) else { break };
            let place = (escape.at as usize).saturating_sub(distance);
            let standing =
                [place, escape.at as usize].map(|at| self.text.get(at).copied().unwrap_or_default());
            let [before, after] = standing;
            // A place after the end can have a count that is as low.
            if place + wanted.length <= last
                && is_it(self.base.meeting(before, after, escape.fingerprint, distance))
            {
                start = start.max(Some(place));
            }
        }
        let start = start? + self.origin;
        (start + wanted.longest >= end).then_some(start)
    }

    fn copy(&mut self, text: &[u8], end: usize) {
        let (known, until) = (self.origin + self.text.len() - 1, self.origin + end + AHEAD);
        // Where one needle ends there may be more.
        let bytes = text.get(known..until.min(text.len())).unwrap_or_default();
        let mut last = self.text.last().copied().unwrap_or_default();
        self.text.extend(bytes.iter().map(|byte| {
            last = self.base.append(last, opaque(*byte));
            last
        }));
        self.steps += bytes.len() as u64;
    }

    /// Reads on up to `end`, or to the end of the escape that it is in.
    fn read(&mut self, text: &[u8], end: usize) {
        let mut fingerprint = self.means.last().copied().unwrap_or(NOWHERE).fingerprint;
        loop {
            let at = self.origin + self.counts.len() - 1;
            let Some(byte) = text.get(at).filter(|_| at < end) else { return };
            self.steps += 1;
            let unit = if INTRODUCERS.contains(byte) { unit_at(text, at, true) } else { Unit::Plain };
            if let Unit::Escape(escape) = unit {
                for byte in escape.bytes() {
                    fingerprint = self.base.append(fingerprint, u16::from(*byte));
                }
                // In the middle of what it means nobody begins or ends.
                self.means.resize(self.means.len() + escape.bytes().len() - 1, NOWHERE);
                let end = self.means.len();
                for distance in 1..escape.width.min(LONGEST_ESCAPE) {
                    if let Some(meaning) = self.means.get_mut(end - distance) {
                        meaning.within |= 1 << distance;
                    }
                    self.steps += 1;
                }
                self.counts.resize(self.counts.len() + escape.width - 1, NONE);
            } else {
                fingerprint = self.base.append(fingerprint, opaque(*byte));
            }
            self.reach(fingerprint);
        }
    }

    /// A place that is not within an escape.
    fn reach(&mut self, fingerprint: Fingerprint) {
        let number = |length: usize| u32::try_from(length).unwrap_or(NONE);
        let (at, count) = (number(self.counts.len()), number(self.means.len()));
        self.means.push(Meaning { at, within: 0, fingerprint });
        self.counts.push(count);
    }
}

/// A line's end is never part of a needle, unless it is escaped.
#[inline]
fn opaque(byte: u8) -> u16 {
    u16::from(byte) + if matches!(byte, b'\n' | b'\r') { 256 } else { 0 }
}
