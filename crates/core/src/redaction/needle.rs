//! One way in which a value can come back.
//!
//! The forms of a value and the comparison of each with a text belong together, so the file is longer than others.

use std::cmp::Ordering;

/// In bytes. Shorter values stand in many a body that has nothing to do with them.
pub const SHORTEST_SEARCHED: usize = 8;

/// The same for heads, where texts are few.
pub(super) const SHORTEST_IN_HEADS: usize = 4;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::escape::{INTRODUCERS, LONGEST_ESCAPE, Syntaxes, Unit, longest_form, meaning, unit_at};
use super::fingerprint::{Base, Fingerprint, Power};
use crate::order::sorted;

/// How many bytes of a needle the filter looks at.
pub(super) const WINDOW: usize = 8;

/// In bytes: the longest form of two digits of Base64.
const SHARED_DIGITS: usize = 2 * longest_form('+');

/// A text that is looked for, as it is or as the meaning of a text with escapes; and the name that stands in its place.
pub(super) struct Needle {
    /// A position in the list of names.
    pub(super) name: usize,
    text: Zeroizing<Vec<u8>>,
    /// What stands at its end as it is, since with what follows that it may be read as an escape.
    tail: Zeroizing<Vec<u8>>,
    /// How much of that it ends with.
    overlap: usize,
    /// Digits of Base64 on either side that hold bits of the value, and bits of its neighbour.
    before: Option<SharedDigit>,
    after: Option<SharedDigit>,
}

/// A digit of Base64 of which some bits are known.
#[derive(Clone, Copy)]
pub(super) struct SharedDigit {
    mask: u8,
    bits: u8,
}

/// The needles for one value.
pub(super) struct Forms {
    pub(super) needles: Vec<Needle>,
    /// In bytes: the longest text that they are found in.
    pub(super) longest: usize,
    /// How many bytes after a needle may decide whether it is one.
    pub(super) lag: usize,
}

impl Forms {
    /// A value can come back as it is, as a form has it (with `+` for each space), in hexadecimal of one case, in UTF-16
    /// that nothing says, and in Base64 of either alphabet: at one of three places among the three bytes that four digits
    /// stand for.
    ///
    /// Of these, the filter looks at the last eight bytes; so those of a needle of `shortest` bytes or more are kept.
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
        // A reference without `;` ends where it cannot go on.
        let lag = if value.contains(INTRODUCERS.map(char::from)) { LONGEST_ESCAPE } else { 1 };
        Self { needles, longest, lag }
    }
}

/// The lines of a value.
pub(super) struct Lines<'v> {
    /// Those that are looked for by themselves, as nothing that is looked for holds the end of one: without the white
    /// space around them, which is no secret.
    pub(super) searched: Vec<&'v str>,
    /// Whether there are others that are long enough.
    pub(super) leaves_any: bool,
}

/// Of lines that end in the same bytes, how many differ in length at most: so many are compared wherever these are met.
const MOST_ALIKE: usize = 4;

impl<'v> Lines<'v> {
    /// Of a value of several lines; `None` of any other.
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

/// What a text means in which a value stands that could be taken for an escape.
///
/// Whoever writes a value in some syntax escapes what begins an escape there, and leaves as it is what begins one in
/// another. Where a value holds such a byte, what follows it can be read as an escape that is none. So what each of these
/// texts is read as is looked for too.
struct Spelling {
    text: Zeroizing<Vec<u8>>,
    /// What of the value, or of what it is written as, could be taken for an escape with what follows.
    tail: Zeroizing<Vec<u8>>,
    /// How many bytes of that are in `text` too.
    overlap: usize,
}

/// Of the punctuation after backslashes, what writers escape who leave or double the backslashes: in JSON, in HTML, in JSON
/// within HTML, of .NET, and in templates. With what is escaped a backslash is no escape, and with the rest it is one.
const ESCAPED_AFTER: [&str; 9] = ["", "\"", "\"/", "<>", "\"<>", "\"'<>", "\"'<>/", "\"'<>+`", "\"'<>/`="];

/// A value as it is written, apart from the escapes that mean the same wherever they stand.
struct Written {
    text: Zeroizing<String>,
    /// Whether each backslash of it is two.
    is_doubled: bool,
    /// Whether something after a backslash is escaped, so that the text has to be read.
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
        let holds = INTRODUCERS.map(|introducer| value.contains(char::from(introducer)));
        if holds == [false; 3] {
            return spellings;
        }
        let written = Written::of(value);
        let [percent, backslash, html] = holds;
        for bits in 0..8_u8 {
            let is_left = |bit: u8| bits >> bit & 1 == 1;
            let left = Syntaxes { percent: is_left(0), backslash: is_left(1), html: is_left(2) };
            if (left.percent && !percent) || (left.backslash && !backslash) || (left.html && !html) {
                continue;
            }
            // Of backslashes that are escaped by others the last stands before what follows it all the same.
            for written in written.iter().filter(|written| left.backslash || !written.is_escaped) {
                let mut read = Self::with(&written.text, left);
                let [whole, _] = &mut read;
                if written.is_doubled && whole.tail.is_empty() && whole.text.ends_with(br"\\") {
                    // Both stand as they are, or the first of what follows would be taken for one of them.
                    whole.tail = Zeroizing::new(br"\\".to_vec());
                    whole.overlap = 2;
                }
                spellings.extend(read);
            }
        }
        spellings
    }

