//! One way in which a value can come back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::escape::{LONGEST_REFERENCE, beginnings};

/// How many bytes of a needle the filter looks at.
pub(super) const WINDOW: usize = 8;

/// How many characters of a text are read though they are known not to match. Nobody guesses as many at once; and a
/// long value is not read to its beginning for each end of it that stands in a body.
const READ_ON: usize = 64;

/// One way in which a value can come back, and the name that stands in its place.
pub(super) struct Needle {
    /// A position in the list of names.
    pub(super) name: usize,
    spelling: Spelling,
    text: Zeroizing<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// The value itself, each character of it as it is, percent-encoded or escaped.
    Itself,
    /// Its bytes in lower-case hexadecimal; found in either case.
    Hexadecimal,
    /// Those digits of Base64 that depend on the value alone. Found in both alphabets, and with what is no letter
    /// and no digit in all the forms of a character. On either side a digit can hold bits of the value and bits of
    /// its neighbour.
    Base64 { shared_first: bool, shared_last: bool },
}

impl Needle {
    /// The needles for a value.
    ///
    /// Base64 of a longer text has three groups of digits for it, one for each place where its first byte can fall
    /// among three. Nothing that is looked for holds a line feed, so a value of several lines is looked for line by
    /// line too.
    pub(super) fn of(name: usize, value: &str, shortest: usize) -> Vec<Self> {
        let lines = value.lines().filter(|line| line.len() >= shortest && line.len() < value.len());
        let texts = std::iter::once(value).chain(lines);
        let mut needles: Vec<Self> = texts
            .map(|text| Self { name, spelling: Spelling::Itself, text: Zeroizing::new(text.to_owned()) })
            .collect();
        needles.push(Self { name, spelling: Spelling::Hexadecimal, text: hexadecimal(value.as_bytes()) });
        needles.extend((0..3).map(|before| Self::base64(name, value.as_bytes(), before)));
        needles
    }

    fn base64(name: usize, value: &[u8], before: usize) -> Self {
        let mut shifted = Zeroizing::new(vec![0; before]);
        shifted.extend_from_slice(value);
        let digits = Zeroizing::new(STANDARD_NO_PAD.encode(&shifted));
        let first = (before * 8).div_ceil(6);
        let last = shifted.len() * 8 / 6;
        let whole = digits.get(first..last).unwrap_or_default();
        let spelling = Spelling::Base64 {
            shared_first: !(before * 8).is_multiple_of(6),
            shared_last: last < digits.len(),
        };
        Self { name, spelling, text: Zeroizing::new(whole.to_owned()) }
    }

    /// In bytes, at most, and with the digits that it shares.
    pub(super) fn longest(&self) -> usize {
        let referred = |character: char| if character.is_ascii() { 0 } else { LONGEST_REFERENCE + 2 };
        let escaped = |character: char| {
            (3 * character.len_utf8()).max(6 * character.len_utf16()).max(referred(character))
        };
        let longest = |character: char| if self.is_plain(character) { 1 } else { escaped(character) };
        self.text.chars().map(longest).sum::<usize>() + 2 * usize::from(self.is_base64())
    }

    /// Where it begins in a text that ends with it: at the first place, where there are several.
    ///
    /// A text whose end alone is right is read on as if more of it were, so that the time tells no more.
    pub(super) fn beginning(&self, text: &[u8]) -> Option<usize> {
        let mut ends = vec![text.len()];
        let mut next = Vec::new();
        let mut matches = true;
        for (read, wanted) in self.text.chars().rev().enumerate() {
            let other = ends.first().map_or(0, |end| end.saturating_sub(1));
            for end in ends.drain(..) {
                self.step(text.get(..end).unwrap_or_default(), wanted, &mut next);
            }
            if next.is_empty() {
                if read >= READ_ON {
                    return None;
                }
                matches = false;
                next.push(other);
            }
            next.sort_unstable();
            next.dedup();
            std::mem::swap(&mut ends, &mut next);
        }
        let first = ends.first().copied().filter(|_| matches)?;
        let shares = matches!(self.spelling, Spelling::Base64 { shared_first: true, .. });
        let before = text.get(..first).unwrap_or_default().last();
        Some(if shares && before.is_some_and(|byte| is_base64_digit(*byte)) { first - 1 } else { first })
    }

    /// Whether the digit of Base64 that follows holds bits of the value.
    pub(super) const fn shares_its_last_digit(&self) -> bool {
        matches!(self.spelling, Spelling::Base64 { shared_last: true, .. })
    }

    /// Whether it stands in the name of a header, whatever the case of its letters.
    pub(super) fn stands_in_name(&self, name: &str) -> bool {
        let folded = |byte: &u8| match byte {
            b'+' => b'-',
            b'/' => b'_',
            byte => byte.to_ascii_lowercase(),
        };
        let is_it = |window: &[u8]| window.iter().map(folded).eq(self.text.bytes().map(|byte| folded(&byte)));
        !self.text.is_empty() && name.as_bytes().windows(self.text.len()).any(is_it)
    }

    fn step(&self, text: &[u8], wanted: char, found: &mut Vec<usize>) {
        if self.is_plain(wanted) {
            let is_wanted = |byte: &u8| {
                let byte = if self.is_base64() { *byte } else { byte.to_ascii_lowercase() };
                char::from(byte) == wanted
            };
            if text.last().is_some_and(is_wanted) {
                found.push(text.len() - 1);
            }
        } else {
            beginnings(text, wanted, found);
            let other = match wanted {
                '+' => '-',
                '/' => '_',
                _ => return,
            };
            if self.is_base64() {
                beginnings(text, other, found);
            }
        }
    }

    /// Whether nobody who writes this spelling would escape the character.
    fn is_plain(&self, character: char) -> bool {
        self.spelling != Spelling::Itself && character.is_ascii_alphanumeric()
    }

    const fn is_base64(&self) -> bool {
        matches!(self.spelling, Spelling::Base64 { .. })
    }

    /// The last bytes of it in a text without escapes, in each alphabet and case.
    pub(super) fn plain_ends(&self) -> Vec<[u8; WINDOW]> {
        let Some(end) = self.text.as_bytes().last_chunk::<WINDOW>().copied() else { return Vec::new() };
        let other = end.map(|byte| match (self.spelling, byte) {
            (Spelling::Itself, b' ') => b'+',
            (Spelling::Hexadecimal, digit) => digit.to_ascii_uppercase(),
            (Spelling::Base64 { .. }, b'+') => b'-',
            (Spelling::Base64 { .. }, b'/') => b'_',
            (_, byte) => byte,
        });
        if other == end { vec![end] } else { vec![end, other] }
    }

    /// The last bytes of it in a text whose escapes have been read, where it can have any.
    pub(super) fn escaped_ends(&self) -> Vec<[u8; WINDOW]> {
        if self.text.chars().all(|character| self.is_plain(character)) {
            Vec::new()
        } else {
            self.plain_ends()
        }
    }

    /// In bytes, once its escapes have been read.
    pub(super) fn length(&self) -> usize {
        self.text.len()
    }
}

/// Of either alphabet (RFC 4648 §4, §5).
pub(super) const fn is_base64_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

fn hexadecimal(bytes: &[u8]) -> Zeroizing<String> {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let mut text = Zeroizing::new(String::with_capacity(2 * bytes.len()));
    for byte in bytes {
        let digits = [byte >> 4, byte & 15].map(|digit| DIGITS.get(usize::from(digit)).copied());
        text.extend(digits.into_iter().flatten());
    }
    text
}
