//! A first look at every eight bytes of a text.

use zeroize::Zeroizing;

use super::needle::WINDOW;

/// Bits of a hash that choose a cell.
const BITS: u32 = 13;
const CELLS: usize = 1 << BITS;

/// Tells whether a needle may end in eight bytes, with the same work whatever they are: a hash and a look at one cell
/// of 8,192. Its keys are secret and of one response only, so which texts share a cell with a needle tells nothing. Of
/// a single multiplication the factor could be computed from texts that share cells, and from that a needle.
pub(super) struct Filter {
    keys: Keys,
    cells: Box<[bool; CELLS]>,
    ends: Zeroizing<Vec<u64>>,
    needles: Vec<usize>,
}

/// Of the hash.
pub(super) type Keys = [u64; 3];

impl Filter {
    pub(super) fn new(keys: Keys) -> Self {
        let (ends, needles) = (Zeroizing::new(Vec::new()), Vec::new());
        Self { keys, cells: Box::new([false; CELLS]), ends, needles }
    }

    /// A needle, by its position, and eight bytes in which it can end.
    pub(super) fn add(&mut self, end: u64, needle: usize) {
        if let Some(cell) = self.cells.get_mut(cell(end, self.keys)) {
            *cell = true;
        }
        self.ends.push(end);
        self.needles.push(needle);
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }

    /// Whether a needle may end so. Rarely wrong, and never when it says no.
    pub(super) fn may_end(&self, end: u64) -> bool {
        self.cells.get(cell(end, self.keys)).copied().unwrap_or_default()
    }

    /// The first place in a text at which eight bytes begin in which a needle may end, and these bytes.
    pub(super) fn first(&self, text: &[u8]) -> Option<(usize, u64)> {
        // On the stack, so that nothing is read twice for each byte.
        let (keys, cells) = (self.keys, &*self.cells);
        let ends = text.array_windows::<WINDOW>().map(|window| u64::from_le_bytes(*window));
        ends.enumerate().find(|(_, end)| cells.get(cell(*end, keys)).copied().unwrap_or_default())
    }

    /// The needles that end so.
    pub(super) fn needles(&self, end: u64) -> impl Iterator<Item = usize> {
        self.ends
            .iter()
            .zip(&self.needles)
            .filter(move |(known, _)| **known == end)
            .map(|(_, needle)| *needle)
    }
}

const fn cell(end: u64, [first, second, third]: Keys) -> usize {
    let mixed = (end ^ first).wrapping_mul(second | 1);
    ((mixed ^ mixed >> 32).wrapping_mul(third | 1) >> (u64::BITS - BITS)) as usize
}
