//! What a secret's value must be for the place where it is put. The Worker and the command ask the same question here:
//! the one before it sends a value, the other before it stores one.

use std::error::Error;
use std::fmt;

use crate::configuration::{JwtAlgorithm, KeyEncoding};
use crate::encoding::decode_key;
use crate::encoding::private_key;

/// Where a value is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A header: a bearer token, a header of its own, or a token that a caller shows.
    Header,
    /// The user name of Basic (RFC 7617 §2).
    Username,
    /// The password of Basic.
    Password,
    /// A place that encodes or hashes what it is given: a query parameter, a field of a body, a message, a key.
    Encoded,
    /// A key in hexadecimal digits or Base64.
    Key(KeyEncoding),
    /// A key that signs tokens: PEM, a JWK, or in its encoding. Whether it is one, [`is_signing_key`] says.
    SigningKey(JwtAlgorithm, KeyEncoding),
    /// A part of a path, which is percent-encoded.
    Segment,
    /// The name of a key in the scope of a signature.
    AccessKeyId,
    /// One that is not known. Whatever has no shape of its own is nowhere meant.
    Unknown,
}

/// A value as it is used: without the line ends at its end, which come from `echo` and editors, not from a key.
#[must_use]
pub fn without_line_ends(text: &str) -> &str {
    text.trim_end_matches(['\r', '\n'])
}

impl Place {
    /// Whether a value can be put here.
    ///
    /// # Errors
    /// Where it cannot, with the place of what stands in its way.
    pub fn check(self, value: &str) -> Result<(), InvalidValue> {
        if value.trim().is_empty() {
            return Err(InvalidValue { position: 1, fault: ValueFault::Empty });
        }
        // HTTP drops blanks at the ends of a header's value (RFC 9110 §5.5), so another one than this would be sent.
        let ends = value.len() != value.trim_matches(' ').len();
        if self == Self::Header && ends {
            let leading = value.starts_with(' ');
            let position = if leading { 1 } else { value.chars().count() };
            return Err(InvalidValue { position, fault: ValueFault::Blank });
        }
        self.check_characters(value)?;
        match self {
            // A URL parser would take the segment before it away.
            Self::Segment if matches!(value, "." | "..") => {
                Err(InvalidValue { position: 1, fault: ValueFault::Dots })
            }
            Self::Key(encoding) if decode_key(encoding, value).is_none() => {
                Err(InvalidValue { position: 1, fault: ValueFault::Undecodable })
            }
            _ => Ok(()),
        }
    }

    /// Whether every character of a text can stand here, whatever is beside it.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn check_characters(self, text: &str) -> Result<(), InvalidValue> {
        let accepts: fn(char) -> bool = match self {
            // Visible ASCII and space: what every server reads alike (RFC 9110 §5.5 allows more, and calls it opaque).
            Self::Header => |character| matches!(character, ' '..='~'),
            // RFC 7617 §2: no colon, since that ends it, and no control character.
            Self::Username => |character| character != ':' && !character.is_control(),
            Self::Password | Self::Segment => |character| !character.is_control(),
            Self::Encoded | Self::Key(_) | Self::SigningKey(..) => |_| true,
            // A slash and a comma end it.
            Self::AccessKeyId => {
                |character| matches!(character, '!'..='~') && !matches!(character, '/' | ',')
            }
            Self::Unknown => {
                |character| matches!(character, '\r' | '\n') || ValueFault::of(character).is_none()
            }
        };
        let Some(at) = text.find(|character| !accepts(character)) else { return Ok(()) };
        let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
        let fault = match after.chars().next() {
            Some(':') => ValueFault::Colon,
            Some(' ' | '/' | ',') => ValueFault::Separator,
            Some(character) => ValueFault::of(character).unwrap_or(ValueFault::NotAscii),
            None => ValueFault::NotAscii,
        };
        Err(InvalidValue { position: before.chars().count().saturating_add(1), fault })
    }
}

