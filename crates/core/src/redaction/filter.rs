//! A first look at every eight bytes of a text.

use zeroize::Zeroizing;

/// How many bits choose a cell.
const CELL_BITS: u32 = 15;
const WORDS: usize = 1 << (CELL_BITS - 6);

/// Tells whether a needle may end in eight bytes, with the same work whatever they are: a multiplication and a look
/// at one bit of 32,768. The multiplier is secret and of one response only, so which texts share a bit with a
/// needle tells nothing.
pub(super) struct Filter {
    multiplier: u64,
    cells: Box<[u64; WORDS]>,
    ends: Zeroizing<Vec<u64>>,
    needles: Vec<usize>,
}

impl Filter {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            multiplier: seed | 1,
            cells: Box::new([0; WORDS]),
            ends: Zeroizing::new(Vec::new()),
            needles: Vec::new(),
        }
    }

    /// A needle, by its position, and eight bytes in which it can end.
    pub(super) fn add(&mut self, end: u64, needle: usize) {
        let (word, bit) = self.cell(end);
        if let Some(cells) = self.cells.get_mut(word) {
            *cells |= bit;
        }
        self.ends.push(end);
        self.needles.push(needle);
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }

    /// Whether a needle may end so. Rarely wrong, and never when it says no.
    #[inline]
    pub(super) fn may_end(&self, end: u64) -> bool {
        let (word, bit) = self.cell(end);
        self.cells.get(word).is_some_and(|cells| cells & bit != 0)
    }

    /// The needles that end so.
    pub(super) fn needles(&self, end: u64) -> impl Iterator<Item = usize> {
        self.ends
            .iter()
            .zip(&self.needles)
            .filter(move |(known, _)| **known == end)
            .map(|(_, needle)| *needle)
    }

    #[inline]
    const fn cell(&self, end: u64) -> (usize, u64) {
        let hash = end.wrapping_mul(self.multiplier) >> (64 - CELL_BITS);
        let word = (hash >> 6) as usize;
        (word, 1 << (hash & 63))
    }
}
