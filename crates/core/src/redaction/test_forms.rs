//! The forms of a value as other programs write them, for the tests. `needle.rs` has the forms that are looked for.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::escape::{Syntaxes, meaning};

/// Values of letters, of characters that the syntaxes escape, and of text that looks like an escape.
pub(super) fn value() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        6 => "[a-zA-Z0-9]",
        2 => "[a-f0-9]",
        2 => "[-_+/=:. \"'%\\\\u&#<;|`]",
        1 => "[é–😀\t]",
    ];
    let any = prop::collection::vec(character, 8..40).prop_map(|characters| characters.concat());
    prop_oneof![4 => any, 1 => "[a-b]{8,20}", 1 => "[%0-4]{8,20}", 1 => r"[\\u0n]{8,20}", 1 => r#"[\\"'<;/n]{8,20}"#, 1 => "[&#x0-4]{8,20}"]
}

/// Whether so much of the value could be read as escapes that the rest is too short to be found by itself.
pub(super) fn has_no_middle(value: &str) -> bool {
    let (_, tail) = meaning(value.as_bytes(), Syntaxes::ALL);
    let rest = value.as_bytes().strip_suffix(tail).unwrap();
    meaning(rest, Syntaxes::ALL).0.len() < 8
}

/// The number of kinds of forms.
pub(super) const KINDS: usize = 14;

/// A form of that value, and the part of it that must not be released. `choices` decide what a writer is free to
/// choose.
pub(super) fn form(value: &str, kind: usize, choices: &[u8]) -> (Vec<u8>, Vec<u8>) {
    // A value that looks like it has an escape is escaped the same way throughout.
    let looks_escaped = meaning(value.as_bytes(), Syntaxes::ALL).0 != value.as_bytes();
    let choices = if looks_escaped { &choices[..1] } else { choices };
    let mut choices = choices.iter().copied().cycle();
    let mut choice = move || choices.next().unwrap();
    let form = match kind {
        1 => percent(value, &mut choice, false),
        2 => percent(value, &mut choice, true),
        3 => json(value, &mut choice),
        4 => value.bytes().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect(),
        5 => value.bytes().flat_map(|byte| format!("{byte:02X}").into_bytes()).collect(),
        6 => html(value, &mut choice),
        7 => javascript(value, &mut choice),
        8 => padded(value, &mut choice),
        9 if value.is_ascii() => value.bytes().flat_map(|byte| [byte, 0]).collect(),
        0 | 9 => value.into(),
        13 => plain_html(value, &mut choice),
        _ => {
            let (encoded, whole) = base64(value, &mut choice);
            let write = |text: &str| match kind {
                10 => percent(text, &mut || 1, false),
                11 => json(text, &mut || 1),
                _ => text.into(),
            };
            return (write(&encoded), write(&whole));
        }
    };
    (form.clone(), form)
}

fn percent(value: &str, choice: &mut impl FnMut() -> u8, form: bool) -> Vec<u8> {
    let mut out = Vec::new();
    for byte in value.bytes() {
        let chosen = choice();
        match byte {
            // Every space or none.
            b' ' if form => out.push(b'+'),
            b'%' | b'+' | b'\\' | b'&' | 0x80.. => out.extend(hex(byte, chosen)),
            _ if chosen.is_multiple_of(3) => out.extend(hex(byte, chosen)),
            _ => out.push(byte),
        }
    }
    out
}

fn hex(byte: u8, chosen: u8) -> Vec<u8> {
    let text = format!("%{byte:02x}").into_bytes();
    let upper = |digit: u8| if chosen & 4 == 0 { digit.to_ascii_uppercase() } else { digit };
    [text[0], text[1], upper(text[2])].into()
}

fn json(value: &str, choice: &mut impl FnMut() -> u8) -> Vec<u8> {
    let mut out = String::new();
    // An encoder treats all bytes that begin an escape alike.
    let introducers = choice() % 2 == 1;
    for character in value.chars() {
        let chosen = choice();
        match character {
            '"' => out.extend(['\\', character]),
            '\\' if !introducers => out.push_str("\\\\"),
            '/' if chosen % 2 == 1 => out.push_str("\\/"),
            '\t' => out.push_str("\\t"),
            '%' | '&' | '\\' if introducers => utf16(&mut out, character, chosen),
            '%' | '&' => out.push(character),
            _ if chosen.is_multiple_of(3) => utf16(&mut out, character, chosen),
            _ => out.push(character),
        }
    }
    out.into()
}

