//! Files in the form of dotenv, as wrangler and the npm package `dotenv` (16 and 17) read them.
//!
//! Nothing is expanded. A line is refused if these two would read it differently, or in a way that its author probably
//! did not intend.

use std::error::Error;
use std::fmt;
use std::sync::LazyLock;

use regex_lite::{Captures, Regex};
use zeroize::Zeroizing;

/// Neither expression is `None`: both are constants, and the tests use them.
static ASSIGNMENT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(LINE).ok());
static EXPANSION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(EXPANDED).ok());

/// `LINE` of <https://github.com/motdotla/dotenv/blob/master/lib/main.js>, with a group for each kind of value. White
/// space outside ASCII, which JavaScript's `\s` includes, has been refused before.
const LINE: &str = r#"(?mx) ^ \s* (?: export \s+ )? (?<name> [\w.-]+ ) (?: \s* = \s*? | : \s+? )
    (?: \s* '(?<single> (?: \\' | [^'] )* )' | \s* "(?<double> (?: \\" | [^"] )* )"
      | \s* `(?<backtick> (?: \\` | [^`] )* )` | (?<bare> [^\#\r\n]+ ) )?
    \s* (?<comment> \# .* )? $"#;

/// The texts that `dotenv-expand`, which `wrangler deploy --secrets-file` uses, replaces or reads as an escaped `$`.
const EXPANDED: &str = r"\$\{[^{}]+\}|\$[A-Za-z_]|\\\$";

/// One `NAME=value`. The name has not been checked.
#[derive(Debug, PartialEq, Eq)]
pub struct Pair {
    pub name: String,
    pub value: Zeroizing<String>,
}

/// Reads the pairs in order, including repeats.
///
/// # Errors
/// Returns an error if a line is refused.
pub fn parse(text: &str) -> Result<Vec<Pair>, InvalidDotenv> {
    let text = Zeroizing::new(text.replace("\r\n", "\n").replace('\r', "\n"));
    check_blanks(&text)?;
    let mut pairs = Vec::new();
    let mut end = 0;
    for found in ASSIGNMENT.iter().flat_map(|pattern| pattern.captures_iter(&text)) {
        let Some(whole) = found.get(0) else { continue };
        check_between(&text, end, whole.start())?;
        pairs.push(pair(&text, &found)?);
        end = whole.end();
    }
    check_between(&text, end, text.len())?;
    Ok(pairs)
}

fn pair(text: &str, found: &Captures<'_>) -> Result<Pair, InvalidDotenv> {
    let start = found.name("name").map_or(0, |name| name.start());
    let refuse = |fault| Err(InvalidDotenv { line: line(text, start), fault });
    let group = |name| found.name(name).map(|group| (group.start(), group.as_str()));
    let single = group("single");
    let quoted = single.or(group("double")).or(group("backtick"));
    let (at, value) = quoted.or(group("bare")).unwrap_or((start, ""));
    let blank = |character: char| matches!(character, ' ' | '\t' | '\n' | '\x0b' | '\x0c');
    let value = if quoted.is_some() { value } else { value.trim_matches(blank) };

    // A value that begins on another line does not belong to this name.
    if text.get(start..at).is_some_and(|before| before.contains('\n')) {
        return refuse(Fault::Form);
    }
    if quoted.is_none() && value.starts_with(['\'', '"', '`']) {
        return refuse(Fault::Quotes);
    }
    let is_cut = found.name("comment").is_some_and(|comment| {
        let before = text.get(..comment.start()).and_then(|before| before.chars().next_back());
        quoted.is_none() && !value.is_empty() && before.is_some_and(|before| !blank(before))
    });
    if is_cut {
        return refuse(Fault::Comment);
    }
    if single.is_none() && EXPANSION.as_ref().is_none_or(|pattern| pattern.is_match(value)) {
        return refuse(Fault::Expansion);
    }
    let value = Zeroizing::new(value.to_owned());
    let value = if group("double").is_some() {
        let breaks = Zeroizing::new(value.replace("\\n", "\n"));
        Zeroizing::new(breaks.replace("\\r", "\r"))
    } else {
        value
    };
    Ok(Pair { name: found.name("name").map_or("", |name| name.as_str()).to_owned(), value })
}

/// Checks that the text between pairs is white space or comments.
fn check_between(text: &str, start: usize, end: usize) -> Result<(), InvalidDotenv> {
    let mut at = start;
    for part in text.get(start..end).unwrap_or_default().split_inclusive('\n') {
        let content = part.trim();
        if !content.is_empty() && !content.starts_with('#') {
            return Err(InvalidDotenv { line: line(text, at), fault: Fault::Form });
        }
        at += part.len();
    }
    Ok(())
}

/// Checks for white space and line ends outside ASCII, which JavaScript accepts and which are invisible.
fn check_blanks(text: &str) -> Result<(), InvalidDotenv> {
    for (number, line) in (1..).zip(text.lines()) {
        let is_comment = line.trim_start().starts_with('#');
        let odd = line.chars().find(|character| match character {
            '\u{2028}' | '\u{2029}' => true,
            '\u{feff}' => !is_comment,
            other => !is_comment && other.is_whitespace() && !other.is_ascii(),
        });
        if let Some(odd) = odd {
            return Err(InvalidDotenv { line: number, fault: Fault::Blank(odd) });
        }
    }
    Ok(())
}

fn line(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or_default().matches('\n').count().saturating_add(1)
}

/// The reason why a file is refused. It contains no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidDotenv {
    /// The line, from 1.
    line: usize,
    fault: Fault,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Form,
    Quotes,
    Comment,
    Expansion,
    Blank(char),
}

impl fmt::Display for InvalidDotenv {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {} ", self.line)?;
        match self.fault {
            Fault::Form => formatter.write_str("is not in the form NAME=value"),
            Fault::Quotes => formatter.write_str(
                "has a quote that does not close at the end of the value; put all of the value in quotes of another kind",
            ),
            Fault::Comment => formatter.write_str(
                "has a `#` right behind its value, where dotenv begins a comment; put the value in quotes",
            ),
            Fault::Expansion => formatter.write_str(
                "has a `$`, which `wrangler deploy` would expand; put the value in single quotes, where it stays",
            ),
            Fault::Blank(character) => {
                write!(formatter, "has a white-space character outside ASCII (U+{:04X})", u32::from(character))
            }
        }
    }
}

impl Error for InvalidDotenv {}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(line: &str) -> Result<String, Fault> {
        let pairs = parse(&format!("# before\n{line}\n#after=1\n")).map_err(|error| {
            assert_eq!(error.line, 2, "{line}");
            error.fault
        })?;
        let [Pair { name, value }] = pairs.as_slice() else { panic!("{line}: {pairs:?}") };
        assert_eq!(name, "A", "{line}");
        Ok(value.to_string())
    }

    /// tests/cli/dotenv.test.mjs compares the same lines with dotenv and wrangler.
    #[test]
    fn a_line_is_what_dotenv_reads() {
        for (line, expected) in [
            ("A=x", "x"),
            ("A = x ", "x"),
            ("  export A=x", "x"),
            ("A: x", "x"),
            ("A==eq=", "=eq="),
            ("A=", ""),
            ("A=a b", "a b"),
            ("A=a #b", "a"),
            ("A='a#b' # c", "a#b"),
            ("A=\"a\"#c", "a"),
            ("A=it's", "it's"),
            ("A=p\"ss\"w", "p\"ss\"w"),
            (r#"A={"id":"x"}"#, r#"{"id":"x"}"#),
            (r#"A='{"id":"x"}'"#, r#"{"id":"x"}"#),
            ("A=`it's \"x\"`", "it's \"x\""),
            ("A='$HOME ${HOME} \\$x'", "$HOME ${HOME} \\$x"),
            ("A=a$1$", "a$1$"),
            (r"A=ab\ncd", r"ab\ncd"),
            (r#"A="a\nb\rc""#, "a\nb\rc"),
            (r#"A="a\\nb""#, "a\\\nb"),
            (r"A='a\nb'", r"a\nb"),
            (r#"A="a\tb\"c""#, r#"a\tb\"c"#),
            (r"A=C:\temp\new", r"C:\temp\new"),
            (r"A=a\ b", r"a\ b"),
            ("A='a\nb'", "a\nb"),
            ("A=\"-----BEGIN\nx==\n-----END\"", "-----BEGIN\nx==\n-----END"),
            ("A=Ключ", "Ключ"),
        ] {
            assert_eq!(value(line).as_deref(), Ok(expected), "{line}");
        }
    }

    #[test]
    fn a_line_that_can_be_read_in_two_ways_is_refused() {
        for (line, expected) in [
            ("A='x'$HOME", Fault::Quotes),
            ("A='x'${HOME}y", Fault::Quotes),
            ("A=$HOME", Fault::Expansion),
            ("A=a${B}", Fault::Expansion),
            ("A=\"$HOME\"", Fault::Expansion),
            ("A=`$HOME`", Fault::Expansion),
            ("A=a\\$b", Fault::Expansion),
            ("A='it''s'", Fault::Quotes),
            ("A=\"a\"b", Fault::Quotes),
            ("A=\"a", Fault::Quotes),
            ("A='a", Fault::Quotes),
            ("A=a#b", Fault::Comment),
            ("A=x'#'y", Fault::Comment),
            ("A", Fault::Form),
            ("A B=x", Fault::Form),
            ("=x", Fault::Form),
            ("A\n=x", Fault::Form),
            ("A=\n'x'", Fault::Form),
            ("A=\u{a0}x", Fault::Blank('\u{a0}')),
            ("A='x\u{2003}'", Fault::Blank('\u{2003}')),
            ("\u{feff}A=x", Fault::Blank('\u{feff}')),
            ("# x\u{2028}A=x", Fault::Blank('\u{2028}')),
        ] {
            assert_eq!(value(line), Err(expected), "{line}");
        }
    }

    #[test]
    fn lines_end_as_they_do_anywhere() {
        for text in ["A=1\nB=2\n", "A=1\r\nB=2", "A=1\rB=2\r", "\n\nA=1\n\n# c\u{a0}\n  B=2 # d\n\n"] {
            let pairs = parse(text).unwrap();
            let read: Vec<(&str, &str)> =
                pairs.iter().map(|pair| (&*pair.name, pair.value.as_str())).collect();
            assert_eq!(read, [("A", "1"), ("B", "2")], "{text:?}");
        }
    }
}
