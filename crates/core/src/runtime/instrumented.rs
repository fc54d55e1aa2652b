//! What is told of requests besides the log.

use crate::configuration::Instruments;

/// What the gateway was built with.
pub trait Instrumented {
    /// What the configuration asks for. What it does not ask for is never done, and costs no code where this is a constant
    /// of the build.
    const INSTRUMENTS: Instruments;
}
