//! The ways in which URLs, JSON, JavaScript and HTML write a character.
//!
//! The four notations share their units, so they are in one file, which is longer than others.
//!
//! A text is read in units: a byte that means itself, or an escape, which means one byte or more. How a text is read
//! from a given place does not depend on what comes before that place.

/// The bytes that begin an escape.
pub(super) const INTRODUCERS: [u8; 3] = [b'%', b'\\', b'&'];

/// The length of `&DiacriticalGrave;` in bytes. This many bytes are enough to recognise any escape.
pub(super) const LONGEST_ESCAPE: usize = 18;

/// The most digits that are read after the `#` or the `#x` of a numeric character reference. HTML allows any number of
/// leading zeros; without a limit, the forms of a value would have no limit of length.
const MOST_DIGITS: usize = 8;

/// The length of `DiacriticalGrave` in bytes.
const LONGEST_NAME: usize = 16;

/// The unit at one place of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// A byte that means itself.
    Plain,
    Escape(Escape),
    /// The text ends with the beginning of what may be an escape.
    Unfinished,
}

/// An escape and the bytes that it means: one byte or one character. Only `&fjlig;` means two characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Escape {
    /// The length of the escape itself, in bytes.
    pub(super) width: usize,
    bytes: [u8; 4],
    length: u8,
}

/// The notations whose escapes are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Syntaxes {
    pub(super) percent: bool,
    pub(super) backslash: bool,
    pub(super) html: bool,
}

impl Syntaxes {
    pub(super) const ALL: Self = Self { percent: true, backslash: true, html: true };

    const fn reads(self, introducer: u8) -> bool {
        match introducer {
            b'%' => self.percent,
            b'\\' => self.backslash,
            b'&' => self.html,
            _ => false,
        }
    }
}

impl Escape {
    /// The bytes that the escape means.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    fn byte(width: usize, byte: u8) -> Unit {
        Unit::Escape(Self { width, bytes: [byte, 0, 0, 0], length: 1 })
    }

    fn character(width: usize, character: char) -> Unit {
        let mut bytes = [0; 4];
        let length = character.encode_utf8(&mut bytes).len();
        Unit::Escape(Self { width, bytes, length: u8::try_from(length).unwrap_or_default() })
    }
}

/// Reads the unit at this place. More text may follow, unless it `is_whole`:
///
/// - `%XX` (RFC 3986 §2.1).
/// - `\uXXXX`, two of them for a surrogate pair, and the short escapes of JSON (RFC 8259 §7); `\xXX`, `\v`, and a
///   backslash before punctuation, which means that punctuation, as in JavaScript. Each of two backslashes means
///   itself, because where a pair begins would depend on everything before it.
/// - a character reference of HTML: a number of up to [`MOST_DIGITS`] digits, or one of the names that HTML 5 has for
///   ASCII characters; with `;`, or without it where HTML allows that.
pub(super) fn unit_at(text: &[u8], at: usize, is_whole: bool) -> Unit {
    let rest = text.get(at..).unwrap_or_default();
    let unit = match rest {
        [b'%', rest @ ..] => percent(rest),
        [b'\\', rest @ ..] => backslash(rest),
        [b'&', b'#', b'x' | b'X', rest @ ..] => number(rest, 3, 16),
        [b'&', b'#', rest @ ..] => number(rest, 2, 10),
        [b'&', rest @ ..] => name(rest),
        _ => Unit::Plain,
    };
    match unit {
        // Only a character reference can lack its end.
        Unit::Unfinished if is_whole => match rest {
            [b'&', ..] => unit_at(&[rest, b"\n"].concat(), 0, false),
            _ => Unit::Plain,
        },
        unit => unit,
    }
}

/// What this text means when only the escapes of these syntaxes are read, and the end of the text that may become such
/// an escape once more text follows.
pub(super) fn meaning(text: &[u8], syntaxes: Syntaxes) -> (Vec<u8>, &[u8]) {
    let (mut meaning, mut at) = (Vec::with_capacity(text.len()), 0);
    while let Some(byte) = text.get(at) {
        match unit_at(text, at, false) {
            Unit::Escape(escape) if syntaxes.reads(*byte) => {
                meaning.extend_from_slice(escape.bytes());
                at += escape.width;
            }
            Unit::Unfinished if syntaxes.reads(*byte) => break,
            _ => {
                meaning.push(*byte);
                at += 1;
            }
        }
    }
    (meaning, text.get(at..).unwrap_or_default())
}

