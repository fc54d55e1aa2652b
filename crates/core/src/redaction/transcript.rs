//! A text as it is, and what it means.

use super::escape::{INTRODUCERS, LONGEST_ESCAPE, Unit, unit_at};
use super::fingerprint::{Base, Fingerprint};
use super::needles::Wanted;

/// Means that there is no place, or no count.
const NONE: u32 = u32::MAX;

/// In bytes: how far the text is copied beyond the place that is needed.
pub(super) const AHEAD: usize = 256;

/// The count of the first place. It is not 0, because a place within an escape can have a lower count than the places
/// before it.
const FIRST_COUNT: usize = 32;

/// Tells in a few steps whether a piece of text is, or means, a wanted text, for every place at which it may begin.
///
/// It is made when the end of a needle is found, and goes back no further than a needle can begin.
#[derive(Default)]
pub(super) struct Transcript {
    base: Base,
    /// The first place.
    origin: usize,
    /// For each place from there on: the fingerprint of the literal text up to it.
    text: Vec<Fingerprint>,
    /// For each place from there on, as far as it was needed: the count of bytes that the text means up to it; [`NONE`]
    /// within an escape.
    counts: Vec<u32>,
    /// Indexed by that count.
    means: Vec<Meaning>,
    /// The number of escapes, places and bytes that have been read.
    pub(super) steps: u64,
}

/// The places with one count: one outside escapes, and any number within escapes.
///
/// From each place there is one way to read on, and the ways meet. A reading that begins within an escape takes the
/// escape's bytes literally, and continues after the escape like every other reading. So a place within an escape has
/// the count of the escape's end, less one for each byte between the two.
#[derive(Clone, Copy)]
struct Meaning {
    /// The place outside escapes; [`NONE`] between two bytes that one escape means.
    at: u32,
    /// Bit `n` is set if an escape of more than `n` bytes ends `n` counts later.
    within: u32,
    fingerprint: Fingerprint,
}

const NOWHERE: Meaning = Meaning { at: NONE, within: 0, fingerprint: Fingerprint::NONE };

impl Transcript {
    /// Starts the transcript at `origin`, unless it has been started.
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

    /// Removes all places.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.counts.clear();
        self.means.clear();
    }

    /// The number of places.
    pub(super) const fn length(&self) -> usize {
        self.text.len()
    }

    /// Whether the wanted text is literally before `end`.
    #[inline]
    pub(super) fn is_before(&mut self, text: &[u8], end: usize, wanted: &Wanted) -> bool {
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

    /// The last place from which the text up to `end` means the wanted text. [`is_before`](Self::is_before) has to be
    /// called first, because it copies the text.
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
            // A reading from within an escape takes the escape's bytes literally, and continues like every other
            // reading.
            let Some(escape) = self.means.get(first + distance) else { break };
            let place = (escape.at as usize).saturating_sub(distance);
            let standing =
                [place, escape.at as usize].map(|at| self.text.get(at).copied().unwrap_or_default());
            let [before, after] = standing;
            // A place after the end can have the same count.
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
        // More needles may end soon after this one.
        let bytes = text.get(known..until.min(text.len())).unwrap_or_default();
        let mut last = self.text.last().copied().unwrap_or_default();
        self.text.extend(bytes.iter().map(|byte| {
            last = self.base.append(last, opaque(*byte));
            last
        }));
        self.steps += bytes.len() as u64;
    }

    /// Reads on up to `end`, or to the end of the escape that contains it.
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
                // No reading begins or ends between the bytes that one escape means.
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

    /// Adds the next place outside escapes.
    fn reach(&mut self, fingerprint: Fingerprint) {
        let number = |length: usize| u32::try_from(length).unwrap_or(NONE);
        let (at, count) = (number(self.counts.len()), number(self.means.len()));
        self.means.push(Meaning { at, within: 0, fingerprint });
        self.counts.push(count);
    }
}

/// The digit for a byte. The literal end of a line gets one that no needle has, because only an escaped one can be part
/// of a needle.
#[inline]
fn opaque(byte: u8) -> u16 {
    u16::from(byte) + if matches!(byte, b'\n' | b'\r') { 256 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redaction::filter::Keys;
    use crate::redaction::needles::Needles;

    /// The steps of one comparison at the end of the text.
    fn steps(text: &str, end: usize) -> [u64; 2] {
        let needles = Needles::new([("api", "12345678")].into_iter(), Keys::default(), 7);
        let position = needles.filter.position(u64::from_le_bytes(*b"12345678")).unwrap();
        let (_, wanted) = needles.ending_in(position).next().unwrap();
        let mut transcript = Transcript::default();
        transcript.begin(needles.base, 0);
        assert!(!transcript.is_before(text.as_bytes(), end, wanted));
        let copied = transcript.steps;
        assert_eq!(transcript.beginning(text.as_bytes(), end, wanted), Some(0));
        [copied, transcript.steps - copied]
    }

    /// The limit of steps means something only if all work is counted.
    #[test]
    fn case_49_its_steps_are_the_bytes_the_units_and_the_places_within_escapes() {
        // Copied: 10 bytes. Read: 8 units, and 2 places within an escape. Compared: 2 places.
        assert_eq!(steps("1%32345678", 10), [10, 8 + 2 + 2]);
        // No more than is needed soon is copied.
        let longer = ["1%32345678", &".".repeat(1000)].concat();
        assert_eq!(steps(&longer, 10), [10 + AHEAD as u64, 8 + 2 + 2]);
    }
}
