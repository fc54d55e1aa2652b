//! A form in which a value can come back.
//!
//! The file is longer than others, because the forms of a value belong with the code that compares them with a text.

use std::cmp::{Ordering, Reverse};

/// In bytes. Shorter values occur in many bodies by chance.
pub const SHORTEST_SEARCHED: usize = 8;

/// The same for heads, which have little text.
pub(super) const SHORTEST_IN_HEADS: usize = 4;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::escape::{INTRODUCERS, LONGEST_ESCAPE, Syntaxes, Unit, longest_form, meaning, unit_at};
use super::fingerprint::{Base, Fingerprint, Power};
use crate::secret_value::occurs;
use crate::sort::sorted;

/// The number of bytes at the end of a needle that the filter checks.
pub(super) const WINDOW: usize = 8;

/// The length of the longest form of two Base64 digits, in bytes.
const SHARED_DIGITS: usize = 2 * longest_form('+');

/// A text to look for, both as it is and as the meaning of a text with escapes, and the name for its mark.
pub(super) struct Needle {
    /// A position in the list of names.
    pub(super) name: usize,
    text: Zeroizing<Vec<u8>>,
    /// The literal bytes that have to follow `text`, because together with what comes next they could be read as an
    /// escape.
    tail: Zeroizing<Vec<u8>>,
    /// The number of bytes of `tail` that `text` already ends with.
    overlap: usize,
    /// The Base64 digits on either side that hold bits of the value and bits of its neighbour.
    before: Option<SharedDigit>,
    after: Option<SharedDigit>,
}

/// A digit of Base64 of which some bits are known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct SharedDigit {
    mask: u8,
    bits: u8,
}

/// The needles for one value.
pub(super) struct Forms {
    pub(super) needles: Vec<Needle>,
    /// The length of the longest text in which one of them is found, in bytes.
    pub(super) longest: usize,
    /// The number of bytes after a needle that may decide whether it is one.
    pub(super) lag: usize,
}

impl Forms {
    /// The forms of a value: as it is, as in an HTML form (`+` for each space), in upper-case or lower-case
    /// hexadecimal, in UTF-16 that no header announces, and in Base64 of either alphabet, at each of the three offsets
    /// within a group of three bytes.
    ///
    /// Forms of fewer than `shortest` bytes are left out.
    pub(super) fn of(name: usize, value: &str, shortest: usize) -> Self {
        let mut needles: Vec<Needle> = Vec::new();
        let mut add = |text: Vec<u8>, before, after| {
            if text.len() >= shortest {
                let (text, tail) = (Zeroizing::new(text), Zeroizing::default());
                needles.push(Needle { name, text, tail, overlap: 0, before, after });
            }
        };
        let lines = Lines::of(value, shortest).map_or_else(Vec::new, |lines| lines.searched);
        for text in std::iter::once(value).chain(lines.iter().copied()) {
            add(text.as_bytes().to_vec(), None, None);
            if text.contains(' ') {
                add(text.replace(' ', "+").into(), None, None);
            }
        }
        let digits = hexadecimal(value.as_bytes());
        add(digits.to_ascii_uppercase(), None, None);
        add(digits.to_vec(), None, None);
        if value.is_ascii() {
            add(utf16(value.as_bytes()).to_vec(), None, None);
        }
        let mut longest: usize = value.chars().map(longest_form).sum::<usize>().max(digits.len());
        for shift in 0..3 {
            let (digits, before, after) = base64(value.as_bytes(), shift);
            let url = digits.iter().map(|digit| match digit {
                b'+' => b'-',
                b'/' => b'_',
                digit => *digit,
            });
            add(url.collect(), before, after);
            let form = |digit: &u8| if digit.is_ascii_alphanumeric() { 1 } else { longest_form('+') };
            longest = longest.max(digits.iter().map(form).sum::<usize>() + SHARED_DIGITS);
            add(digits.to_vec(), before, after);
        }
        let ambiguous = std::iter::once(value).chain(lines).flat_map(Spelling::of);
        let ambiguous = ambiguous.filter(|spelling| spelling.text.len() >= shortest);
        needles.extend(ambiguous.map(|Spelling { text, tail, overlap }| Needle {
            name,
            text,
            tail,
            overlap,
            before: None,
            after: None,
        }));
        // A character reference without `;` ends at the first byte that cannot belong to it.
        let lag = if value.contains(INTRODUCERS.map(char::from)) { LONGEST_ESCAPE } else { 1 };
        Self { needles, longest, lag }
    }
}

