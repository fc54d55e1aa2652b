//! A body, piece by piece.

use memchr::memrchr;

use super::needles::{Glasses, Match, Needles, merge};

/// Looks for needles in a body and replaces them. One of them sees the whole of one body, in order.
#[derive(Debug)]
pub struct Redactor {
    needles: Needles,
    glasses: Glasses,
    /// What has arrived and has not been released.
    held: Vec<u8>,
    found: Vec<Match>,
    /// The mark of the first match stands in what has been released already.
    marked: bool,
}

/// What may go to the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// How many bytes, from the first that has not been released.
    pub length: usize,
    /// What goes in their place; `None` where they go as they are.
    pub replaced: Option<Vec<u8>>,
}

impl Redactor {
    /// Of a body of which nothing has arrived.
    #[must_use]
    pub fn new(needles: Needles) -> Self {
        let glasses = needles.glasses();
        Self { needles, glasses, held: Vec::new(), found: Vec::new(), marked: false }
    }

    /// Takes the next piece.
    ///
    /// Everything up to the last line feed is released at once, since no needle holds one; of the rest, all but one
    /// byte less than the longest needle. So a needle that is not complete is never released, and when which byte is
    /// released says nothing of how much of a needle has arrived.
    pub fn push(&mut self, piece: &[u8]) -> Released {
        let from = self.held.len();
        self.held.extend_from_slice(piece);
        let Self { needles, glasses, held, found, .. } = self;
        needles.find(held, from, glasses, &mut |one| merge(found, one));

        let line = memrchr(b'\n', piece).map_or(0, |at| from + at + 1);
        let hold = self.needles.longest().saturating_sub(1);
        self.release(line.max(self.held.len().saturating_sub(hold)))
    }

    /// Nothing more comes.
    pub fn finish(&mut self) -> Released {
        self.release(self.held.len())
    }

    fn release(&mut self, length: usize) -> Released {
        let due = self.found.partition_point(|found| found.start < length);
        let mut replaced = (due > 0).then(Vec::new);
        let mut rest = 0;
        let mut left = Vec::new();
        if let Some(out) = &mut replaced {
            for found in self.found.drain(..due) {
                out.extend_from_slice(self.held.get(rest..found.start).unwrap_or_default());
                if !std::mem::take(&mut self.marked) {
                    out.extend_from_slice(self.needles.mark(found.name).as_bytes());
                }
                rest = if found.end > length { found.end } else { found.end_in(&self.held) };
                if rest > length {
                    let takes_digit = found.takes_digit && found.end > length;
                    left.push(Match { start: length, end: rest, takes_digit, ..found });
                    self.marked = true;
                }
            }
            out.extend_from_slice(self.held.get(rest..length).unwrap_or_default());
        }
        self.found.splice(0..0, left);
        for found in &mut self.found {
            found.start -= length;
            found.end -= length;
        }
        self.held.drain(..length);
        Released { length, replaced }
    }
}
