//! Makes text of unknown origin safe to print.
//!
//! A name, a comment or an error from a server may contain escape sequences that move the cursor, change the title, or
//! put a link on other text; carriage returns and backspaces that hide the text before them; and marks that reverse the
//! order of letters. All of these are escaped.

use std::fmt::{self, Write as _};

use ostiary_core::value_syntax::is_invisible;

/// A text in which invisible characters, including line ends, are written as `\u{1b}` or `\n`.
pub struct Printable<'a>(pub &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| write_printable(formatter, character))
    }
}

/// The text with every character that is not printable escaped, except line ends.
pub fn printable_lines(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => printable.push('\n'),
            // Writing to a `String` cannot fail.
            character => drop(write_printable(&mut printable, character)),
        }
    }
    printable
}

/// JSON in which every character that is not printable is escaped as in JSON. Outside strings, the only such characters
/// are line ends.
pub fn printable_json(document: &str) -> String {
    let mut printable = String::with_capacity(document.len());
    for character in document.chars() {
        if character == '\n' || is_printable(character) {
            printable.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a `String` cannot fail.
                let _ = write!(printable, "\\u{unit:04x}");
            }
        }
    }
    printable
}

fn write_printable(target: &mut impl fmt::Write, character: char) -> fmt::Result {
    if is_printable(character) {
        target.write_char(character)
    } else {
        match character {
            '\r' | '\n' | '\t' | '\0' => write!(target, "{}", character.escape_debug()),
            _ => write!(target, "{}", character.escape_unicode()),
        }
    }
}

/// Whether the character is visible, as `char::escape_debug` decides. But `escape_debug` also escapes quotes and
/// backslashes, and does not escape fillers and variation selectors.
fn is_printable(character: char) -> bool {
    let has_shape = matches!(character, '\'' | '"' | '\\') || character.escape_debug().len() == 1;
    has_shape && !is_invisible(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_escaped_and_nothing_else() {
        for (text, expected) in [
            ("stripe-key (of \"shop\") 'é' Ключ 鍵 \\", "stripe-key (of \"shop\") 'é' Ключ 鍵 \\"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("\u{1b}]8;;https://a.example\u{7}x", "\\u{1b}]8;;https://a.example\\u{7}x"),
            ("\u{9b}2J", "\\u{9b}2J"),
            ("a\rb\u{8}c\u{7f}", "a\\rb\\u{8}c\\u{7f}"),
            ("a\nb\tc\0", "a\\nb\\tc\\0"),
            ("a\u{202e}b\u{2066}\u{200b}\u{feff}\u{2028}", "a\\u{202e}b\\u{2066}\\u{200b}\\u{feff}\\u{2028}"),
            ("a\u{115f}b\u{3164}\u{ffa0}\u{2800}", "a\\u{115f}b\\u{3164}\\u{ffa0}\\u{2800}"),
            ("a\u{fe0f}\u{e0100}\u{e0041}\u{61c}", "a\\u{fe0f}\\u{e0100}\\u{e0041}\\u{61c}"),
            ("a\u{a0}\u{3000}\u{200d}\u{17b4}\u{1d173}", "a\\u{a0}\\u{3000}\\u{200d}\\u{17b4}\\u{1d173}"),
        ] {
            assert_eq!(Printable(text).to_string(), expected);
        }
        assert_eq!(printable_lines("a\n\u{1b}b\r\n"), "a\n\\u{1b}b\\r\n");
    }

    #[test]
    fn json_stays_the_same_document() {
        let value = serde_json::json!({ "a\u{9b}": "\u{1b}\u{7f}\u{202e}\u{e0041}é\n", "b": [1] });
        let document = serde_json::to_string_pretty(&value).unwrap();
        let printable = printable_json(&document);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&printable).unwrap(), value);
        assert!(
            printable.chars().all(|character| character == '\n' || is_printable(character)),
            "{printable}"
        );
    }
}
