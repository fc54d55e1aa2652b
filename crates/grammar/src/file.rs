//! A file and a piece of it.

/// A file to read.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// As diagnostics show it.
    pub path: &'a str,
    /// Its whole text.
    pub text: &'a str,
}

/// A piece of a file, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}
