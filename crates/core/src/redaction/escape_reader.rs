//! Reads what a text with escapes means, in windows of eight bytes.

use memchr::memchr3;

use super::escape::{Escape, INTRODUCERS, Unit, unit_at};
use super::needle::WINDOW;

/// Reads a text from each escape until the window no longer holds a byte of that escape. Elsewhere, each byte means
/// itself.
#[derive(Clone)]
pub(super) struct EscapeReader {
    /// The place up to which the text has been read.
    pub(super) at: usize,
    /// Where the last escape ended; 0 if there was none.
    pub(super) latest: usize,
    /// The last eight bytes that the text means, the first in the lowest bits.
    window: u64,
    /// How many bytes the text means since the last escape, at most [`WINDOW`].
    since: usize,
    /// A ring indexed by the count of bytes that the text means. An entry holds the eight bytes of text up to the end
    /// of the escape that ended there.
    ended: [u64; WINDOW],
    /// One bit for each of these escapes within which the current window can begin. Bit `n` is the escape that ended
    /// `n` bytes of meaning ago.
    begun: u8,
    /// The bits to add to `begun`, by the count from which on a window can begin within that escape.
    begin: [u8; WINDOW],
    count: usize,
    /// The number of units and windows that have been read.
    pub(super) steps: u64,
}

impl Default for EscapeReader {
    fn default() -> Self {
        Self {
            at: 0,
            latest: 0,
            window: 0,
            since: WINDOW,
            ended: [0; WINDOW],
            begun: 0,
            begin: [0; WINDOW],
            count: 0,
            steps: 0,
        }
    }
}

impl EscapeReader {
    /// Reads on as far as the meaning of the text is certain. Calls `seen` with the end and the bytes of every window
    /// that has a byte of an escape, also for readings that begin within an escape.
    pub(super) fn read(&mut self, text: &[u8], is_whole: bool, mut seen: impl FnMut(usize, u64)) {
        let [first, second, third] = INTRODUCERS;
        while let Some(byte) = text.get(self.at) {
            let unit =
                if INTRODUCERS.contains(byte) { unit_at(text, self.at, is_whole) } else { Unit::Plain };
            match unit {
                Unit::Unfinished => return,
                Unit::Escape(escape) => {
                    self.take(text, escape);
                    self.see(&mut seen);
                }
                Unit::Plain if self.since < WINDOW => {
                    self.push(*byte);
                    self.since += 1;
                    self.at += 1;
                    self.see(&mut seen);
                }
                Unit::Plain => {
                    let next = text.get(self.at + 1..).unwrap_or_default();
                    let is_next = next.first().is_some_and(|byte| INTRODUCERS.contains(byte));
                    let next = if is_next { Some(0) } else { memchr3(first, second, third, next) };
                    self.at = next.map_or(text.len(), |next| self.at + 1 + next);
                }
            }
            self.steps += 1;
        }
    }

    fn take(&mut self, text: &[u8], escape: Escape) {
        if self.since >= WINDOW {
            self.window = last_eight(text, self.at);
            self.begun = 0;
            self.begin = [0; WINDOW];
        }
        for byte in escape.bytes() {
            self.push(*byte);
        }
        self.at += escape.width;
        self.latest = self.at;
        self.since = 0;
        if let Some(ended) = self.ended.get_mut(self.count % WINDOW) {
            *ended = last_eight(text, self.at);
        }
        // A window can begin with the last two bytes of `%41`; then six more bytes have to follow.
        let missing = WINDOW - (escape.width - 1).min(WINDOW - 1);
        if let Some(begin) = self.begin.get_mut((self.count + missing) % WINDOW) {
            *begin |= 1 << missing;
        }
    }

    #[inline]
    fn push(&mut self, byte: u8) {
        self.window = self.window >> 8 | u64::from(byte) << 56;
        self.count += 1;
        self.begun <<= 1;
        if let Some(begin) = self.begin.get_mut(self.count % WINDOW) {
            self.begun |= std::mem::take(begin);
        }
    }

    /// Reports the window as it is read from before the escapes in it, and as it is read from within each of them.
    #[inline]
    fn see(&mut self, seen: &mut impl FnMut(usize, u64)) {
        seen(self.at, self.window);
        let mut begun = self.begun;
        while begun != 0 {
            let since = begun.trailing_zeros();
            begun &= begun - 1;
            let count = self.count.wrapping_sub(since as usize);
            let Some(ended) = self.ended.get(count % WINDOW) else { return };
            let bits = 8 * since;
            seen(self.at, ended >> bits | self.window & u64::MAX << (u64::BITS - bits));
            self.steps += 1;
        }
    }
}

/// The eight bytes before this place; zeros before the text.
#[inline]
fn last_eight(text: &[u8], at: usize) -> u64 {
    let before = text.get(..at).unwrap_or_default();
    if let Some(bytes) = before.last_chunk() {
        return u64::from_le_bytes(*bytes);
    }
    before.iter().fold(0, |window, byte| window >> 8 | u64::from(*byte) << 56)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The positions and windows that the reader reports while the text grows.
    fn seen(text: &str) -> Vec<(usize, String)> {
        let (mut reader, mut seen) = (EscapeReader::default(), Vec::new());
        let mut add = |end, window: u64| {
            seen.push((end, String::from_utf8_lossy(&window.to_le_bytes()).replace('\0', "")));
        };
        for end in 0..text.len() {
            reader.read(&text.as_bytes()[..end], false, &mut add);
        }
        reader.read(text.as_bytes(), true, &mut add);
        seen
    }

    fn own(found: &[(usize, &str)]) -> Vec<(usize, String)> {
        found.iter().map(|(end, text)| (*end, (*text).to_owned())).collect()
    }

    #[test]
    fn it_reads_until_no_escape_is_in_sight() {
        assert_eq!(seen("0123456789"), []);
        assert_eq!(seen("%%zz\\&;&#"), []);
        assert_eq!(
            seen("0123456%419abcdefghijk"),
            own(&[
                (10, "0123456A"),
                (11, "123456A9"),
                (12, "23456A9a"),
                (13, "3456A9ab"),
                (14, "456A9abc"),
                (15, "56A9abcd"),
                (16, "6A9abcde"),
                (16, "419abcde"),
                (17, "A9abcdef"),
                (17, "19abcdef"),
                (18, "9abcdefg"),
            ])
        );
    }

    #[test]
    fn case_49_its_steps_are_the_units_and_the_windows_that_begin_within_an_escape() {
        for (text, expected) in
            [("0123456789", 1), ("%41", 1), ("%41.......", 8 + 2), ("%41%42", 2), ("%41........%42", 10 + 2)]
        {
            let mut reader = EscapeReader::default();
            reader.read(text.as_bytes(), true, |_, _| {});
            assert_eq!(reader.steps, expected, "{text}");
        }
    }

    #[test]
    fn several_escapes_are_read_together() {
        let text = "%41\\u0042&#x43;&#68EFGH";
        let seen = seen(text);
        for expected in ["ABCDEFGH", "1BCDEFGH", "41BCDEFG", "0042CDEF", "u0042CDE", "42CDEFGH", "x43;DEFG"] {
            assert!(seen.iter().any(|(_, window)| window.ends_with(expected)), "{expected} {seen:?}");
        }
        assert!(!seen.iter().any(|(_, window)| window.contains('%')));
    }
}