/// The lines of a value.
pub(super) struct Lines<'v> {
    /// The lines that are looked for one by one, because no needle contains the end of a line. The white space around a
    /// line is not part of the secret.
    pub(super) searched: Vec<&'v str>,
    /// Whether other lines are long enough, but are not searched.
    pub(super) leaves_any: bool,
}

/// The most lengths of lines that end in the same bytes. Wherever these bytes are found, a line of each length is
/// compared.
const MOST_ALIKE: usize = 4;

impl<'v> Lines<'v> {
    /// The lines of a value of several lines; `None` for a value of one line.
    pub(super) fn of(value: &'v str, shortest: usize) -> Option<Self> {
        let is_end = |character| matches!(character, '\n' | '\r');
        if !value.contains(is_end) {
            return None;
        }
        let lines = value.split(is_end).map(str::trim).filter(|line| line.len() >= shortest.max(WINDOW));
        let key = |line: &&'v str| (line.as_bytes().last_chunk::<WINDOW>(), line.len(), *line);
        let mut searched = sorted(lines.collect(), |one, other| key(one).cmp(&key(other)));
        searched.dedup();
        let all = searched.len();
        let mut alike: (Option<&[u8; WINDOW]>, usize, usize) = (None, 0, 0);
        searched.retain(|line| {
            let end = line.as_bytes().last_chunk();
            let (known, length, count) = alike;
            let is_new = known != end || length != line.len();
            alike = (end, line.len(), if known == end { count + usize::from(is_new) } else { 1 });
            alike.2 <= MOST_ALIKE
        });
        let leaves_any = searched.len() < all;
        Some(Self { searched, leaves_any })
    }
}

/// What a text means that contains a value which looks like an escape.
///
/// A writer of JSON escapes what begins an escape in JSON, and leaves what begins one in HTML or in a URL. So a `%`,
/// `\` or `&` of the value itself can be read as the beginning of an escape. The meanings of such readings are looked
/// for too.
struct Spelling {
    text: Zeroizing<Vec<u8>>,
    /// The end of the value as it is written that could be read as an escape together with what follows.
    tail: Zeroizing<Vec<u8>>,
    /// The number of bytes of `tail` that `text` already ends with.
    overlap: usize,
}

/// The punctuation that writers escape, while they leave or double a backslash before it: in JSON, in HTML, in JSON
/// within HTML, in .NET, and in templates. A backslash before other punctuation is read as an escape.
const ESCAPED_AFTER: [&str; 9] = ["", "\"", "\"/", "<>", "\"<>", "\"'<>", "\"'<>/", "\"'<>+`", "\"'<>/`="];

/// A value as a writer has it, apart from the escapes that mean the same everywhere.
struct Written {
    text: Zeroizing<String>,
    /// Whether each backslash is doubled.
    is_doubled: bool,
    /// Whether a character after a backslash is escaped.
    is_escaped: bool,
}

impl Written {
    fn of(value: &str) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        let doubled = Zeroizing::new(value.replace('\\', r"\\"));
        for escaped in ESCAPED_AFTER {
            for (unescaped, is_doubled) in [(value, false), (doubled.as_str(), true)] {
                let text = Self::escaping(unescaped, escaped);
                let is_escaped = *text != *unescaped;
                if !all.iter().any(|known| known.text == text) {
                    all.push(Self { text, is_doubled, is_escaped });
                }
            }
        }
        all
    }

    fn escaping(text: &str, escaped: &str) -> Zeroizing<String> {
        let mut out = Zeroizing::new(String::with_capacity(6 * text.len()));
        let mut is_after = false;
        for character in text.chars() {
            if is_after && escaped.contains(character) {
                out.push_str(r"\u00");
                out.extend(hexadecimal(character.to_string().as_bytes()).iter().copied().map(char::from));
            } else {
                out.push(character);
            }
            is_after = character == '\\';
        }
        out
    }
}

impl Spelling {
    fn of(value: &str) -> Vec<Self> {
        let mut spellings = Vec::new();
        if !value.contains(INTRODUCERS.map(char::from)) {
            return spellings;
        }
        let written = Written::of(value);
        // A syntax is left or read only where the value has what begins its escapes.
        let choices =
            |introducer| if value.contains(char::from(introducer)) { &[false, true][..] } else { &[false] };
        let [percent, backslash, html] = INTRODUCERS.map(choices);
        for &percent in percent {
            for &backslash in backslash {
                for &html in html {
                    spellings.extend(Self::left(&written, Syntaxes { percent, backslash, html }));
                }
            }
        }
        spellings
    }

