//! What is wrong with a configuration file, and where.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;

/// How much of the offending text a diagnostic repeats, in characters.
const SHOWN: usize = 60;

/// One thing that is wrong, or worth a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file, as it was named to the reader.
    pub path: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The offending text, its first line at most.
    pub found: String,
    /// What is wrong with it.
    pub message: String,
    /// What to write instead.
    pub instead: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, column, found, message, instead } = self;
        write!(formatter, "{path}:{line}:{column}: {message}")?;
        if !found.is_empty() {
            write!(formatter, "; found `{found}`")?;
        }
        write!(formatter, "; {instead}")
    }
}

/// A file to be read.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// As diagnostics show it.
    pub path: &'a str,
    /// Its contents.
    pub text: &'a str,
}

/// Collects the diagnostics of one file.
pub(super) struct Report<'a> {
    file: File<'a>,
    errors: RefCell<Vec<(usize, Diagnostic)>>,
    warnings: RefCell<Vec<(usize, Diagnostic)>>,
}

impl<'a> Report<'a> {
    pub(super) const fn new(file: File<'a>) -> Self {
        Self { file, errors: RefCell::new(Vec::new()), warnings: RefCell::new(Vec::new()) }
    }

    pub(super) fn text(&self) -> &'a str {
        self.file.text
    }

    pub(super) fn error(&self, span: &Range<usize>, message: impl Into<String>, instead: impl Into<String>) {
        let diagnostic = self.diagnostic(span, message.into(), instead.into());
        self.errors.borrow_mut().push((span.start, diagnostic));
    }

    pub(super) fn warning(
        &self,
        span: &Range<usize>,
        message: impl Into<String>,
        instead: impl Into<String>,
    ) {
        let diagnostic = self.diagnostic(span, message.into(), instead.into());
        self.warnings.borrow_mut().push((span.start, diagnostic));
    }

    /// The errors and the warnings, each in the order of their positions.
    pub(super) fn finish(self) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
        let sorted = |found: RefCell<Vec<(usize, Diagnostic)>>| {
            let mut found = found.into_inner();
            found.sort_by_key(|(at, _)| *at);
            found.into_iter().map(|(_, diagnostic)| diagnostic).collect()
        };
        (sorted(self.errors), sorted(self.warnings))
    }

    fn diagnostic(&self, span: &Range<usize>, message: String, instead: String) -> Diagnostic {
        let before = self.file.text.get(..span.start).unwrap_or(self.file.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let found = self.file.text.get(span.clone()).unwrap_or_default();
        let first_line = found.lines().next().unwrap_or_default();
        let mut shown: String = first_line.chars().take(SHOWN).collect();
        if shown.len() < first_line.len() {
            shown.push('…');
        }
        Diagnostic {
            path: self.file.path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            found: shown,
            message,
            instead,
        }
    }
}
