//! A first look at every eight bytes of a text.

use zeroize::Zeroizing;

use super::needle::WINDOW;

/// Bits of a hash that choose a cell, at least.
const FEWEST_BITS: u32 = 13;

/// For each end as many cells, at least, so that few texts share one with any.
const CELLS_AN_END: usize = 64;

/// Tells whether a needle may end in eight bytes, with the same work whatever they are: a hash and a look at one cell.
/// Its keys are secret and of one response only, so which texts share a cell with a needle tells nothing. Of a single
/// multiplication the factor could be computed from texts that share cells, and from that a needle.
pub(super) struct Filter {
    keys: Keys,
    shift: u32,
    /// For each cell: nothing, or one more than the position of an end, or [`SEARCH`].
    cells: Box<[u8]>,
    /// Sorted, each once.
    ends: Zeroizing<Vec<u64>>,
}

/// Of the hash.
pub(super) type Keys = [u64; 3];

const NOTHING: u8 = 0;

/// There are several, or its position is too large for a cell.
const SEARCH: u8 = u8::MAX;

impl Filter {
    /// Of ends that are sorted, each once.
    pub(super) fn new(keys: Keys, ends: Vec<u64>) -> Self {
        let bits = (ends.len() * CELLS_AN_END).next_power_of_two().trailing_zeros().max(FEWEST_BITS);
        let mut cells = vec![NOTHING; 1 << bits];
        let shift = u64::BITS - bits;
        for (position, end) in ends.iter().enumerate() {
            if let Some(cell) = cells.get_mut(cell(*end, keys, shift)) {
                let position = u8::try_from(position + 1).unwrap_or(SEARCH);
                *cell = if *cell == NOTHING { position } else { SEARCH };
            }
        }
        Self { keys, shift, cells: cells.into(), ends: Zeroizing::new(ends) }
    }

    /// The first place in a text at which eight bytes begin in which a needle may end, and these bytes. Rarely wrong, and
    /// never about what it passes by.
    #[inline]
    pub(super) fn first(&self, text: &[u8]) -> Option<(usize, u64)> {
        // On the stack, so that nothing is read twice for each byte.
        let (keys, shift, cells) = (self.keys, self.shift, &*self.cells);
        let ends = text.array_windows::<WINDOW>().map(|window| u64::from_le_bytes(*window));
        ends.enumerate()
            .find(|(_, end)| cells.get(cell(*end, keys, shift)).is_some_and(|cell| *cell != NOTHING))
    }

    /// Whether a needle may end so.
    #[inline]
    pub(super) fn may_end(&self, end: u64) -> bool {
        self.cell(end) != NOTHING
    }

    /// The position of this end.
    #[inline]
    pub(super) fn position(&self, end: u64) -> Option<usize> {
        match self.cell(end) {
            NOTHING => None,
            SEARCH => self.ends.binary_search(&end).ok(),
            position => Some(usize::from(position) - 1).filter(|at| self.ends.get(*at) == Some(&end)),
        }
    }

    #[inline]
    fn cell(&self, end: u64) -> u8 {
        self.cells.get(cell(end, self.keys, self.shift)).copied().unwrap_or(NOTHING)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the shift leaves as many bits as there are cells")]
#[inline]
const fn cell(end: u64, [first, second, third]: Keys, shift: u32) -> usize {
    let mixed = (end ^ first).wrapping_mul(second | 1);
    ((mixed ^ mixed >> 32).wrapping_mul(third | 1) >> shift) as usize
}
