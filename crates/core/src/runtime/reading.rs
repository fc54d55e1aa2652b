//! What reading one source comes to.

use crate::place::without_line_ends;
use crate::secret_value::SecretValue;

/// What reading one source came to.
#[derive(Debug)]
pub enum Reading {
    /// A text that is more than white space.
    Value(SecretValue),
    /// The binding answered that there is no such secret.
    Missing,
    /// The secret is empty, or white space only.
    Empty,
    /// The binding is not bound, is of another kind, threw, or yielded something that is no text.
    Error,
    /// Nothing within the deadline.
    Timeout,
}

impl Reading {
    /// Sorts what a binding yielded. Line ends at the end are dropped.
    #[must_use]
    pub fn from_value(value: Option<String>) -> Self {
        let Some(mut text) = value else { return Self::Missing };
        let length = without_line_ends(&text).len();
        text.truncate(length);
        let value = SecretValue::new(text);
        if value.expose().trim().is_empty() { Self::Empty } else { Self::Value(value) }
    }

    /// Why there is no value, as the log says it.
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

/// Why a source did not serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// As [`Reading::Missing`].
    Missing,
    /// As [`Reading::Empty`].
    Empty,
    /// The value cannot stand where the route puts it.
    Invalid,
    /// As [`Reading::Error`].
    Error,
    /// As [`Reading::Timeout`].
    Timeout,
    /// It could not be exchanged for a token.
    Exchange,
    /// The upstream has refused the credential that it is part of.
    Refused,
    /// It would make a credential that the upstream has refused already, so it was not sent.
    Repeated,
    /// No head of an answer came to the credential that it is part of, after another one had been refused.
    Unanswered,
}

impl Failure {
    /// As it stands in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Empty => "empty",
            Self::Invalid => "invalid",
            Self::Error => "error",
            Self::Timeout => "timeout",
            Self::Exchange => "exchange",
            Self::Refused => "refused",
            Self::Repeated => "repeated",
            Self::Unanswered => "unanswered",
        }
    }

    /// Whether a caller can bring it about by what it asks for, so that it says nothing of the secret.
    #[must_use]
    pub const fn can_be_forced(self) -> bool {
        matches!(self, Self::Refused | Self::Repeated)
    }
}

impl serde::Serialize for Failure {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
