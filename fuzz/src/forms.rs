//! The forms of a secret, as other programs write them, and an exhaustive search for them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// The names of the forms in a corpus.
pub const WRITTEN: &[(&str, fn(&str) -> Vec<u8>)] = &[
    ("{raw}", |value| value.into()),
    ("{percent}", |value| each_byte(value, |byte| format!("%{byte:02X}"))),
    ("{query}", |value| url::form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>().into()),
    ("{json}", |value| serde_json::to_string(value).expect("a string").trim_matches('"').into()),
    ("{unicode}", |value| {
        value.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<String>().into()
    }),
    ("{html}", |value| {
        each(value, |character| {
            if character.is_alphanumeric() {
                character.to_string()
            } else {
                format!("&#{};", u32::from(character))
            }
        })
    }),
    ("{padded}", |value| each(value, |character| format!("&#x{:08x};", u32::from(character)))),
    ("{utf16}", |value| value.encode_utf16().flat_map(u16::to_be_bytes).collect()),
    ("{hex}", |value| each_byte(value, |byte| format!("{byte:02x}"))),
    ("{base64}", |value| STANDARD.encode(value).into()),
    ("{base64url}", |value| URL_SAFE.encode(format!("x{value}y")).into()),
];

fn each(value: &str, write: impl Fn(char) -> String) -> Vec<u8> {
    value.chars().map(write).collect::<String>().into()
}

fn each_byte(value: &str, write: impl Fn(u8) -> String) -> Vec<u8> {
    value.bytes().map(write).collect::<String>().into()
}

/// Whether `part` is in `text`.
pub fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// For each byte of a text, whether it may belong to a form of the value: the characters of the value, each in any
/// encoding, or digits that depend on the value, with a digit on either side.
pub fn may_be_covered(text: &[u8], value: &str) -> Vec<bool> {
    let mut covered = vec![false; text.len()];
    let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
    let zeros = value.chars().flat_map(|character| [character, '\0']).collect::<String>();
    let lines = value.split(['\n', '\r']).map(str::trim).map(str::to_owned);
    for value in [value.to_owned(), zeros.trim_end_matches('\0').to_owned(), hex.to_uppercase(), hex]
        .into_iter()
        .chain(lines)
        .filter(|value| value.len() >= 8)
    {
        cover(text, &value, 0, &mut covered);
    }
    for shift in 0..3 {
        let encoded = STANDARD.encode([&vec![0; shift], value.as_bytes()].concat());
        let decided = (shift * 8).div_ceil(6)..(shift + value.len()) * 8 / 6;
        let digits = &encoded[decided];
        let url = digits.replace('+', "-").replace('/', "_");
        for digits in [digits, &url] {
            cover(text, digits, 12, &mut covered);
        }
    }
    covered
}

/// Extends each form by this many bytes on either side.
fn cover(text: &[u8], value: &str, around: usize, covered: &mut [bool]) {
    for start in 0..text.len() {
        let mut ends = vec![start];
        for character in value.chars() {
            let mut next: Vec<usize> = ends.iter().flat_map(|end| after(text, *end, character)).collect();
            next.sort_unstable();
            next.dedup();
            ends = next;
        }
        for end in ends {
            let until = (end + around).min(text.len());
            covered[start.saturating_sub(around)..until].fill(true);
        }
    }
}

/// The ends of a character that begins here, for every way in which it can be written.
fn after(text: &[u8], at: usize, character: char) -> Vec<usize> {
    let rest = &text[at..];
    let own = character.to_string();
    let mut ends = Vec::new();
    if rest.starts_with(own.as_bytes()) {
        ends.push(at + own.len());
    }
    if !matches!(rest, [b'%' | b'\\' | b'&' | b'+', ..]) {
        return ends;
    }
    let number = u32::from(character);
    let mut written = |form: String| {
        if rest.len() >= form.len() && rest[..form.len()].eq_ignore_ascii_case(form.as_bytes()) {
            ends.push(at + form.len());
        }
    };
    let mut utf16 = String::new();
    for unit in character.encode_utf16(&mut [0; 2]) {
        utf16.push_str(&format!("\\u{unit:04x}"));
    }
    written(utf16);
    written(character.encode_utf8(&mut [0; 4]).bytes().map(|byte| format!("%{byte:02x}")).collect());
    if number < 256 {
        written(format!("\\x{number:02x}"));
    }
    for digits in 1..9 {
        for end in ["", ";"] {
            written(format!("&#{number:0digits$}{end}"));
            written(format!("&#x{number:0digits$x}{end}"));
        }
    }
    for (name, named) in NAMES {
        if *named == character {
            written(format!("&{name};"));
            written(format!("&{name}"));
        }
    }
    for (letter, escaped) in
        [('n', '\n'), ('r', '\r'), ('t', '\t'), ('b', '\x08'), ('f', '\x0c'), ('v', '\x0b')]
    {
        if escaped == character {
            written(format!("\\{letter}"));
        }
    }
    if character.is_ascii_punctuation() {
        written(format!("\\{character}"));
    }
    if character == ' ' {
        written("+".to_owned());
    }
    ends
}

/// Compared without case, which covers more.
const NAMES: &[(&str, char)] = &[
    ("tab", '\t'),
    ("newline", '\n'),
    ("excl", '!'),
    ("quot", '"'),
    ("num", '#'),
    ("dollar", '$'),
    ("percnt", '%'),
    ("amp", '&'),
    ("apos", '\''),
    ("lpar", '('),
    ("rpar", ')'),
    ("ast", '*'),
    ("midast", '*'),
    ("plus", '+'),
    ("comma", ','),
    ("period", '.'),
    ("sol", '/'),
    ("colon", ':'),
    ("semi", ';'),
    ("lt", '<'),
    ("equals", '='),
    ("gt", '>'),
    ("quest", '?'),
    ("commat", '@'),
    ("lsqb", '['),
    ("lbrack", '['),
    ("bsol", '\\'),
    ("rsqb", ']'),
    ("rbrack", ']'),
    ("hat", '^'),
    ("lowbar", '_'),
    ("underbar", '_'),
    ("grave", '`'),
    ("diacriticalgrave", '`'),
    ("lcub", '{'),
    ("lbrace", '{'),
    ("verbar", '|'),
    ("vert", '|'),
    ("verticalline", '|'),
    ("rcub", '}'),
    ("rbrace", '}'),
];
