//! The changes of a command to files: checked together, shown, and then written.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ostiary_grammar::{self as grammar, Diagnostic, File};
use serde::Serialize;
use similar::TextDiff;

use crate::failure::Failure;
use crate::output::{Output, Text, Tone};

/// A file before and after a change.
#[derive(Clone, Debug)]
pub struct Change {
    path: PathBuf,
    /// The former text; `None` for a new file.
    before: Option<String>,
    after: String,
}

/// The changes of gateway.toml and of wrangler's configuration, which belong together.
pub struct Changes {
    gateway: Change,
    wrangler: Change,
}

/// A change as JSON.
#[derive(Serialize)]
pub struct Shown {
    path: String,
    diff: String,
}

impl Change {
    /// `before` is `None` for a new file.
    pub fn new(path: &Path, before: Option<String>, after: String) -> Self {
        Self { path: path.to_owned(), before, after }
    }

    fn is_empty(&self) -> bool {
        self.before.as_deref() == Some(&self.after)
    }

    fn diff(&self) -> String {
        let before = self.before.as_deref().unwrap_or_default();
        let path = self.path.to_string_lossy();
        let old = if self.before.is_some() { &*path } else { "/dev/null" };
        TextDiff::from_lines(before, &self.after).unified_diff().header(old, &path).to_string()
    }

    fn write(&self) -> Result<(), Failure> {
        let told = |error| Failure::failed(format_args!("cannot write {}: {error}", self.path.display()));
        let now = match fs::read_to_string(&self.path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(told(error)),
        };
        if now != self.before {
            return Err(Failure::failed(format_args!(
                "{} was changed meanwhile; run the command again",
                self.path.display()
            )));
        }
        fs::write(&self.path, &self.after).map_err(told)
    }
}

impl Changes {
    /// Checks that the changes cause no new errors.
    ///
    /// # Errors
    /// The build would report an error that it does not report today.
    pub fn checked(gateway: Change, wrangler: Change) -> Result<Self, Failure> {
        let changes = Self { gateway, wrangler };
        let before = match (&changes.gateway.before, &changes.wrangler.before) {
            (Some(gateway), Some(wrangler)) => changes.errors(gateway, wrangler),
            _ => Vec::new(),
        };
        let known: BTreeSet<_> = before.iter().map(|error| error.message.as_str()).collect();
        let after = changes.errors(&changes.gateway.after, &changes.wrangler.after);
        let new: Vec<_> = after
            .iter()
            .filter(|error| !known.contains(error.message.as_str()))
            .map(ToString::to_string)
            .collect();
        if new.is_empty() {
            return Ok(changes);
        }
        Err(refused(&new))
    }

    /// Like [`Self::checked`], for a gateway without routes.
    ///
    /// # Errors
    /// The build would report another error.
    pub fn without_routes(gateway: Change, wrangler: Change) -> Result<Self, Failure> {
        let changes = Self { gateway, wrangler };
        let errors = changes.errors(&changes.gateway.after, &changes.wrangler.after);
        let others: Vec<_> = errors
            .iter()
            .filter(|error| error.message != grammar::NO_ROUTE)
            .map(ToString::to_string)
            .collect();
        if others.is_empty() { Ok(changes) } else { Err(refused(&others)) }
    }

    /// Whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        self.gateway.is_empty() && self.wrangler.is_empty()
    }

    /// The changes for JSON.
    pub fn shown(&self) -> Vec<Shown> {
        let shown =
            |change: &Change| Shown { path: change.path.to_string_lossy().into(), diff: change.diff() };
        self.changed().map(shown).collect()
    }

    /// Shows the lines that are added and removed.
    ///
    /// # Errors
    /// Returns an error if standard output cannot be written to.
    pub fn print(&self, output: &mut Output) -> Result<(), Failure> {
        for line in self.changed().map(Change::diff).collect::<String>().lines() {
            output.line(match line.as_bytes().first() {
                Some(b'+') => Text::default().toned(Tone::Good, line),
                Some(b'-') => Text::default().toned(Tone::Bad, line),
                _ => Text::from(line),
            })?;
        }
        Ok(())
    }

    /// Writes wrangler's configuration first, because an unused binding is a warning and a missing one is an error.
    ///
    /// # Errors
    /// Returns an error if a file cannot be written, or was changed meanwhile.
    pub fn write(&self) -> Result<(), Failure> {
        let mut changed: Vec<_> = self.changed().collect();
        changed.reverse();
        changed.into_iter().try_for_each(Change::write)
    }

    /// The paths of the files that are changed.
    pub fn paths(&self) -> Vec<String> {
        self.changed().map(|change| change.path.display().to_string()).collect()
    }

    fn changed(&self) -> impl Iterator<Item = &Change> {
        [&self.gateway, &self.wrangler].into_iter().filter(|change| !change.is_empty())
    }

    fn errors(&self, gateway: &str, wrangler: &str) -> Vec<Diagnostic> {
        let (gateway_path, wrangler_path) =
            (self.gateway.path.to_string_lossy(), self.wrangler.path.to_string_lossy());
        let gateway = File { path: &gateway_path, text: gateway };
        grammar::read(gateway, File { path: &wrangler_path, text: wrangler }).err().unwrap_or_default()
    }
}

fn refused(errors: &[String]) -> Failure {
    Failure::usage(format_args!(
        "nothing is written, because the build would refuse the result:\n{}",
        errors.join("\n")
    ))
}
