//! The error of a secret without a value.

use std::error::Error;
use std::fmt;

use crate::read_error::ReadError;

/// None of a secret's bindings has a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable {
    /// The name of each binding that was read, in order, and its error. It never contains a value.
    pub tried: Vec<(String, ReadError)>,
}

impl fmt::Display for Unavailable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the secret is unavailable")?;
        for (position, (binding, error)) in self.tried.iter().enumerate() {
            write!(formatter, "{} {binding} {error}", if position == 0 { ":" } else { "," })?;
        }
        Ok(())
    }
}

impl Error for Unavailable {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_each_binding_and_its_error() {
        let tried =
            vec![("PRIMARY".to_owned(), ReadError::TimedOut), ("SECONDARY".to_owned(), ReadError::Missing)];
        let text = "the secret is unavailable: PRIMARY timed out, SECONDARY missing";
        assert_eq!(Unavailable { tried }.to_string(), text);
        assert_eq!(Unavailable { tried: Vec::new() }.to_string(), "the secret is unavailable");
    }
}
