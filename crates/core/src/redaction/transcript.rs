//! A text as it stands, and as it is read.

use super::escape::{INTRODUCERS, Unit, unit_at};
use super::fingerprint::{Base, Fingerprint, Power};

/// No place.
const NONE: u32 = u32::MAX;

/// The count of the first place: what is within an escape has a lower one than what comes before it.
const FIRST_COUNT: u32 = 32;

/// Tells in a few steps what a stretch of a text is, and what it means, for every place at which it may begin.
///
/// Made of a text once the end of a needle has been met in it, and of no more than a needle can have before that.
pub(super) struct Transcript {
    base: Base,
    /// The first place.
    origin: usize,
    /// For each place from there on: the fingerprint of the text as it stands, up to there.
    text: Vec<Fingerprint>,
    /// For each place from there on, as far as anyone has asked.
    places: Vec<Place>,
    /// For each count: the place with it that is not within an escape, and the last that is.
    by_count: Vec<(u32, u32)>,
    /// How many escapes, places and bytes have been looked at.
    pub(super) steps: u64,
}

/// A place at which a needle can begin, with the count of bytes that the text means up to there.
///
/// From each there is one way to read on. The ways meet: whoever begins within an escape reads its bytes as they are,
/// and is at its end with everyone else. So for such a place the count and the fingerprint are worked out from that
/// end backwards, as if what comes before were a text that leads there.
#[derive(Clone, Copy)]
struct Place {
    meaning: Fingerprint,
    count: u32,
    /// Of a place within an escape: the last before it that has the same count and is within an escape too.
    same: u32,
}

impl Transcript {
    pub(super) fn new(base: Base, origin: usize) -> Self {
        let mut transcript = Self {
            base,
            origin,
            text: vec![Fingerprint::default()],
            places: Vec::new(),
            by_count: vec![(NONE, NONE); FIRST_COUNT as usize],
            steps: 0,
        };
        transcript.lead_to(Fingerprint::default(), FIRST_COUNT);
        transcript
    }

    /// How many places it knows.
    pub(super) const fn length(&self) -> usize {
        self.text.len()
    }

    /// Whether the `length` bytes before `end` have this fingerprint; `power` is that of their length.
    pub(super) fn stands(
        &mut self,
        text: &[u8],
        end: usize,
        length: usize,
        (fingerprint, power): (Fingerprint, Power),
    ) -> bool {
        self.copy(text, end);
        let Some(end) = end.checked_sub(self.origin) else { return false };
        let Some(start) = end.checked_sub(length).and_then(|start| self.text.get(start)) else {
            return false;
        };
        self.text.get(end).is_some_and(|whole| start.to(*whole, power) == fingerprint)
    }

    /// The last place from which the text means so many bytes up to `end`, with this fingerprint; none before `from`.
    pub(super) fn beginning(
        &mut self,
        text: &[u8],
        (from, end): (usize, usize),
        length: usize,
        (fingerprint, power): (Fingerprint, Power),
    ) -> Option<usize> {
        self.read(text, end);
        let at_end = end.checked_sub(self.origin)?;
        let whole = *self.places.get(at_end)?;
        let count = usize::try_from(whole.count).ok()?.checked_sub(length)?;
        // Within an escape nobody has read on from before it.
        self.by_count.get(usize::try_from(whole.count).ok()?).filter(|(outside, _)| is(*outside, at_end))?;
        let (outside, mut inside) = *self.by_count.get(count)?;
        let begins = |at: u32| {
            let at = usize::try_from(at).ok()?;
            let place = self.places.get(at)?;
            // A place after the end can have a count that is as low.
            let is_before = at + length <= at_end;
            (is_before && place.meaning.to(whole.meaning, power) == fingerprint).then_some(at + self.origin)
        };
        let mut last = begins(outside);
        self.steps += 1;
        while let Some(place) = self.places.get(usize::try_from(inside).ok()?) {
            last = last.max(begins(inside));
            inside = place.same;
            self.steps += 1;
        }
        last.filter(|start| *start >= from)
    }

    fn copy(&mut self, text: &[u8], end: usize) {
        let known = self.origin + self.text.len() - 1;
        let Some(bytes) = text.get(known..end) else { return };
        let mut last = self.text.last().copied().unwrap_or_default();
        self.text.extend(bytes.iter().map(|byte| {
            last = self.base.append(last, opaque(*byte));
            last
        }));
        self.steps += bytes.len() as u64;
    }

    /// Reads on up to `end`, or to the end of the escape that it is in.
    fn read(&mut self, text: &[u8], end: usize) {
        let Some(mut before) = self.places.last().copied() else { return };
        loop {
            let at = self.origin + self.places.len() - 1;
            let Some(byte) = text.get(at).filter(|_| at < end) else { return };
            self.steps += 1;
            let unit = if INTRODUCERS.contains(byte) { unit_at(text, at, true) } else { Unit::Plain };
            if let Unit::Escape(escape) = unit {
                for byte in escape.bytes() {
                    before.meaning = self.base.append(before.meaning, u16::from(*byte));
                    before.count += 1;
                }
                self.enter(text.get(at + 1..at + escape.width).unwrap_or_default(), before);
            } else {
                before.meaning = self.base.append(before.meaning, opaque(*byte));
                before.count += 1;
            }
            self.lead_to(before.meaning, before.count);
        }
    }

    /// The places within an escape, of which these bytes are all but the first, up to this place.
    fn enter(&mut self, bytes: &[u8], mut place: Place) {
        let first = self.places.len();
        self.places.resize(first + bytes.len(), place);
        self.steps += bytes.len() as u64;
        for (at, byte) in bytes.iter().enumerate().rev() {
            place.meaning = self.base.without(place.meaning, *byte);
            place.count -= 1;
            if let Some(known) = self.places.get_mut(first + at) {
                *known = place;
            }
        }
        for at in first..self.places.len() {
            let Some(place) = self.places.get_mut(at) else { return };
            let count = place.count as usize;
            if self.by_count.len() <= count {
                self.by_count.resize(count + 1, (NONE, NONE));
            }
            if let Some((_, inside)) = self.by_count.get_mut(count) {
                place.same = std::mem::replace(inside, u32::try_from(at).unwrap_or(NONE));
            }
        }
    }

    /// A place that is not within an escape.
    fn lead_to(&mut self, meaning: Fingerprint, count: u32) {
        let at = u32::try_from(self.places.len()).unwrap_or(NONE);
        self.places.push(Place { meaning, count, same: NONE });
        let count = count as usize;
        if self.by_count.len() <= count {
            self.by_count.resize(count + 1, (NONE, NONE));
        }
        if let Some((outside, _)) = self.by_count.get_mut(count) {
            *outside = at;
        }
    }
}

fn is(place: u32, at: usize) -> bool {
    usize::try_from(place) == Ok(at)
}

/// A line's end is never part of a needle, unless it is escaped.
#[inline]
fn opaque(byte: u8) -> u16 {
    u16::from(byte) + if matches!(byte, b'\n' | b'\r') { 256 } else { 0 }
}
