//! Readings of sources, and the reasons why a source is not used.

use crate::secret_value::SecretValue;
use crate::value_syntax::without_line_ends;

/// The result of reading one source.
#[derive(Debug)]
pub enum Reading {
    /// A text that is not only white space.
    Value(SecretValue),
    /// The store has no such secret.
    Missing,
    /// The secret is empty, or white space only.
    Empty,
    /// The binding is not bound, is of another kind, threw, or yielded a value that is not text.
    Error,
    /// The read did not finish within the deadline.
    Timeout,
}

impl Reading {
    /// Makes a reading of the value of a binding. Line ends at its end are removed.
    #[must_use]
    pub fn from_value(mut text: String) -> Self {
        let length = without_line_ends(&text).len();
        text.truncate(length);
        let value = SecretValue::new(text);
        if value.expose().trim().is_empty() { Self::Empty } else { Self::Value(value) }
    }

    /// The reason for the log why there is no value.
    #[must_use]
    pub const fn failure(&self) -> Option<Failure> {
        match self {
            Self::Value(_) => None,
            Self::Missing => Some(Failure::Missing),
            Self::Empty => Some(Failure::Empty),
            Self::Error => Some(Failure::Error),
            Self::Timeout => Some(Failure::Timeout),
        }
    }
}

/// The reason why a source was not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// See [`Reading::Missing`].
    Missing,
    /// See [`Reading::Empty`].
    Empty,
    /// The value does not fit its place in the route's auth.
    Invalid,
    /// See [`Reading::Error`].
    Error,
    /// See [`Reading::Timeout`].
    Timeout,
    /// The credential could not be exchanged for a token.
    Exchange,
    /// The upstream has rejected the credential.
    Rejected,
    /// The upstream has already rejected an equal credential, so it was not sent.
    Repeated,
    /// The upstream did not respond to the credential, after it had rejected another one.
    Unanswered,
}

impl Failure {
    /// The name for the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Empty => "empty",
            Self::Invalid => "invalid",
            Self::Error => "error",
            Self::Timeout => "timeout",
            Self::Exchange => "exchange",
            Self::Rejected => "refused",
            Self::Repeated => "repeated",
            Self::Unanswered => "unanswered",
        }
    }

    /// Whether a caller can cause it, so that it tells nothing about the secret.
    #[must_use]
    pub const fn can_be_forced(self) -> bool {
        matches!(self, Self::Rejected | Self::Repeated)
    }
}

impl serde::Serialize for Failure {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
