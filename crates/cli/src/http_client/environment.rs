//! A variable of the environment that cannot be what it is meant to be.

use std::error::Error;
use std::fmt;

/// Which variable, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentError {
    /// Its name.
    pub variable: &'static str,
    /// What is wrong, as the rest of a sentence about it.
    pub fault: String,
}

impl fmt::Display for EnvironmentError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.variable, self.fault)
    }
}

impl Error for EnvironmentError {}