/// The length of the longest form of a character, in bytes.
pub(super) const fn longest_form(character: char) -> usize {
    match character {
        // `&DiacriticalGrave;`
        '`' => LONGEST_ESCAPE,
        '|' => 14,
        // `&#x0000002F;`; `%F0%9F%98%80` and `\ud83d\ude00` are no longer.
        _ => 4 + MOST_DIGITS,
    }
}

fn percent(rest: &[u8]) -> Unit {
    match rest {
        [] => Unit::Unfinished,
        [high] if is_digit(*high) => Unit::Unfinished,
        [high, low, ..] => match hexadecimal(*high).zip(hexadecimal(*low)) {
            Some((high, low)) => Escape::byte(3, high << 4 | low),
            None => Unit::Plain,
        },
        _ => Unit::Plain,
    }
}

fn backslash(rest: &[u8]) -> Unit {
    let Some((letter, rest)) = rest.split_first() else { return Unit::Unfinished };
    match letter {
        b'u' => utf16(rest),
        b'x' => match digits(rest, 2) {
            Digits::Read(number) => Escape::character(4, char::from_u32(number).unwrap_or_default()),
            Digits::Unfinished => Unit::Unfinished,
            Digits::None => Unit::Plain,
        },
        b'b' => Escape::byte(2, 0x08),
        b't' => Escape::byte(2, b'\t'),
        b'n' => Escape::byte(2, b'\n'),
        b'v' => Escape::byte(2, 0x0b),
        b'f' => Escape::byte(2, 0x0c),
        b'r' => Escape::byte(2, b'\r'),
        // A byte that begins an escape never ends another one, so every byte after the first of an escape means itself.
        letter if letter.is_ascii_punctuation() && !INTRODUCERS.contains(letter) => Escape::byte(2, *letter),
        _ => Unit::Plain,
    }
}

/// Reads what follows `\u`.
fn utf16(rest: &[u8]) -> Unit {
    let first = match digits(rest, 4) {
        Digits::Read(number) => number,
        Digits::Unfinished => return Unit::Unfinished,
        Digits::None => return Unit::Plain,
    };
    if let Some(character) = char::from_u32(first) {
        return Escape::character(6, character);
    }
    let second = match rest.get(4..).unwrap_or_default() {
        [] | [b'\\'] => return Unit::Unfinished,
        [b'\\', b'u', rest @ ..] => match digits(rest, 4) {
            Digits::Read(number) => number,
            Digits::Unfinished => return Unit::Unfinished,
            Digits::None => return Unit::Plain,
        },
        _ => return Unit::Plain,
    };
    let pair = [first, second].map(|unit| u16::try_from(unit).unwrap_or_default());
    match char::decode_utf16(pair).next() {
        Some(Ok(character)) => Escape::character(12, character),
        _ => Unit::Plain,
    }
}

enum Digits {
    Read(u32),
    Unfinished,
    None,
}

/// Reads `count` hexadecimal digits.
fn digits(rest: &[u8], count: usize) -> Digits {
    let mut number = 0;
    for at in 0..count {
        match rest.get(at).map(|digit| hexadecimal(*digit)) {
            Some(Some(digit)) => number = number << 4 | u32::from(digit),
            Some(None) => return Digits::None,
            None => return Digits::Unfinished,
        }
    }
    Digits::Read(number)
}

/// Reads what follows `&#` or `&#x`, whose length is `before`.
fn number(rest: &[u8], before: usize, radix: u32) -> Unit {
    let is_digit = |byte: &u8| char::from(*byte).is_digit(radix);
    let count = rest.iter().take(MOST_DIGITS + 1).take_while(|byte| is_digit(byte)).count();
    if count == 0 {
        return if rest.is_empty() { Unit::Unfinished } else { Unit::Plain };
    }
    if count > MOST_DIGITS {
        return Unit::Plain;
    }
    let Some(next) = rest.get(count) else { return Unit::Unfinished };
    let digits = rest.get(..count).and_then(|digits| str::from_utf8(digits).ok()).unwrap_or_default();
    match u32::from_str_radix(digits, radix).ok().and_then(char::from_u32) {
        Some(character) => Escape::character(before + count + usize::from(*next == b';'), character),
        None => Unit::Plain,
    }
}