    /// The spellings for a writer that leaves the escapes of these syntaxes.
    fn left(written: &[Written], left: Syntaxes) -> Vec<Self> {
        let mut spellings = Vec::new();
        // A doubled backslash also leaves a backslash before what follows it.
        for written in written.iter().filter(|written| left.backslash || !written.is_escaped) {
            let mut read = Self::with(&written.text, left);
            let [whole, _] = &mut read;
            if written.is_doubled && whole.tail.is_empty() && whole.text.ends_with(br"\\") {
                // Both backslashes have to be there, or the first byte of what follows could pass for one of them.
                whole.tail = Zeroizing::new(br"\\".to_vec());
                whole.overlap = 2;
            }
            spellings.extend(read);
        }
        spellings
    }

    /// What the text means when only the escapes of the syntaxes in `left` are read: once with an end that could become
    /// an escape of these, and once with such an end of any syntax kept literally.
    fn with(text: &str, left: Syntaxes) -> [Self; 2] {
        let text = text.as_bytes();
        let (whole, tail) = meaning(text, left);
        let whole = Self::new(whole, tail);
        let (_, tail) = meaning(text, Syntaxes::ALL);
        let (without, _) = meaning(text.strip_suffix(tail).unwrap_or_default(), left);
        [whole, Self::new(without, tail)]
    }

    fn new(text: Vec<u8>, tail: &[u8]) -> Self {
        let is_pair = tail.starts_with(br"\") && text.ends_with(br"\");
        let tail = if is_pair { [br"\", tail].concat() } else { tail.to_vec() };
        Self { text: Zeroizing::new(text), tail: Zeroizing::new(tail), overlap: usize::from(is_pair) }
    }
}

impl Needle {
    /// Its last eight bytes.
    pub(super) fn end(&self) -> u64 {
        self.text.last_chunk().map_or(0, |end| u64::from_le_bytes(*end))
    }

    pub(super) fn length(&self) -> usize {
        self.text.len()
    }

    /// The length of the longest text in which it is found, in bytes, without its shared digits. `longest` is the
    /// length for all forms of the value.
    pub(super) fn longest(&self, longest: usize) -> usize {
        let shares = self.before.is_some() || self.after.is_some();
        longest.saturating_sub(if shares { SHARED_DIGITS } else { 0 })
    }

    /// The fingerprint of its text, and the factor for its length.
    pub(super) fn fingerprint(&self, base: &Base) -> (Fingerprint, Power) {
        let append = |print, byte: &u8| base.append(print, u16::from(*byte));
        (self.text.iter().fold(Fingerprint::default(), append), base.power(self.text.len()))
    }

    /// Whether its text alone decides where it begins and ends.
    pub(super) fn is_all(&self) -> bool {
        self.tail.is_empty() && self.before.is_none() && self.after.is_none()
    }

    /// Orders needles by their last eight bytes, then the longest first, then by text, then by name.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let key = |needle: &Self| (needle.end(), Reverse(needle.length()));
        let texts = (self.text.as_slice(), self.tail.as_slice());
        let others = (other.text.as_slice(), other.tail.as_slice());
        key(self).cmp(&key(other)).then(texts.cmp(&others)).then(self.name.cmp(&other.name))
    }

    /// Whether both are found in the same texts.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let sides = |needle: &Self| (needle.overlap, needle.before, needle.after);
        self.text == other.text && self.tail == other.tail && sides(self) == sides(other)
    }

    /// Where it ends if it begins at `start`: read literally, and read by its meaning.
    pub(super) fn ends(&self, text: &[u8], start: usize) -> [Option<usize>; 2] {
        let has_end_of_line = self.text.iter().any(|byte| matches!(byte, b'\n' | b'\r'));
        let is_literal =
            text.get(start..).is_some_and(|rest| rest.starts_with(&self.text)) && !has_end_of_line;
        [is_literal.then_some(start + self.text.len()), self.end_of_meaning(text, start)]
    }

    fn end_of_meaning(&self, text: &[u8], start: usize) -> Option<usize> {
        let (mut at, mut left) = (start, self.text.as_slice());
        while !left.is_empty() {
            let byte = text.get(at)?;
            if let Unit::Escape(escape) = unit_at(text, at, true) {
                left = left.strip_prefix(escape.bytes())?;
                at += escape.width;
            } else {
                // No needle contains the end of a line.
                left = left.strip_prefix(&[*byte]).filter(|_| !matches!(byte, b'\n' | b'\r'))?;
                at += 1;
            }
        }
        Some(at)
    }

    /// Whether the name of a header contains it, ignoring case.
    pub(super) fn occurs_in_name(&self, name: &str) -> bool {
        let folded = |byte: u8| match byte {
            b'+' => b'-',
            b'/' => b'_',
            byte => byte.to_ascii_lowercase(),
        };
        occurs(&self.text, name.as_bytes(), folded)
    }

    /// Where it begins, including the shared digit before it.
    pub(super) fn with_digit_before(&self, text: &[u8], start: usize) -> usize {
        let Some(digit) = self.before else { return start };
        // The whole escape, and not only its last digit.
        let escaped = (2..=longest_form('+')).find_map(|width| {
            let at = start.checked_sub(width)?;
            match unit_at(text, at, true) {
                Unit::Escape(escape) if escape.width == width => Some((at, escape)),
                _ => None,
            }
        });
        if let Some((at, escape)) = escaped
            && digit.is(escape.bytes())
        {
            return at;
        }
        let is_it =
            start.checked_sub(1).and_then(|at| text.get(at..start)).is_some_and(|byte| digit.is(byte));
        start - usize::from(is_it)
    }

    /// Where it ends if its text ends at `end`, including its tail and the shared digit after it.
    pub(super) fn end_of_all(&self, text: &[u8], end: usize, is_whole: bool) -> End {
        let rest = text.get(end.saturating_sub(self.overlap)..).unwrap_or_default();
        if !rest.starts_with(&self.tail) {
            return if is_whole || !self.tail.starts_with(rest) { End::None } else { End::Unknown };
        }
        let Some(digit) = self.after else { return End::At(end + self.tail.len() - self.overlap) };
        let Some(byte) = rest.first() else { return if is_whole { End::At(end) } else { End::Unknown } };
        match unit_at(text, end, is_whole) {
            Unit::Unfinished => End::Unknown,
            Unit::Escape(escape) if digit.is(escape.bytes()) => End::At(end + escape.width),
            Unit::Plain if digit.is(&[*byte]) => End::At(end + 1),
            _ => End::At(end),
        }
    }
}

/// The end of a needle whose text has been found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    At(usize),
    /// The bytes that have to follow are not there: this is not a match.
    None,
    /// The next bytes decide.
    Unknown,
}

