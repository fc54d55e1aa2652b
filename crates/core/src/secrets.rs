//! Reading secrets: what one source yields, one secret with fallback, and all of a set at once.

use std::collections::BTreeMap;

use futures::future::join_all;

use crate::configuration::{Secret, Source};
use crate::runtime::Bindings;
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
    /// Sorts what a binding yielded. Line ends at the end are dropped: they come from `echo`, not from a key.
    #[must_use]
    pub fn of(value: Option<String>) -> Self {
        let Some(mut text) = value else { return Self::Missing };
        let length = text.trim_end_matches(['\r', '\n']).len();
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

/// No source of a secret yielded a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable;

/// One secret with fallback: the value of the first source that yields one, asked in their order, each for at
/// most `within` milliseconds. The counterpart of the usual helper that takes a primary and a secondary name.
pub async fn with_fallback(
    bindings: &impl Bindings,
    sources: &[Source],
    within: u32,
) -> Result<SecretValue, Unavailable> {
    for source in sources {
        if let Reading::Value(value) = bindings.read(source, within).await {
            return Ok(value);
        }
    }
    Err(Unavailable)
}

/// All secrets of a set at once, by name: each as [`with_fallback`] reads it, all of them at the same time. The
/// counterpart of the usual helper that fills a map.
pub async fn all<'s>(
    bindings: &impl Bindings,
    secrets: impl IntoIterator<Item = &'s Secret>,
    within: u32,
) -> Result<BTreeMap<&'s str, SecretValue>, Unavailable> {
    let reads = secrets.into_iter().map(async |secret| {
        let value = with_fallback(bindings, &secret.sources, within).await?;
        Ok((secret.name.as_ref(), value))
    });
    join_all(reads).await.into_iter().collect()
}

/// What has been read for one request. A source that has been read once is not read again for it, and all of
/// this is dropped with the request.
pub struct Readings<'g, B> {
    bindings: &'g B,
    within: u32,
    read: Vec<(&'g Source, Reading)>,
}

impl<'g, B: Bindings> Readings<'g, B> {
    /// Nothing read yet; each source will get `within` milliseconds.
    #[must_use]
    pub const fn new(bindings: &'g B, within: u32) -> Self {
        Self { bindings, within, read: Vec::new() }
    }

    /// Reads those of the sources that have not been read, all at the same time.
    pub async fn read(&mut self, sources: impl IntoIterator<Item = &'g Source>) {
        let mut unread: Vec<&'g Source> = Vec::new();
        for source in sources {
            if self.of(source).is_none() && !unread.contains(&source) {
                unread.push(source);
            }
        }
        let readings = join_all(unread.iter().map(|source| self.bindings.read(source, self.within))).await;
        self.read.extend(unread.into_iter().zip(readings));
    }

    /// What reading this source came to, once it has been read.
    #[must_use]
    pub fn of(&self, source: &Source) -> Option<&Reading> {
        self.read.iter().find(|(known, _)| *known == source).map(|(_, reading)| reading)
    }
}
