//! The error for an environment variable that is not valid.

use std::error::Error;
use std::fmt;

/// An environment variable that is not valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentError {
    /// Its name.
    pub variable: &'static str,
    /// The problem, as the rest of a sentence about the variable.
    pub fault: String,
}

impl fmt::Display for EnvironmentError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.variable, self.fault)
    }
}

impl Error for EnvironmentError {}