fn utf16(out: &mut String, character: char, chosen: u8) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        let text = format!("{unit:04x}");
        out.push_str("\\u");
        out.push_str(&if chosen & 4 == 0 { text.to_uppercase() } else { text });
    }
}

fn javascript(value: &str, choice: &mut impl FnMut() -> u8) -> Vec<u8> {
    let pieces = value.chars().map(|character| {
        let chosen = choice();
        let number = u32::from(character);
        match character {
            '\'' | '"' => format!("\\{character}"),
            '\t' => "\\t".to_owned(),
            '%' | '&' | '\\' => format!("\\x{number:02x}"),
            _ if character.is_ascii() && chosen.is_multiple_of(3) => format!("\\x{number:02X}"),
            _ => character.to_string(),
        }
    });
    pieces.collect::<Vec<String>>().concat().into()
}

fn html(value: &str, choice: &mut impl FnMut() -> u8) -> Vec<u8> {
    let names = [
        ('_', "&lowbar;"),
        ('_', "&UnderBar;"),
        ('.', "&period;"),
        ('/', "&sol;"),
        ('+', "&plus;"),
        ('=', "&equals;"),
        ('|', "&VerticalLine;"),
        ('`', "&DiacriticalGrave;"),
        ('%', "&percnt;"),
        ('\\', "&bsol;"),
        ('\t', "&Tab;"),
    ];
    let pieces = value.chars().map(|character| {
        let chosen = choice();
        let number = u32::from(character);
        let name = names.iter().filter(|(named, _)| *named == character).nth(usize::from(chosen & 1));
        match character {
            '&' => "&amp;".to_owned(),
            '<' => if chosen % 2 == 1 { "&lt;" } else { "&LT;" }.to_owned(),
            '"' if chosen % 2 == 1 => "&quot;".to_owned(),
            '%' | '\\' => format!("&#{number};"),
            _ if name.is_some() => name.unwrap().1.to_owned(),
            _ if chosen.is_multiple_of(5) => format!("&#{number:06};"),
            _ if chosen.is_multiple_of(3) => format!("&#x{number:X};"),
            _ => character.to_string(),
        }
    });
    pieces.collect::<Vec<String>>().concat().into()
}

/// The value as a library writes it that escapes only what HTML requires.
fn plain_html(value: &str, choice: &mut impl FnMut() -> u8) -> Vec<u8> {
    let escaped = ["<>&", "<>&\"", "<>&\"'", "<>&\"'/"][usize::from(choice() % 4)];
    let pieces = value.chars().map(|character| {
        if escaped.contains(character) {
            format!("&#{};", u32::from(character))
        } else {
            character.to_string()
        }
    });
    pieces.collect::<Vec<String>>().concat().into()
}

/// The value as an attacker of a filter writes it: numeric references, padded with zeros, with or without `;`.
fn padded(value: &str, choice: &mut impl FnMut() -> u8) -> Vec<u8> {
    let pieces = value.char_indices().map(|(at, character)| {
        let number = u32::from(character);
        let is_last = at + character.len_utf8() == value.len();
        let end = if is_last || choice() % 2 == 1 { ";" } else { "" };
        match choice() % 3 {
            0 => format!("&#{number:08}{end}"),
            1 => format!("&#x{number:08x}{end}"),
            _ => format!("&#X{number:07X}{end}"),
        }
    });
    pieces.collect::<Vec<String>>().concat().into()
}

/// The Base64 of a text that contains the value, and those of its digits that depend on the value alone.
fn base64(value: &str, choice: &mut impl FnMut() -> u8) -> (String, String) {
    let before = "xyz".get(..usize::from(choice() % 4)).unwrap();
    let after = "pq".get(..usize::from(choice() % 3)).unwrap();
    let engine = [STANDARD, URL_SAFE, URL_SAFE_NO_PAD][usize::from(choice() % 3)].clone();
    let encoded = engine.encode(format!("{before}{value}{after}"));
    let whole = (before.len() * 8).div_ceil(6)..(before.len() + value.len()) * 8 / 6;
    let whole = encoded.get(whole).unwrap().to_owned();
    (encoded, whole)
}
