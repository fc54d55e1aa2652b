//! Diagnostics: the faults of a file, their positions, and what to write instead.

use std::fmt;
use std::ops::Range;

use super::file::{File, Span};

/// One error or warning about one of the two files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether the build stops.
    pub severity: Severity,
    /// The path of the file, as [`File::path`] gave it.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// The text with the fault, on one line and shortened; empty at the end of a line.
    pub found: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead, as an instruction.
    pub instead: String,
    /// The bytes of the file that it is about; empty where something is missing.
    pub span: Range<usize>,
    /// Whether the text could be a credential, which must not be printed.
    pub is_hidden: bool,
}

/// Whether a [`Diagnostic`] stops the build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is what its name says")]
pub enum Severity {
    Error,
    Warning,
}

impl fmt::Display for Diagnostic {
    /// One line: `PATH:LINE:COLUMN: SEVERITY: MESSAGE; found FOUND; INSTEAD`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, column, message, found, instead, .. } = self;
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(formatter, "{path}:{line}:{column}: {severity}: {message}; ")?;
        match found.as_str() {
            "" => formatter.write_str("found nothing")?,
            found => write!(formatter, "found `{found}`")?,
        }
        write!(formatter, "; {instead}")
    }
}

impl std::error::Error for Diagnostic {}

/// Collects the diagnostics of one file.
pub(crate) struct Findings<'t> {
    file: File<'t>,
    list: Vec<(usize, Diagnostic)>,
}

impl<'t> Findings<'t> {
    pub(crate) const fn new(file: File<'t>) -> Self {
        Self { file, list: Vec::new() }
    }

    pub(crate) const fn file(&self) -> File<'t> {
        self.file
    }

    pub(crate) fn error(&mut self, at: Span, message: &str, instead: &str) {
        let found = self.text_at(at);
        self.add(Severity::Error, at, Some(&found), message, instead);
    }

    /// Adds an error without the text that was found, which may be a credential and must not be in a build log.
    pub(crate) fn error_without_text(&mut self, at: Span, message: &str, instead: &str) {
        self.add(Severity::Error, at, None, message, instead);
    }

    pub(crate) fn warning(&mut self, at: Span, message: &str, instead: &str) {
        let found = self.text_at(at);
        self.add(Severity::Warning, at, Some(&found), message, instead);
    }

    /// The errors and the warnings, each in order of position.
    pub(crate) fn into_parts(mut self) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
        self.list.sort_by_key(|(start, _)| *start);
        let diagnostics = self.list.into_iter().map(|(_, diagnostic)| diagnostic);
        diagnostics.partition(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// If `found` is `None`, the text is hidden.
    fn add(&mut self, severity: Severity, at: Span, found: Option<&str>, message: &str, instead: &str) {
        let before = self.file.text.get(..at.start).unwrap_or(self.file.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let diagnostic = Diagnostic {
            severity,
            path: self.file.path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).map_or(0, |line| line.chars().count()) + 1,
            found: found.unwrap_or("\"…\"").to_owned(),
            message: on_one_line(message),
            instead: on_one_line(instead),
            span: at.start..at.end.max(at.start),
            is_hidden: found.is_none(),
        };
        // One place can have two faults, but not the same fault twice.
        if !self.list.iter().any(|(_, earlier)| *earlier == diagnostic) {
            self.list.push((at.start, diagnostic));
        }
    }

    fn text_at(&self, at: Span) -> String {
        const LONGEST: usize = 60;
        let rest = self.file.text.get(at.start..).unwrap_or_default();
        let text =
            if at.start < at.end { self.file.text.get(at.start..at.end).unwrap_or(rest) } else { rest };
        let line = text.lines().next().unwrap_or_default();
        let shortened: String = line.chars().take(LONGEST).collect();
        let cut = shortened.len() < line.len() || (at.start < at.end && line.len() < text.trim_end().len());
        on_one_line(&shortened) + if cut { "…" } else { "" }
    }
}

/// Names come from the files and can have any characters.
fn on_one_line(text: &str) -> String {
    text.chars()
        .flat_map(|character| {
            let escaped = character.is_control().then(|| character.escape_default());
            let plain = escaped.is_none().then_some(character);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, start: usize, end: usize) -> String {
        let mut findings = Findings::new(File { path: "gateway.toml", text });
        findings.error(Span { start, end }, "it is\nwrong", "write it well");
        findings.into_parts().0.remove(0).to_string()
    }

    #[test]
    fn counts_lines_and_characters_from_one() {
        assert_eq!(shown("abc", 0, 1), "gateway.toml:1:1: error: it is\\nwrong; found `a`; write it well");
        assert_eq!(
            shown("é\nüö = x", 10, 11),
            "gateway.toml:2:6: error: it is\\nwrong; found `x`; write it well"
        );
    }

    #[test]
    fn shows_one_short_line_of_the_offending_text() {
        assert!(shown("[1,\r\n2]", 0, 7).contains("found `[1,…`"));
        assert!(shown("a\tb", 0, 3).contains("found `a\\tb`"));
        assert!(shown(&"x".repeat(61), 0, 61).contains(&format!("found `{}…`", "x".repeat(60))));
    }

    #[test]
    fn shows_the_rest_of_the_line_where_something_is_missing() {
        assert!(shown("a = 'b' c\nd", 8, 8).contains("found `c`"));
        assert!(shown("a =\nb", 3, 3).contains("found nothing"));
    }
}
