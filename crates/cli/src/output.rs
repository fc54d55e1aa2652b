//! What the command says: tables and sentences, or JSON.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use comfy_table::{Table, presets};
use serde::Serialize;

use crate::failure::Failure;

/// Standard output and standard error. Colours reach a terminal only, and not where `NO_COLOR` is set.
pub struct Output {
    json: bool,
    out: Box<dyn Write>,
    err: Box<dyn Write>,
}

/// A text's meaning, shown as a colour.
#[derive(Clone, Copy)]
pub enum Tone {
    /// Green.
    Good,
    /// Yellow.
    Odd,
    /// Red.
    Bad,
}

impl Output {
    /// To the streams of this process.
    pub fn to_terminal(json: bool) -> Self {
        Self { json, out: Box::new(anstream::stdout()), err: Box::new(anstream::stderr()) }
    }

    /// Whether JSON was asked for. What a command says then is one JSON document on standard output.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// A JSON document, indented.
    ///
    /// # Errors
    /// Where standard output cannot be written to.
    pub fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer_pretty(&mut self.out, value).map_err(io::Error::from)?;
        Ok(writeln!(self.out)?)
    }

    /// A line for people.
    ///
    /// # Errors
    /// Where standard output cannot be written to.
    pub fn line(&mut self, text: &str) -> Result<(), Failure> {
        Ok(writeln!(self.out, "{text}")?)
    }

    /// Columns for people. Cells are measured as they stand, so none holds [`toned`] text.
    ///
    /// # Errors
    /// Where standard output cannot be written to.
    pub fn table(&mut self, header: &[&str], rows: Vec<Vec<String>>) -> Result<(), Failure> {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_header(header).add_rows(rows);
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        Ok(writeln!(self.out, "{}", table.trim_fmt())?)
    }

    /// Bytes as they are.
    ///
    /// # Errors
    /// Where standard output cannot be written to.
    pub fn raw(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.out.write_all(bytes)?)
    }

    /// A remark on standard error, where it is in nobody's way.
    pub fn note(&mut self, text: &str) {
        // Where standard error is closed there is nobody to tell.
        let _ = writeln!(self.err, "{text}");
    }

    /// Why the command ends as it does.
    pub fn failure(&mut self, failure: &Failure) {
        if let Some(message) = failure.message() {
            self.note(&format!("{} {message}", toned(Tone::Bad, "error:")));
        }
    }
}

/// The text in its tone's colour.
pub fn toned(tone: Tone, text: &str) -> String {
    let colour = match tone {
        Tone::Good => AnsiColor::Green,
        Tone::Odd => AnsiColor::Yellow,
        Tone::Bad => AnsiColor::Red,
    };
    let style = Style::new().fg_color(Some(colour.into()));
    format!("{style}{text}{style:#}")
}
