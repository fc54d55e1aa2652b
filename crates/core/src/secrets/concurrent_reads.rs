//! Reads several secrets concurrently, and keeps the readings for one request: each source is read once. The edge reads
//! each binding (`src/secret_reading.rs`).

use futures::future::join_all;

use crate::configuration::Source;
use crate::runtime::Bindings;
use crate::runtime::reading::Reading;

/// The sources that have been read for one request. Each source is read once, and everything is dropped with the
/// request.
pub struct Readings<'g, B> {
    bindings: &'g B,
    timeout_ms: u32,
    read: Vec<(&'g Source, Reading)>,
}

impl<'g, B: Bindings> Readings<'g, B> {
    /// Starts with nothing read. Each source gets `timeout_ms` milliseconds.
    #[must_use]
    pub const fn new(bindings: &'g B, timeout_ms: u32) -> Self {
        Self { bindings, timeout_ms, read: Vec::new() }
    }

    /// The bindings to read from.
    #[must_use]
    pub const fn bindings(&self) -> &'g B {
        self.bindings
    }

    /// Reads the sources that have not been read, all concurrently.
    pub async fn read(&mut self, sources: impl IntoIterator<Item = &'g Source>) {
        let mut unread: Vec<&'g Source> = Vec::new();
        for source in sources {
            if self.get(source).is_none() && !unread.contains(&source) {
                unread.push(source);
            }
        }
        let readings =
            join_all(unread.iter().map(|source| self.bindings.read(source, self.timeout_ms))).await;
        self.read.extend(unread.into_iter().zip(readings));
    }

    /// Records this as the reading of the source.
    pub fn insert(&mut self, source: &'g Source, reading: Reading) {
        self.read.retain(|(known, _)| *known != source);
        self.read.push((source, reading));
    }

    /// The reading of this source, if it has been read.
    #[must_use]
    pub fn get(&self, source: &Source) -> Option<&Reading> {
        self.read.iter().find(|(known, _)| *known == source).map(|(_, reading)| reading)
    }
}