/// Reads what follows `&`.
fn name(rest: &[u8]) -> Unit {
    let length = rest.iter().take(LONGEST_NAME).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    if length == 0 && !rest.is_empty() {
        return Unit::Plain;
    }
    let name = rest.get(..length).unwrap_or_default();
    let known = || {
        let place = NAMES.partition_point(|(known, _)| known.as_bytes() < name);
        NAMES.get(place).filter(|(known, _)| known.as_bytes().starts_with(name))
    };
    match rest.get(length) {
        None if known().is_some() => Unit::Unfinished,
        Some(b';') if name == b"fjlig" => Unit::Escape(Escape { width: 7, bytes: *b"fj\0\0", length: 2 }),
        Some(b';') if let Some((_, byte)) = known().filter(|(known, _)| known.len() == length) => {
            Escape::byte(length + 2, *byte)
        }
        _ => bare_name(name),
    }
}

/// The names that HTML 5 has for ASCII characters, sorted. `fjlig` means two characters.
const NAMES: [(&str, u8); 46] = [
    ("AMP", b'&'),
    ("DiacriticalGrave", b'`'),
    ("GT", b'>'),
    ("Hat", b'^'),
    ("LT", b'<'),
    ("NewLine", b'\n'),
    ("QUOT", b'"'),
    ("Tab", b'\t'),
    ("UnderBar", b'_'),
    ("VerticalLine", b'|'),
    ("amp", b'&'),
    ("apos", b'\''),
    ("ast", b'*'),
    ("bsol", b'\\'),
    ("colon", b':'),
    ("comma", b','),
    ("commat", b'@'),
    ("dollar", b'$'),
    ("equals", b'='),
    ("excl", b'!'),
    ("fjlig", b'f'),
    ("grave", b'`'),
    ("gt", b'>'),
    ("lbrace", b'{'),
    ("lbrack", b'['),
    ("lcub", b'{'),
    ("lowbar", b'_'),
    ("lpar", b'('),
    ("lsqb", b'['),
    ("lt", b'<'),
    ("midast", b'*'),
    ("num", b'#'),
    ("percnt", b'%'),
    ("period", b'.'),
    ("plus", b'+'),
    ("quest", b'?'),
    ("quot", b'"'),
    ("rbrace", b'}'),
    ("rbrack", b']'),
    ("rcub", b'}'),
    ("rpar", b')'),
    ("rsqb", b']'),
    ("semi", b';'),
    ("sol", b'/'),
    ("verbar", b'|'),
    ("vert", b'|'),
];

/// Reads the names that HTML also accepts without `;`, whatever follows.
fn bare_name(name: &[u8]) -> Unit {
    const NAMES: [(&[u8], u8); 8] = [
        (b"amp", b'&'),
        (b"AMP", b'&'),
        (b"gt", b'>'),
        (b"GT", b'>'),
        (b"lt", b'<'),
        (b"LT", b'<'),
        (b"quot", b'"'),
        (b"QUOT", b'"'),
    ];
    let known = NAMES.iter().find(|(known, _)| name.starts_with(known));
    known.map_or(Unit::Plain, |(known, byte)| Escape::byte(known.len() + 1, *byte))
}