/// Whether a value is a key for the algorithm. The Worker does not ask: it has the key imported.
#[must_use]
pub fn is_signing_key(algorithm: JwtAlgorithm, encoding: KeyEncoding, value: &str) -> bool {
    if algorithm == JwtAlgorithm::Hs256 {
        return private_key::symmetric(value, |text| decode_key(encoding, text)).is_some();
    }
    let bare = decode_key(encoding, value);
    private_key::parse(algorithm, value, bare.as_deref().map(Vec::as_slice)).is_some()
}

/// Whether nobody sees this character, or sees a blank in its place: what Unicode calls ignorable by default, white
/// space other than the blank itself, and letters without a shape, such as a Hangul filler and the blank pattern of
/// Braille.
#[must_use]
pub fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    ) || (character.is_whitespace() && character != ' ')
}

/// Why a value cannot be put somewhere. It does not say what the value is, but for a character that is in no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidValue {
    /// Of the character, from 1.
    pub position: usize,
    /// What is wrong with it.
    pub fault: ValueFault,
}

/// What is wrong with a character of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueFault {
    /// There is none but blanks and line ends.
    Empty,
    /// A blank at an end.
    Blank,
    /// A control character (U+0000 to U+001F, U+007F to U+009F).
    Control(char),
    /// It has no shape, or that of a blank: a byte order mark, a zero-width or a no-break space.
    Invisible(char),
    /// A quote as word processors write it.
    TypographicQuote(char),
    /// A colon in a user name.
    Colon,
    /// It is no key for the algorithm that the configuration names.
    NoKey,
    /// A dot or two, and nothing else, in a path.
    Dots,
    /// A slash, a comma or a blank in the name of a key.
    Separator,
    /// The whole is not in the encoding that the configuration names.
    Undecodable,
    /// It is not ASCII.
    NotAscii,
}

impl ValueFault {
    /// What is wrong with this character anywhere.
    fn of(character: char) -> Option<Self> {
        match character {
            _ if character.is_control() => Some(Self::Control(character)),
            '\u{2018}'..='\u{201f}' | '\u{2039}' | '\u{203a}' | '\u{ab}' | '\u{bb}' => {
                Some(Self::TypographicQuote(character))
            }
            _ if is_invisible(character) => Some(Self::Invisible(character)),
            _ => None,
        }
    }

    const fn name(self) -> (&'static str, Option<char>) {
        match self {
            Self::Empty => ("it is empty, or blanks only", None),
            Self::Blank => ("a blank, which HTTP drops at the end of a header", None),
            Self::Control(character) => (
                match character {
                    '\t' => "a tab",
                    '\r' | '\n' => "a line end",
                    '\0' => "a zero byte, as UTF-16 has it",
                    _ => "a control character",
                },
                Some(character),
            ),
            Self::Invisible(character) => (
                match character {
                    '\u{feff}' => "a byte order mark",
                    '\u{a0}' => "a no-break space",
                    '\u{200b}' => "a zero-width space",
                    _ => "a character that nobody sees",
                },
                Some(character),
            ),
            Self::TypographicQuote(character) => ("a typographic quote", Some(character)),
            Self::NoKey => ("it is no key for its `alg`", None),
            Self::Dots => ("it is a dot segment of a path", None),
            Self::Separator => ("a slash, a comma or a blank, which ends an access key id", None),
            Self::Undecodable => ("it is not in its `key_encoding`", None),
            Self::Colon => ("a colon, which ends the user name of Basic", None),
            Self::NotAscii => ("no ASCII, and a header holds nothing else", None),
        }
    }
}

impl fmt::Display for InvalidValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, character) = self.fault.name();
        match (self.fault, character) {
            (ValueFault::Empty | ValueFault::Undecodable | ValueFault::NoKey | ValueFault::Dots, _) => {
                formatter.write_str(name)
            }
            (_, Some(character)) => {
                write!(
                    formatter,
                    "its character {} is {name} (U+{:04X})",
                    self.position,
                    u32::from(character)
                )
            }
            (_, None) => write!(formatter, "its character {} is {name}", self.position),
        }
    }
}

