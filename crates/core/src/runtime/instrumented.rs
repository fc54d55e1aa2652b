//! Traces, timing, metrics and the operator's page.

use crate::configuration::Instruments;

/// The instruments that the gateway was built with.
pub trait Instrumented {
    /// The instruments that the configuration asks for. The build does not contain the code of others.
    const INSTRUMENTS: Instruments;

    /// The operator's page; `None` if the configuration has none.
    const PAGE: Option<Page>;
}

/// A static page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// The whole document.
    pub html: &'static str,
    /// Its `Content-Security-Policy`, which admits only the scripts and styles in the document.
    pub policy: &'static str,
}