impl SharedDigit {
    fn is(self, bytes: &[u8]) -> bool {
        let [digit] = bytes else { return false };
        value_of_digit(*digit).is_some_and(|value| value & self.mask == self.bits)
    }
}

/// The value of a Base64 digit of either alphabet (RFC 4648 §4, §5).
const fn value_of_digit(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// The Base64 digits of a value that follows `before` other bytes: those that depend on the value alone, and the shared
/// digit on either side.
fn base64(value: &[u8], before: usize) -> (Zeroizing<Vec<u8>>, Option<SharedDigit>, Option<SharedDigit>) {
    let mut shifted = Zeroizing::new(vec![0; before]);
    shifted.extend_from_slice(value);
    let digits = Zeroizing::new(STANDARD_NO_PAD.encode(&shifted).into_bytes());
    let first = (before * 8).div_ceil(6);
    let last = shifted.len() * 8 / 6;
    let shared = |at: usize, mask: u8| {
        let bits = value_of_digit(*digits.get(at)?)?;
        Some(SharedDigit { mask, bits: bits & mask })
    };
    // The value has the last bits of the first digit and the first bits of the last digit.
    let shared_first = match before {
        1 => shared(1, 0b00_1111),
        2 => shared(2, 0b00_0011),
        _ => None,
    };
    let shared_last = match shifted.len() % 3 {
        1 => shared(last, 0b11_0000),
        2 => shared(last, 0b11_1100),
        _ => None,
    };
    (Zeroizing::new(digits.get(first..last).unwrap_or_default().to_vec()), shared_first, shared_last)
}

/// An ASCII text in UTF-16, without the zero byte at one end, so that it serves for both byte orders.
fn utf16(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut text = Zeroizing::new(Vec::with_capacity(2 * bytes.len()));
    text.extend(bytes.iter().flat_map(|byte| [*byte, 0]));
    text.pop();
    text
}

fn hexadecimal(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = Zeroizing::new(Vec::with_capacity(2 * bytes.len()));
    for byte in bytes {
        text.extend([byte >> 4, byte & 15].into_iter().filter_map(|digit| DIGITS.get(usize::from(digit))));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digit_of_base64_has_its_value_in_either_alphabet() {
        let letters = (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9');
        for (digit, value) in letters.zip(0..).chain([(b'+', 62), (b'-', 62), (b'/', 63), (b'_', 63)]) {
            assert_eq!(value_of_digit(digit), Some(value), "{}", char::from(digit));
        }
        for other in *b"=@[`{:,.*~ \0" {
            assert_eq!(value_of_digit(other), None, "{}", char::from(other));
        }
    }
}
