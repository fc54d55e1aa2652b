//! The errors of reading a binding.

use std::error::Error;
use std::fmt;

/// The reason why a binding has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// The store has no such secret.
    Missing,
    /// The secret is empty, or only white space.
    Empty,
    /// The name is not bound, is bound to something else, or the store failed.
    Failed,
    /// The deadline passed first.
    TimedOut,
}

impl ReadError {
    /// One word in lower case, for a log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Empty => "empty",
            Self::Failed => "failed",
            Self::TimedOut => "timed out",
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Error for ReadError {}

/// The error for the message of an exception that `get()` threw: [`ReadError::Missing`] if it contains "not found" in
/// any case, and [`ReadError::Failed`] otherwise.
///
/// A binding throws for a missing secret as for every other failure. Cloudflare's types document this ("throws an error
/// if it does not exist"), and the message of the local store is `Secret "NAME" not found`. The wording in production
/// is not documented. If it differs, a missing secret counts as a failure. The reverse cannot happen: the name of a
/// secret has no spaces, so it cannot add these words to a message.
///
/// ```
/// use ostiary_secret_bindings::{ReadError, thrown};
///
/// assert_eq!(thrown("Secret \"stripe-key\" not found"), ReadError::Missing);
/// assert_eq!(thrown("Network connection lost."), ReadError::Failed);
/// ```
#[must_use]
pub fn thrown(message: &str) -> ReadError {
    const WORDS: &[u8] = b"not found";
    let found = message.as_bytes().windows(WORDS.len()).any(|window| window.eq_ignore_ascii_case(WORDS));
    if found { ReadError::Missing } else { ReadError::Failed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_an_exception_that_says_not_found_for_a_missing_secret() {
        for message in
            ["Secret \"x\" not found", "not found", "secret_not_found: Secret Not Found", "NOT FOUND."]
        {
            assert_eq!(thrown(message), ReadError::Missing, "{message}");
        }
    }

    #[test]
    fn takes_every_other_exception_for_a_failure() {
        let messages = [
            "",
            "not",
            "found",
            "not  found",
            "not-found",
            "internal error",
            "Secret \"not_found\" timed out",
        ];
        for message in messages {
            assert_eq!(thrown(message), ReadError::Failed, "{message}");
        }
    }
}
