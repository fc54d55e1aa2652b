//! A file, and a part of one.

use super::notation::Notation;

/// A file to read.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// The path for diagnostics.
    pub path: &'a str,
    /// Its whole text.
    pub text: &'a str,
}

impl<'a> File<'a> {
    /// The notation of the file.
    pub(crate) fn notation(self) -> Notation {
        Notation::of_path(self.path)
    }

    /// The name without the folder.
    pub(crate) fn name(self) -> &'a str {
        self.path.rsplit(['/', '\\']).next().unwrap_or(self.path)
    }
}

/// A part of a file, as byte offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}
