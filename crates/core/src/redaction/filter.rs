//! A fast check of every eight bytes of a text.

use zeroize::Zeroizing;

use super::needle::WINDOW;

/// The fewest bits of the hash that choose a cell.
const FEWEST_BITS: u32 = 13;

/// The fewest cells for each end, so that few texts share a cell with an end.
const CELLS_AN_END: usize = 64;

/// Tells whether a needle may end with these eight bytes. The work is the same for any bytes: one hash and one cell.
///
/// The keys are secret and serve one response only, so the texts that share a cell with a needle tell nothing about it.
/// A hash of one multiplication would not do: its factor could be computed from texts that share cells, and then a
/// needle.
pub(super) struct Filter {
    keys: Keys,
    shift: u32,
    /// Each cell holds [`NOTHING`], the position of an end plus one, or [`SEARCH`].
    cells: Box<[u8]>,
    /// The last eight bytes of each needle, sorted and without duplicates.
    ends: Zeroizing<Vec<u64>>,
}

/// The keys of the hash.
pub(super) type Keys = [u64; 3];

const NOTHING: u8 = 0;

/// The cell has several ends, or the position of its end is too large for a cell.
const SEARCH: u8 = u8::MAX;

impl Filter {
    /// Makes a filter of `ends`, which are sorted and without duplicates.
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

    /// Finds the first eight bytes of a text that are the end of a needle. Returns their place and the position of that
    /// end.
    #[inline]
    pub(super) fn first(&self, text: &[u8]) -> Option<(usize, usize)> {
        // Local variables, so that they are not loaded again for each byte.
        let (keys, shift, cells) = (self.keys, self.shift, &*self.cells);
        let windows = text.array_windows::<WINDOW>().map(|window| u64::from_le_bytes(*window));
        windows.enumerate().find_map(|(at, window)| {
            let cell = cells.get(cell(window, keys, shift)).copied().unwrap_or(NOTHING);
            if cell == NOTHING { None } else { self.position_in(cell, window).map(|position| (at, position)) }
        })
    }

    /// The position of the end that has these bytes.
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
