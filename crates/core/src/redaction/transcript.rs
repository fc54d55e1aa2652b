//! A text as it stands, and as it is read.

use super::escape::{LONGEST_ESCAPE, Unit, unit_at};
use super::fingerprint::{Base, Fingerprint};

/// No place.
const NONE: u32 = u32::MAX;

/// From the first place of the text on, an escape is read before as many bytes that it means are there.
const ROOM: u32 = 32;

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
    /// For each count of bytes that the text means: the last place that it leads to.
    last: Vec<u32>,
    /// How many escapes, places and bytes have been looked at.
    pub(super) steps: u64,
}

/// A place at which a needle can begin.
///
/// From each there is one way to read on. The ways meet: whoever begins within an escape reads its bytes as they are,
/// and is at its end with everyone else. So for such a place the count and the fingerprint are worked out from that
/// end backwards, as if what comes before were a text that leads there.
#[derive(Clone, Copy)]
struct Place {
    meaning: Fingerprint,
    /// How many bytes the text means up to there.
    count: u32,
    /// The place before it with the same count.
    same: u32,
    is_within_escape: bool,
}

impl Transcript {
    pub(super) fn new(base: Base, origin: usize) -> Self {
        let start =
            Place { meaning: Fingerprint::default(), count: ROOM, same: NONE, is_within_escape: false };
        let mut transcript = Self {
            base,
            origin,
            text: vec![Fingerprint::default()],
            places: Vec::new(),
            last: Vec::new(),
            steps: 0,
        };
        transcript.link(start);
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
        (fingerprint, power): (Fingerprint, u64),
    ) -> bool {
        self.copy(text, end);
        let print = |place: usize| self.text.get(place.checked_sub(self.origin)?).copied();
        let start = end.checked_sub(length).and_then(print);
        start.zip(print(end)).is_some_and(|(start, whole)| start.to(whole, power) == fingerprint)
    }

    /// The last place from which the text means so many bytes up to `end`, with this fingerprint; none before `from`.
    pub(super) fn beginning(
        &mut self,
        text: &[u8],
        (from, end): (usize, usize),
        length: usize,
        (fingerprint, power): (Fingerprint, u64),
    ) -> Option<usize> {
        self.read(text, end);
        let whole = *self.places.get(end.checked_sub(self.origin)?)?;
        let count = whole.count.checked_sub(u32::try_from(length).ok()?)?;
        let mut next = *self.last.get(usize::try_from(count).ok()?)?;
        while !whole.is_within_escape && next != NONE {
            self.steps += 1;
            let at = usize::try_from(next).ok()?;
            let place = self.places.get(at)?;
            let start = self.origin + at;
            // A place after the end can have a count that is as low.
            if start + length <= end && place.meaning.to(whole.meaning, power) == fingerprint {
                return (start >= from).then_some(start);
            }
            next = place.same;
        }
        None
    }

    fn copy(&mut self, text: &[u8], end: usize) {
        let known = self.origin + self.text.len() - 1;
        for byte in text.get(known..end).unwrap_or_default() {
            let last = self.text.last().copied().unwrap_or_default();
            self.text.push(self.base.append(last, opaque(*byte)));
            self.steps += 1;
        }
    }

    /// Reads on up to `end`, or to the end of the escape that it is in.
    fn read(&mut self, text: &[u8], end: usize) {
        while let Some(before) = self.places.last().copied()
            && let at = self.origin + self.places.len() - 1
            && at < end
            && let Some(byte) = text.get(at)
        {
            self.steps += 1;
            if let Unit::Escape(escape) = unit_at(text, at, true) {
                let bytes = escape.bytes();
                let meaning = bytes
                    .iter()
                    .fold(before.meaning, |print, byte| self.base.append(print, u16::from(*byte)));
                let count = before.count + u32::try_from(bytes.len()).unwrap_or_default();
                let after = Place { meaning, count, same: NONE, is_within_escape: false };
                self.enter(text.get(at + 1..at + escape.width).unwrap_or_default(), after);
                self.link(after);
            } else {
                let meaning = self.base.append(before.meaning, opaque(*byte));
                self.link(Place { meaning, count: before.count + 1, same: NONE, is_within_escape: false });
            }
        }
    }

    /// The places within an escape, of which these bytes are all but the first, up to this place.
    fn enter(&mut self, bytes: &[u8], after: Place) {
        let mut place = Place { is_within_escape: true, ..after };
        let mut inside = [place; LONGEST_ESCAPE];
        for (known, byte) in inside.iter_mut().zip(bytes.iter().rev()) {
            place.meaning = self.base.without(place.meaning, *byte);
            place.count -= 1;
            *known = place;
            self.steps += 1;
        }
        for place in inside.iter().take(bytes.len()).rev() {
            self.link(*place);
        }
    }

    fn link(&mut self, place: Place) {
        let count = usize::try_from(place.count).unwrap_or_default();
        if self.last.len() <= count {
            self.last.resize(count + 1, NONE);
        }
        let at = u32::try_from(self.places.len()).unwrap_or(NONE);
        let same = self.last.get_mut(count).map_or(NONE, |last| std::mem::replace(last, at));
        self.places.push(Place { same, ..place });
    }
}

/// A line's end is never part of a needle, unless it is escaped.
fn opaque(byte: u8) -> u16 {
    u16::from(byte) + if matches!(byte, b'\n' | b'\r') { 256 } else { 0 }
}
