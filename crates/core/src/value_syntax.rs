//! The rules for a secret's value in each place. The Worker checks a value before it sends it, and the command before
//! it stores it.

use std::error::Error;
use std::fmt;

use crate::configuration::{JwtAlgorithm, KeyEncoding};
use crate::encoding::decode_key;
use crate::encoding::private_key;

/// The place of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueSyntax {
    /// A header: a bearer token, another header, or a token that a caller shows.
    Header,
    /// The user name of Basic (RFC 7617 §2).
    Username,
    /// The password of Basic.
    Password,
    /// A place that encodes or hashes the value: a query parameter, a field of a body, a message, a key.
    Encoded,
    /// A key in hexadecimal digits or Base64.
    Key(KeyEncoding),
    /// A key that signs tokens: PEM, a JWK, or in its encoding. [`is_signing_key`] checks it.
    SigningKey(JwtAlgorithm, KeyEncoding),
    /// A part of a path, which is percent-encoded.
    Segment,
    /// The id of an access key in the scope of a signature.
    AccessKeyId,
    /// An unknown place. Only invisible characters are refused, because no place needs them.
    Unknown,
}

/// The value without line ends at its end, which come from `echo` and editors.
#[must_use]
pub fn without_line_ends(text: &str) -> &str {
    text.trim_end_matches(['\r', '\n'])
}

impl ValueSyntax {
    /// Checks that the value fits this place.
    ///
    /// # Errors
    /// The first fault of the value, with its position.
    pub fn check(self, value: &str) -> Result<(), InvalidValue> {
        if value.trim().is_empty() {
            return Err(InvalidValue { position: 1, fault: ValueFault::Empty });
        }
        // HTTP drops spaces at the ends of a header's value (RFC 9110 §5.5), so another value would be sent.
        let ends = value.len() != value.trim_matches(' ').len();
        if self == Self::Header && ends {
            let leading = value.starts_with(' ');
            let position = if leading { 1 } else { value.chars().count() };
            return Err(InvalidValue { position, fault: ValueFault::Blank });
        }
        self.check_characters(value)?;
        match self {
            // A URL parser would remove the segment before it.
            Self::Segment if matches!(value, "." | "..") => {
                Err(InvalidValue { position: 1, fault: ValueFault::Dots })
            }
            Self::Key(encoding) if decode_key(encoding, value).is_none() => {
                Err(InvalidValue { position: 1, fault: ValueFault::Undecodable })
            }
            _ => Ok(()),
        }
    }

    /// Checks that every character of the text is allowed in this place.
    ///
    /// # Errors
    /// The same as [`Self::check`].
    pub fn check_characters(self, text: &str) -> Result<(), InvalidValue> {
        let accepts: fn(char) -> bool = match self {
            // Visible ASCII and space, which all servers read alike (RFC 9110 §5.5 also allows opaque bytes).
            Self::Header => |character| matches!(character, ' '..='~'),
            // RFC 7617 §2: no control character, and no colon, because a colon ends the user name.
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

/// Whether a value is a key for the algorithm. The Worker does not call this: it imports the key.
#[must_use]
pub fn is_signing_key(algorithm: JwtAlgorithm, encoding: KeyEncoding, value: &str) -> bool {
    if algorithm == JwtAlgorithm::Hs256 {
        return private_key::symmetric(value, |text| decode_key(encoding, text)).is_some();
    }
    let bare = decode_key(encoding, value);
    private_key::parse(algorithm, value, bare.as_deref().map(Vec::as_slice))
        .is_some_and(|key| private_key::is_of(algorithm, key.expose()))
}

/// Whether this character is invisible or looks like a space: Unicode's default ignorable characters, white space other
/// than the space itself, and empty letters such as the Hangul filler and the blank Braille pattern.
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

/// The reason why a value does not fit its place. It contains at most one character of the value, which is one that no
/// key has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidValue {
    /// The position of the character, from 1.
    pub position: usize,
    /// The fault.
    pub fault: ValueFault,
}

/// The fault of a value or of one of its characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueFault {
    /// The value is empty, or has only white space.
    Empty,
    /// A space at an end.
    Blank,
    /// A control character (U+0000 to U+001F, U+007F to U+009F).
    Control(char),
    /// An invisible character: a byte order mark, a zero-width or a no-break space.
    Invisible(char),
    /// A typographic quote.
    TypographicQuote(char),
    /// A colon in a user name.
    Colon,
    /// The value is not a key for the configured algorithm.
    NoKey,
    /// The value is `.` or `..` in a path.
    Dots,
    /// A slash, a comma or a space in the id of an access key.
    Separator,
    /// The value is not in the configured encoding.
    Undecodable,
    /// A character that is not ASCII.
    NotAscii,
}

impl ValueFault {
    /// The fault of a character that no place allows.
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
            Self::Empty => ("it is empty, or only white space", None),
            Self::Blank => ("a space, which HTTP drops at the end of a header", None),
            Self::Control(character) => (
                match character {
                    '\t' => "a tab",
                    '\r' | '\n' => "a line end",
                    '\0' => "a zero byte, as in UTF-16",
                    _ => "a control character",
                },
                Some(character),
            ),
            Self::Invisible(character) => (
                match character {
                    '\u{feff}' => "a byte order mark",
                    '\u{a0}' => "a no-break space",
                    '\u{200b}' => "a zero-width space",
                    _ => "an invisible character",
                },
                Some(character),
            ),
            Self::TypographicQuote(character) => ("a typographic quote", Some(character)),
            Self::NoKey => ("it is not a key for its `alg`", None),
            Self::Dots => ("it is a dot segment of a path", None),
            Self::Separator => ("a slash, a comma or a space, which ends an access key id", None),
            Self::Undecodable => ("it is not in its `key_encoding`", None),
            Self::Colon => ("a colon, which ends the user name of Basic", None),
            Self::NotAscii => ("not ASCII, and a header can contain nothing else", None),
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

