//! A first look at every eight bytes of a text.

use super::needle::WINDOW;

/// Bits of a hash that choose a cell, at least.
const FEWEST_BITS: u32 = 13;

/// For each needle as many cells, at least, so that few texts share one with any.
const CELLS_A_NEEDLE: usize = 64;

/// Tells whether a needle may end in eight bytes, with the same work whatever they are: a hash and a look at one cell.
/// Its keys are secret and of one response only, so which texts share a cell with a needle tells nothing. Of a single
/// multiplication the factor could be computed from texts that share cells, and from that a needle.
pub(super) struct Filter {
    keys: Keys,
    shift: u32,
    cells: Box<[bool]>,
}

/// Of the hash.
pub(super) type Keys = [u64; 3];

impl Filter {
    pub(super) fn new(keys: Keys, ends: impl ExactSizeIterator<Item = u64>) -> Self {
        let bits = (ends.len() * CELLS_A_NEEDLE).next_power_of_two().trailing_zeros().max(FEWEST_BITS);
        let mut filter = Self { keys, shift: u64::BITS - bits, cells: vec![false; 1 << bits].into() };
        for end in ends {
            let cell = filter.cell(end);
            if let Some(cell) = filter.cells.get_mut(cell) {
                *cell = true;
            }
        }
        filter
    }

    /// Whether a needle may end so. Rarely wrong, and never when it says no.
    pub(super) fn may_end(&self, end: u64) -> bool {
        self.cells.get(self.cell(end)).copied().unwrap_or_default()
    }

    /// The first place in a text at which eight bytes begin in which a needle may end, and these bytes.
    pub(super) fn first(&self, text: &[u8]) -> Option<(usize, u64)> {
        // On the stack, so that nothing is read twice for each byte.
        let (keys, shift, cells) = (self.keys, self.shift, &*self.cells);
        let ends = text.array_windows::<WINDOW>().map(|window| u64::from_le_bytes(*window));
        ends.enumerate().find(|(_, end)| cells.get(cell(*end, keys, shift)).copied().unwrap_or_default())
    }

    fn cell(&self, end: u64) -> usize {
        cell(end, self.keys, self.shift)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the shift leaves as many bits as there are cells")]
const fn cell(end: u64, [first, second, third]: Keys, shift: u32) -> usize {
    let mixed = (end ^ first).wrapping_mul(second | 1);
    ((mixed ^ mixed >> 32).wrapping_mul(third | 1) >> shift) as usize
}
