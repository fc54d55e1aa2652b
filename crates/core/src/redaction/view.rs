//! A text with its escapes read, eight bytes at a time.

use super::escape::{LONGEST_REFERENCE, hexadecimal, reference, short_escape};
use super::needle::WINDOW;

/// The last eight bytes of a text whose escapes have been read. It only has to say where to look: what stands there
/// is read again, from its end.
///
/// A space and a `+` are one here, as forms write one for the other.
#[derive(Clone, Debug)]
pub(super) struct View {
    syntaxes: Syntaxes,
    end: u64,
    open: Escape,
    /// The first half of a surrogate pair.
    high: Option<u16>,
    /// How many bytes since the last escape, at most [`WINDOW`].
    plain: usize,
}

/// Whose escapes are read. What one syntax escapes another leaves as it is, and then it can look like an escape of the
/// other.
#[derive(Clone, Copy, Debug)]
pub(super) enum Syntaxes {
    All,
    Json,
    Percent,
    Html,
}

/// An escape of which more has to come. What one stands for is never part of another: that would be a text that
/// was encoded twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Escape {
    None,
    Backslash,
    Unit { digits: u8, value: u16 },
    Percent,
    PercentDigit(u8),
    Reference { text: [u8; LONGEST_REFERENCE], length: usize },
}

impl View {
    pub(super) const fn new(syntaxes: Syntaxes) -> Self {
        Self { syntaxes, end: 0, open: Escape::None, high: None, plain: WINDOW }
    }

    /// Starts after this text, which holds no escape that is still open.
    pub(super) fn start(&mut self, before: &[u8]) {
        *self = Self::new(self.syntaxes);
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
        let before = self.open;
        self.take(byte);
        let is_plain = before == Escape::None && self.open == Escape::None;
        self.plain = if is_plain { (self.plain + 1).min(WINDOW) } else { 0 };
        (self.open == Escape::None).then_some(self.end)
    }

    fn take(&mut self, byte: u8) {
        match (std::mem::replace(&mut self.open, Escape::None), hexadecimal(byte)) {
            (Escape::None, _) => self.begin(byte),
            (Escape::Backslash, _) if byte == b'u' => self.open = Escape::Unit { digits: 0, value: 0 },
            (Escape::Backslash, _) if let Some(character) = short_escape(byte) => self.push(character),
            (Escape::Unit { digits: 3, value }, Some(digit)) => self.read_unit(value << 4 | u16::from(digit)),
            (Escape::Unit { digits, value }, Some(digit)) => {
                self.open = Escape::Unit { digits: digits + 1, value: value << 4 | u16::from(digit) };
            }
            (Escape::Percent, Some(_)) => self.open = Escape::PercentDigit(byte),
            (Escape::PercentDigit(high), Some(low)) => {
                self.push(hexadecimal(high).unwrap_or_default() << 4 | low);
            }
            (Escape::Reference { text, length }, _) if byte == b';' => {
                if let Some(character) = text.get(..length).and_then(reference) {
                    self.push_character(character);
                } else {
                    self.push_what_was(Escape::Reference { text, length });
                    self.push(byte);
                }
            }
            (Escape::Reference { mut text, length }, _)
                if length < LONGEST_REFERENCE && (byte.is_ascii_alphanumeric() || byte == b'#') =>
            {
                if let Some(place) = text.get_mut(length) {
                    *place = byte;
                }
                self.open = Escape::Reference { text, length: length + 1 };
            }
            (open, _) => {
                self.push_what_was(open);
                self.take(byte);
            }
        }
    }

    fn begin(&mut self, byte: u8) {
        match (byte, self.syntaxes) {
            (b'\\', Syntaxes::All | Syntaxes::Json) => self.open = Escape::Backslash,
            (b'%', Syntaxes::All | Syntaxes::Percent) => self.open = Escape::Percent,
            (b'&', Syntaxes::All | Syntaxes::Html) => {
                self.open = Escape::Reference { text: [0; LONGEST_REFERENCE], length: 0 };
            }
            _ => self.push(byte),
        }
    }

    /// What looked like an escape and is none.
    fn push_what_was(&mut self, open: Escape) {
        match open {
            Escape::Backslash => self.push(b'\\'),
            Escape::Percent => self.push(b'%'),
            Escape::PercentDigit(digit) => {
                self.push(b'%');
                self.push(digit);
            }
            Escape::Reference { text, length } => {
                self.push(b'&');
                for byte in text.iter().take(length) {
                    self.push(*byte);
                }
            }
            // No reader of JSON makes anything of it.
            Escape::Unit { .. } | Escape::None => {}
        }
    }

    fn read_unit(&mut self, unit: u16) {
        let high = self.high.take();
        if (0xd800..0xdc00).contains(&unit) {
            self.high = Some(unit);
            return;
        }
        let units = high.into_iter().chain([unit]);
        for character in char::decode_utf16(units).flatten() {
            self.push_character(character);
        }
    }

    fn push_character(&mut self, character: char) {
        for byte in character.encode_utf8(&mut [0; 4]).bytes() {
            self.push(byte);
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
            (r"%\u0041bcdefgh", "Abcdefgh"),
            (r"\u002541bcdefgh", "1bcdefgh"),
            ("a&quot;&#x2F;b&#39;c&lt;d", "a\"/b'c<d"),
            ("&bcdefg;", "&bcdefg;"),
            ("&ampabc ", "&ampabc "),
            ("&#1&#50;34567", "#1234567"),
        ] {
            assert_eq!(last(&mut View::new(Syntaxes::All), text), expected, "{text}");
        }
        for (syntaxes, expected) in [
            (Syntaxes::Json, "/&#65;xyz"),
            (Syntaxes::Percent, r"\/&#65;xyz"),
            (Syntaxes::Html, r"%41\/Axyz"),
        ] {
            let seen = last(&mut View::new(syntaxes), r"abc%41\/&#65;xyz");
            assert!(expected.ends_with(&seen), "{seen}");
        }
    }

    #[test]
    fn is_plain_again_eight_bytes_after_an_escape() {
        let mut view = View::new(Syntaxes::All);
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
