//! The output of the command: tables and sentences, or JSON.
//!
//! It contains no control sequences of terminals, except the colours that are set here.

use std::fmt;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use comfy_table::{Table, presets};
use serde::Serialize;

use crate::failure::Failure;
use crate::printable::{Printable, printable_json, printable_lines};

/// Standard output and standard error. Colours are only written to a terminal, and not if `NO_COLOR` is set.
pub struct Output {
    json: bool,
    out: Box<dyn Write>,
    err: Box<dyn Write>,
}

/// One or more lines of text, with colours.
#[derive(Default)]
pub struct Text(Vec<(Option<Tone>, String)>);

/// The meaning of words, shown as a colour.
#[derive(Clone, Copy)]
pub enum Tone {
    /// Green.
    Good,
    /// Yellow.
    Odd,
    /// Red.
    Bad,
}

impl Text {
    /// Adds words without a colour.
    #[must_use]
    pub fn plain(mut self, words: impl Into<String>) -> Self {
        self.0.push((None, words.into()));
        self
    }

    /// Adds words in the colour of their meaning.
    #[must_use]
    pub fn toned(mut self, tone: Tone, words: impl Into<String>) -> Self {
        self.0.push((Some(tone), words.into()));
        self
    }
}

impl From<String> for Text {
    fn from(words: String) -> Self {
        Self::default().plain(words)
    }
}

impl From<&str> for Text {
    fn from(words: &str) -> Self {
        Self::default().plain(words)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (tone, words) in &self.0 {
            let words = printable_lines(words);
            match tone.map(Tone::style) {
                Some(style) => write!(formatter, "{style}{words}{style:#}")?,
                None => formatter.write_str(&words)?,
            }
        }
        Ok(())
    }
}

impl Tone {
    fn style(self) -> Style {
        let colour = match self {
            Self::Good => AnsiColor::Green,
            Self::Odd => AnsiColor::Yellow,
            Self::Bad => AnsiColor::Red,
        };
        Style::new().fg_color(Some(colour.into()))
    }
}

impl Output {
    /// Writes to the streams of this process.
    pub fn to_terminal(json: bool) -> Self {
        Self { json, out: Box::new(anstream::stdout()), err: Box::new(anstream::stderr()) }
    }

    /// Whether JSON was requested. The output is then one JSON document on standard output.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Writes an indented JSON document.
    ///
    /// # Errors
    /// Returns an error if standard output cannot be written to.
    pub fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let document = serde_json::to_string_pretty(value).map_err(io::Error::from)?;
        Ok(writeln!(self.out, "{}", printable_json(&document))?)
    }

    /// Writes a JSON document on one line, for a command that writes many.
    ///
    /// # Errors
    /// Returns an error if standard output cannot be written to.
    pub fn json_line(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let document = serde_json::to_string(value).map_err(io::Error::from)?;
        Ok(writeln!(self.out, "{}", printable_json(&document))?)
    }

    /// Writes a line of text.
    ///
    /// # Errors
    /// Returns an error if standard output cannot be written to.
    pub fn line(&mut self, text: impl Into<Text>) -> Result<(), Failure> {
        Ok(writeln!(self.out, "{}", text.into())?)
    }

    /// Writes a table. A cell has one line.
    ///
    /// # Errors
    /// Returns an error if standard output cannot be written to.
    pub fn table(&mut self, header: &[&str], rows: &[Vec<String>]) -> Result<(), Failure> {
        let rows = rows.iter().map(|row| row.iter().map(|cell| Printable(cell).to_string()));
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(header).add_rows(rows);
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        Ok(writeln!(self.out, "{}", table.trim_fmt())?)
    }

    /// Writes bytes unchanged.
    ///
    /// # Errors
    /// Returns an error if standard output cannot be written to.
    pub fn raw(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.out.write_all(bytes)?)
    }

    /// Writes a remark to standard error, so that it does not mix with the output.
    pub fn note(&mut self, text: impl Into<Text>) {
        // A remark that cannot be written to a closed standard error is dropped.
        let _ = writeln!(self.err, "{}", text.into());
    }

    /// Writes the reason of a failure.
    pub fn failure(&mut self, failure: &Failure) {
        if let Some(message) = failure.message() {
            self.note(Text::default().toned(Tone::Bad, "error:").plain(format!(" {message}")));
        }
    }
}