    const PLACES: [ValueSyntax; 5] = [
        ValueSyntax::Header,
        ValueSyntax::Username,
        ValueSyntax::Password,
        ValueSyntax::Encoded,
        ValueSyntax::Unknown,
    ];

    /// The results for each of [`PLACES`], in that order.
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
            (ValueSyntax::Header, "  ", "it is empty, or only white space"),
            (
                ValueSyntax::Header,
                " canary",
                "its character 1 is a space, which HTTP drops at the end of a header",
            ),
            (
                ValueSyntax::Header,
                "canary ",
                "its character 7 is a space, which HTTP drops at the end of a header",
            ),
            (ValueSyntax::Header, "canary\tx", "its character 7 is a tab (U+0009)"),
            (ValueSyntax::Header, "canary\nx", "its character 7 is a line end (U+000A)"),
            (ValueSyntax::Header, "c\0a\0", "its character 2 is a zero byte, as in UTF-16 (U+0000)"),
            (ValueSyntax::Header, "\u{feff}canary", "its character 1 is a byte order mark (U+FEFF)"),
            (ValueSyntax::Unknown, "é\u{200b}canary", "its character 2 is a zero-width space (U+200B)"),
            (ValueSyntax::Header, "canary\u{a0}", "its character 7 is a no-break space (U+00A0)"),
            (ValueSyntax::Header, "“canary”", "its character 1 is a typographic quote (U+201C)"),
            (
                ValueSyntax::Header,
                "canaryб",
                "its character 7 is not ASCII, and a header can contain nothing else",
            ),
            (
                ValueSyntax::Username,
                "canary:x",
                "its character 7 is a colon, which ends the user name of Basic",
            ),
            (
                ValueSyntax::AccessKeyId,
                "can/ary",
                "its character 4 is a slash, a comma or a space, which ends an access key id",
            ),
            (ValueSyntax::Key(KeyEncoding::Hex), "canary", "it is not in its `key_encoding`"),
            (ValueSyntax::Key(KeyEncoding::Base64), "canary canary", "it is not in its `key_encoding`"),
            (ValueSyntax::Segment, "..", "it is a dot segment of a path"),
            (ValueSyntax::Segment, "canary\t", "its character 7 is a tab (U+0009)"),
            (ValueSyntax::Unknown, "a\u{202e}", "its character 2 is an invisible character (U+202E)"),
        ] {
            assert_eq!(place.check(value).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn a_key_is_written_in_its_encoding() {
        for (place, value) in [
            (ValueSyntax::Key(KeyEncoding::Text), " é\n"),
            (ValueSyntax::Key(KeyEncoding::Hex), "00fF"),
            (ValueSyntax::Key(KeyEncoding::Base64), "-_8"),
            (ValueSyntax::AccessKeyId, "AKIDEXAMPLE"),
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
