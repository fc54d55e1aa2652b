//! What is told of requests besides the log.

use crate::configuration::Instruments;

/// What the gateway was built with.
pub trait Instrumented {
    /// What the configuration asks for. What it does not ask for is never done, and costs no code where this is a constant
    /// of the build.
    const INSTRUMENTS: Instruments;

    /// The operator's page; `None` where the configuration has none.
    const PAGE: Option<Page>;
}

/// A page that is served as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The whole document.
    pub html: &'static str,
    /// Its `Content-Security-Policy`, which admits what is written in the document and nothing else.
    pub policy: &'static str,
}