    /// What it means where the escapes of these syntaxes are left in it: with what could be taken for an escape at its
    /// end, and where that stands as it is.
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
    /// The last bytes of it.
    pub(super) fn end(&self) -> u64 {
        self.text.last_chunk().map_or(0, |end| u64::from_le_bytes(*end))
    }

    /// In bytes.
    pub(super) fn length(&self) -> usize {
        self.text.len()
    }

    /// In bytes: the longest text that it is found in, without the digits that it has a share in, where that of all is
    /// this long.
    pub(super) fn longest(&self, longest: usize) -> usize {
        let shares = self.before.is_some() || self.after.is_some();
        longest.saturating_sub(if shares { SHARED_DIGITS } else { 0 })
    }

    /// Of its text, with the power of its length.
    pub(super) fn fingerprint(&self, base: &Base) -> (Fingerprint, Power) {
        let append = |print, byte: &u8| base.append(print, u16::from(*byte));
        (self.text.iter().fold(Fingerprint::default(), append), base.power(self.text.len()))
    }

    /// Whether nothing but its text decides where it begins and ends.
    pub(super) fn is_all(&self) -> bool {
        self.tail.is_empty() && self.before.is_none() && self.after.is_none()
    }

    /// By their last bytes; of those that end alike the longest first; of those that are the same text the one with the
    /// first name.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let key = |needle: &Self| (needle.end(), usize::MAX - needle.length());
        let texts = (self.text.as_slice(), self.tail.as_slice());
        let others = (other.text.as_slice(), other.tail.as_slice());
        key(self).cmp(&key(other)).then(texts.cmp(&others)).then(self.name.cmp(&other.name))
    }

    /// Whether both are the same text.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.text == other.text && self.tail == other.tail
    }

    /// Where it ends in a text in which it begins at this place: as it is, and by its meaning.
    pub(super) fn ends(&self, text: &[u8], start: usize) -> [Option<usize>; 2] {
        let has_end_of_line = self.text.iter().any(|byte| matches!(byte, b'\n' | b'\r'));
        let stands = text.get(start..).is_some_and(|rest| rest.starts_with(&self.text)) && !has_end_of_line;
        [stands.then_some(start + self.text.len()), self.end_of_meaning(text, start)]
    }

    fn end_of_meaning(&self, text: &[u8], start: usize) -> Option<usize> {
        let (mut at, mut left) = (start, self.text.as_slice());
        while !left.is_empty() {
            let byte = text.get(at)?;
            if let Unit::Escape(escape) = unit_at(text, at, true) {
                left = left.strip_prefix(escape.bytes())?;
                at += escape.width;
            } else {
                // As for every needle, the end of a line is none of its bytes.
                left = left.strip_prefix(&[*byte]).filter(|_| !matches!(byte, b'\n' | b'\r'))?;
                at += 1;
            }
        }
        Some(at)
    }

    /// Whether it stands in the name of a header, whatever the case of its letters.
    pub(super) fn stands_in_name(&self, name: &str) -> bool {
        let folded = |byte: &u8| match byte {
            b'+' => b'-',
            b'/' => b'_',
            byte => byte.to_ascii_lowercase(),
        };
        let is_it = |window: &[u8]| window.iter().map(folded).eq(self.text.iter().map(folded));
        !self.text.is_empty() && name.as_bytes().windows(self.text.len()).any(is_it)
    }

    /// Where it begins, with the digit before it that it has a share in.
    pub(super) fn with_digit_before(&self, text: &[u8], start: usize) -> usize {
        let Some(digit) = self.before else { return start };
        // The whole of an escape, and not the digit that it ends in.
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

    /// Where it ends if its text ends here, with what has to follow, and with the digit after it that it has a share in.
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

/// Where a needle ends whose text has been found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    At(usize),
    /// What has to follow does not.
    None,
    /// What comes next decides.
    Unknown,
}

impl SharedDigit {
    fn is(self, bytes: &[u8]) -> bool {
        let [digit] = bytes else { return false };
        value_of_digit(*digit).is_some_and(|value| value & self.mask == self.bits)
    }
}

/// Of either alphabet (RFC 4648 §4, §5).
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

/// The digits of Base64 that depend on a value alone where it follows so many bytes, and those that it has a share in.
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
    // Of the first digit the last bits are the value's, of the last digit the first.
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

/// What an ASCII text is in UTF-16 of either byte order, without the zero at one of its ends.
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
