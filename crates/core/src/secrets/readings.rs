//! The secrets that have been read for one request. Each source is read once; sources that are needed together are read
//! concurrently.

use futures::future::join_all;

use crate::configuration::Source;
use crate::runtime::Bindings;
use crate::runtime::reading::Reading;

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

    /// What is read from.
    #[must_use]
    pub const fn bindings(&self) -> &'g B {
        self.bindings
    }

    /// Reads those of the sources that have not been read, all at the same time.
    pub async fn read(&mut self, sources: impl IntoIterator<Item = &'g Source>) {
        let mut unread: Vec<&'g Source> = Vec::new();
        for source in sources {
            if self.get(source).is_none() && !unread.contains(&source) {
                unread.push(source);
            }
        }
        let readings = join_all(unread.iter().map(|source| self.bindings.read(source, self.within))).await;
        self.read.extend(unread.into_iter().zip(readings));
    }

    /// Takes this for what reading the source came to.
    pub fn insert(&mut self, source: &'g Source, reading: Reading) {
        self.read.retain(|(known, _)| *known != source);
        self.read.push((source, reading));
    }

    /// What reading this source came to, once it has been read.
    #[must_use]
    pub fn get(&self, source: &Source) -> Option<&Reading> {
        self.read.iter().find(|(known, _)| *known == source).map(|(_, reading)| reading)
    }
}