impl Error for InvalidValue {}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: [Place; 5] =
        [Place::Header, Place::Username, Place::Password, Place::Encoded, Place::Unknown];

    /// For each of [`PLACES`], in that order.
    fn checked(value: &str) -> [bool; 5] {
        PLACES.map(|place| place.check(value).is_ok())
    }

    #[test]
    fn each_place_takes_what_it_can_hold() {
        for (value, expected) in [
            ("sk_live_0123+/=", [true; 5]),
            ("a b", [true; 5]),
            ("a:b", [true, false, true, true, true]),
            ("{\"id\":\"x\"}", [true, false, true, true, true]),
            (" a", [false, true, true, true, true]),
            ("a ", [false, true, true, true, true]),
            ("é", [false, true, true, true, true]),
            ("Ключ", [false, true, true, true, true]),
            ("a\tb", [false, false, false, true, false]),
            ("a\nb", [false, false, false, true, true]),
            ("a\0b", [false, false, false, true, false]),
            ("\u{feff}a", [false, true, true, true, false]),
            ("a\u{a0}b", [false, true, true, true, false]),
            ("a\u{200b}", [false, true, true, true, false]),
            ("“a”", [false, true, true, true, false]),
            ("", [false; 5]),
            (" ", [false; 5]),
            (" \t\r\n\u{a0}", [false; 5]),
        ] {
            assert_eq!(checked(value), expected, "{value:?}");
        }
    }

    #[test]
    fn the_reason_names_the_place_and_not_the_value() {
        for (place, value, expected) in [
            (Place::Header, "  ", "it is empty, or blanks only"),
            (Place::Header, " canary", "its character 1 is a blank, which HTTP drops at the end of a header"),
            (Place::Header, "canary ", "its character 7 is a blank, which HTTP drops at the end of a header"),
            (Place::Header, "canary\tx", "its character 7 is a tab (U+0009)"),
            (Place::Header, "canary\nx", "its character 7 is a line end (U+000A)"),
            (Place::Header, "c\0a\0", "its character 2 is a zero byte, as UTF-16 has it (U+0000)"),
            (Place::Header, "\u{feff}canary", "its character 1 is a byte order mark (U+FEFF)"),
            (Place::Unknown, "é\u{200b}canary", "its character 2 is a zero-width space (U+200B)"),
            (Place::Header, "canary\u{a0}", "its character 7 is a no-break space (U+00A0)"),
            (Place::Header, "“canary”", "its character 1 is a typographic quote (U+201C)"),
            (Place::Header, "canaryб", "its character 7 is no ASCII, and a header holds nothing else"),
            (Place::Username, "canary:x", "its character 7 is a colon, which ends the user name of Basic"),
            (
                Place::AccessKeyId,
                "can/ary",
                "its character 4 is a slash, a comma or a blank, which ends an access key id",
            ),
            (Place::Key(KeyEncoding::Hex), "canary", "it is not in its `key_encoding`"),
            (Place::Key(KeyEncoding::Base64), "canary canary", "it is not in its `key_encoding`"),
            (Place::Segment, "..", "it is a dot segment of a path"),
            (Place::Segment, "canary\t", "its character 7 is a tab (U+0009)"),
            (Place::Unknown, "a\u{202e}", "its character 2 is a character that nobody sees (U+202E)"),
        ] {
            assert_eq!(place.check(value).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn a_key_is_written_in_its_encoding() {
        for (place, value) in [
            (Place::Key(KeyEncoding::Text), " é\n"),
            (Place::Key(KeyEncoding::Hex), "00fF"),
            (Place::Key(KeyEncoding::Base64), "-_8"),
            (Place::AccessKeyId, "AKIDEXAMPLE"),
        ] {
            assert_eq!(place.check(value).is_ok(), !value.trim().is_empty(), "{value:?}");
        }
    }

    #[test]
    fn line_ends_at_the_end_are_no_part_of_a_value() {
        for text in ["a", "a\n", "a\r\n", "a\r\n\n\r"] {
            assert_eq!(without_line_ends(text), "a", "{text:?}");
        }
        assert_eq!(without_line_ends("\na\nb \n"), "\na\nb ");
        assert_eq!(without_line_ends("\r\n"), "");
    }
}
