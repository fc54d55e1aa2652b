//! A file and a piece of it.

use super::notation::Notation;

/// A file to read.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// As diagnostics show it.
    pub path: &'a str,
    /// Its whole text.
    pub text: &'a str,
}

impl<'a> File<'a> {
    /// How it is written.
    pub(crate) fn notation(self) -> Notation {
        Notation::of_path(self.path)
    }

    /// Its name without its folder.
    pub(crate) fn name(self) -> &'a str {
        self.path.rsplit(['/', '\\']).next().unwrap_or(self.path)
    }
}

/// A piece of a file, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}
