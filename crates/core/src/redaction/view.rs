//! A text with its escapes read, eight bytes at a time.

use super::escape::{hexadecimal, short_escape};
use super::needle::WINDOW;

/// The last eight bytes of a text whose escapes have been read. It only has to say where to look: what stands there
/// is read again, from its end.
///
/// A space and a `+` are one here, as forms write one for the other.
#[derive(Clone, Debug)]
pub(super) struct View {
    reads_json: bool,
    reads_percent: bool,
    end: u64,
    escape: Escape,
    percent: Percent,
    /// The first half of a surrogate pair.
    high: Option<u16>,
    /// How many bytes since the last escape, at most [`WINDOW`].
    plain: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Escape {
    None,
    Backslash,
    Unit { digits: u8, value: u16 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Percent {
    None,
    Sign,
    Digit(u8),
}

impl View {
    pub(super) const fn new(reads_json: bool, reads_percent: bool) -> Self {
        let (escape, percent) = (Escape::None, Percent::None);
        Self { reads_json, reads_percent, end: 0, escape, percent, high: None, plain: WINDOW }
    }

    /// Starts after this text, which holds no escape that is still open.
    pub(super) fn start(&mut self, before: &[u8]) {
        *self = Self::new(self.reads_json, self.reads_percent);
        for byte in before.get(before.len().saturating_sub(WINDOW)..).unwrap_or_default() {
            self.push(*byte);
        }
    }

    /// Whether as many bytes as it looks at have passed since the last escape.
    pub(super) const fn is_plain(&self) -> bool {
        self.plain >= WINDOW
    }

    /// Reads one more byte, and gives the last eight where one was added.
    pub(super) fn read(&mut self, byte: u8) -> Option<u64> {
        let before = (self.escape, self.percent);
        self.read_json(byte);
        let after = (self.escape, self.percent);
        let none = (Escape::None, Percent::None);
        self.plain = if before == none && after == none { (self.plain + 1).min(WINDOW) } else { 0 };
        (after == none).then_some(self.end)
    }

    fn read_json(&mut self, byte: u8) {
        match std::mem::replace(&mut self.escape, Escape::None) {
            Escape::None if byte == b'\\' && self.reads_json => self.escape = Escape::Backslash,
            Escape::None => self.read_percent(byte),
            Escape::Backslash if byte == b'u' => self.escape = Escape::Unit { digits: 0, value: 0 },
            Escape::Backslash => {
                if let Some(character) = short_escape(byte) {
                    self.read_percent(character);
                } else {
                    self.read_percent(b'\\');
                    self.read_percent(byte);
                }
            }
            Escape::Unit { digits, value } => match hexadecimal(byte) {
                Some(digit) if digits == 3 => self.read_unit(value << 4 | u16::from(digit)),
                Some(digit) => {
                    self.escape = Escape::Unit { digits: digits + 1, value: value << 4 | u16::from(digit) };
                }
                None => self.read_json(byte),
            },
        }
    }

    fn read_unit(&mut self, unit: u16) {
        let high = self.high.take();
        if (0xd800..0xdc00).contains(&unit) {
            self.high = Some(unit);
            return;
        }
        let units = high.into_iter().chain([unit]);
        let mut utf8 = [0; 4];
        for character in char::decode_utf16(units).flatten() {
            for byte in character.encode_utf8(&mut utf8).bytes() {
                self.read_percent(byte);
            }
        }
    }

    fn read_percent(&mut self, byte: u8) {
        match (std::mem::replace(&mut self.percent, Percent::None), hexadecimal(byte)) {
            (Percent::Sign, Some(_)) => self.percent = Percent::Digit(byte),
            (Percent::Digit(first), Some(low)) => {
                self.push(hexadecimal(first).unwrap_or_default() << 4 | low);
            }
            (waiting, _) => {
                if waiting != Percent::None {
                    self.push(b'%');
                }
                if let Percent::Digit(first) = waiting {
                    self.push(first);
                }
                if byte == b'%' && self.reads_percent {
                    self.percent = Percent::Sign;
                } else {
                    self.push(byte);
                }
            }
        }
    }

    fn push(&mut self, byte: u8) {
        self.end = self.end >> 8 | u64::from(folded(byte)) << 56;
    }
}

/// As a [`View`] shows the byte.
pub(super) const fn folded(byte: u8) -> u8 {
    if byte == b'+' { b' ' } else { byte }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(view: &mut View, text: &str) -> String {
        let ends: Vec<u64> = text.bytes().filter_map(|byte| view.read(byte)).collect();
        String::from_utf8(ends.last().unwrap().to_le_bytes().to_vec()).unwrap()
    }

    #[test]
    fn shows_the_last_eight_bytes_without_escapes() {
        for (text, expected) in [
            ("01234567", "01234567"),
            ("x%41%42%43%44%45%46%47%48", "ABCDEFGH"),
            ("a+b%2Bc%20de", "a b c de"),
            (r"\u0041bcdefg\/", "Abcdefg/"),
            (r"%5C\\\n\u0025xef%zz", "\n%xef%zz"),
            (r"abcd\ud83d\ude00", "abcd😀"),
            (r"\u41zzzzzzz%4z", "zzzzz%4z"),
        ] {
            assert_eq!(last(&mut View::new(true, true), text), expected, "{text}");
        }
        assert_eq!(last(&mut View::new(true, false), r"a%41\/xyz"), "a%41/xyz");
        assert_eq!(last(&mut View::new(false, true), r"%41\/bcdef"), r"A\/bcdef");
    }

    #[test]
    fn is_plain_again_eight_bytes_after_an_escape() {
        let mut view = View::new(true, true);
        view.start(b"01234567");
        assert!(view.is_plain());
        for byte in *b"%41234567" {
            view.read(byte);
            assert!(!view.is_plain());
        }
        view.read(b'8');
        view.read(b'9');
        assert!(view.is_plain());
    }
}
