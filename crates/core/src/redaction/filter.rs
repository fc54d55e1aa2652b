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

    /// The first place in a text at which eight bytes begin that are the end of a needle, and the position of that end.
    #[inline]
    pub(super) fn first(&self, text: &[u8]) -> Option<(usize, usize)> {
        // On the stack, so that nothing is read twice for each byte.
        let (keys, shift, cells) = (self.keys, self.shift, &*self.cells);
        let windows = text.array_windows::<WINDOW>().map(|window| u64::from_le_bytes(*window));
        windows.enumerate().find_map(|(at, window)| {
            let cell = cells.get(cell(window, keys, shift)).copied().unwrap_or(NOTHING);
            if cell == NOTHING { None } else { self.position_in(cell, window).map(|position| (at, position)) }
        })
    }

    /// The position of the end that is these bytes.
    #[inline]
    pub(super) fn position(&self, window: u64) -> Option<usize> {
        match self.cells.get(cell(window, self.keys, self.shift)) {
            None | Some(&NOTHING) => None,
            Some(cell) => self.position_in(*cell, window),
        }
    }

    fn position_in(&self, cell: u8, window: u64) -> Option<usize> {
        if cell == SEARCH {
            return self.ends.binary_search(&window).ok();
        }
        let position = usize::from(cell) - 1;
        (self.ends.get(position) == Some(&window)).then_some(position)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the shift leaves as many bits as there are cells")]
#[inline]
const fn cell(end: u64, [first, second, third]: Keys, shift: u32) -> usize {
    let mixed = (end ^ first).wrapping_mul(second | 1);
    ((mixed ^ mixed >> 32).wrapping_mul(third | 1) >> shift) as usize
}