const fn is_digit(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

/// The value of a hexadecimal digit.
#[inline]
fn hexadecimal(digit: u8) -> Option<u8> {
    HEXADECIMAL.get(usize::from(digit)).copied().filter(|value| *value < 16)
}

/// The value of each byte as a hexadecimal digit; 16 where the byte is not a digit.
#[expect(clippy::indexing_slicing, reason = "it is computed by the compiler, which checks every index")]
const HEXADECIMAL: [u8; 256] = {
    let mut values = [16; 256];
    let mut value = 0;
    while value < 16 {
        let (lower, upper) =
            if value < 10 { (b'0' + value, b'0' + value) } else { (b'a' + value - 10, b'A' + value - 10) };
        values[lower as usize] = value;
        values[upper as usize] = value;
        value += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(usize, String)> {
        match unit_at(text.as_bytes(), 0, true) {
            Unit::Escape(escape) => {
                Some((escape.width, String::from_utf8_lossy(escape.bytes()).into_owned()))
            }
            Unit::Plain => None,
            Unit::Unfinished => panic!("{text} is whole"),
        }
    }

    #[test]
    fn case_37_an_escape_means_a_character() {
        for (text, width, expected) in [
            ("%2Fx", 3, "/"),
            ("%2fx", 3, "/"),
            (r"\/x", 2, "/"),
            (r#"\"x"#, 2, "\""),
            (r"\'x", 2, "'"),
            (r"\_x", 2, "_"),
            (r"\nx", 2, "\n"),
            (r"\bx", 2, "\u{8}"),
            (r"\tx", 2, "\t"),
            (r"\vx", 2, "\u{b}"),
            (r"\fx", 2, "\u{c}"),
            (r"\rx", 2, "\r"),
            (r"\x2Fx", 4, "/"),
            (r"\xe9x", 4, "é"),
            (r"\u002fx", 6, "/"),
            (r"\u00E9x", 6, "é"),
            (r"\uD83d\ude00x", 12, "😀"),
            ("&#47;x", 5, "/"),
            ("&#47x", 4, "/"),
            ("&#47", 4, "/"),
            ("&#00000047;", 11, "/"),
            ("&#x2F;x", 6, "/"),
            ("&#X2fx", 5, "/"),
            ("&#x0000002F;x", 12, "/"),
            ("&#x1F600;", 9, "😀"),
            ("&amp;x", 5, "&"),
            ("&ampx", 4, "&"),
            ("&LT", 3, "<"),
            ("&lowbar;", 8, "_"),
            ("&UnderBar;", 10, "_"),
            ("&DiacriticalGrave;", 18, "`"),
            ("&NewLine;", 9, "\n"),
            ("&fjlig;", 7, "fj"),
        ] {
            assert_eq!(read(text), Some((width, expected.to_owned())), "{text}");
        }
    }

    #[test]
    fn what_is_no_escape_means_itself() {
        for text in [
            "x",
            "",
            "%",
            "%2",
            "%2g",
            "%g2",
            r"\",
            r"\\",
            r"\\n",
            r"\%41",
            r"\&amp;",
            r"\q",
            r"\0",
            r"\u002",
            r"\u00zz",
            r"\x2",
            r"\xzz",
            r"\ud83d",
            r"\ud83dx",
            r"\ud83d\u0041",
            r"\ude00",
            "&",
            "&;",
            "&#",
            "&#;",
            "&#x",
            "&#x;",
            "&#+34;",
            "&#000000047;",
            "&#x110000;",
            "&#xd800;",
            "&lowbar",
            "&lowbars;",
            "&eacute;",
            "&abcdefghijklmnopqrstuvw;",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_may_become_an_escape_is_waited_for_and_nothing_else() {
        let longest = [
            "%2F",
            r"\u002f",
            r"\ud83d\ude00",
            r"\x2f",
            "&#x0000002F;",
            "&#00000047;",
            "&#47;",
            "&amp;",
            "&DiacriticalGrave;",
        ];
        for text in longest {
            for end in 1..text.len() {
                assert_eq!(unit_at(&text.as_bytes()[..end], 0, false), Unit::Unfinished, "{text} {end}");
            }
            assert!(matches!(unit_at(text.as_bytes(), 0, false), Unit::Escape(_)), "{text}");
        }
        for text in [
            "%z",
            "%2z",
            r"\q",
            r"\\",
            r"\uz",
            r"\ud83dx",
            "&#z",
            "&#xz",
            "&-",
            "&nampere",
            "&abc",
            "&#123456789",
        ] {
            assert_eq!(unit_at(text.as_bytes(), 0, false), Unit::Plain, "{text}");
        }
    }

    #[test]
    fn case_37_every_form_of_a_character_is_within_its_longest_form() {
        for (name, byte) in NAMES {
            assert!(name.len() + 2 <= longest_form(char::from(byte)), "{name}");
        }
        assert!(NAMES.is_sorted());
        assert_eq!(longest_form('/'), "&#x0000002F;".len());
    }

    #[test]
    fn a_text_is_read_by_some_syntaxes_or_all() {
        let text = br"a%41\/&#65;\\n%4";
        assert_eq!(meaning(text, Syntaxes::ALL), (b"aA/A\\\n".to_vec(), &b"%4"[..]));
        let percent = Syntaxes { percent: true, backslash: false, html: false };
        assert_eq!(meaning(&text[..13], percent), (br"aA\/&#65;\\".to_vec(), &b""[..]));
    }
}
