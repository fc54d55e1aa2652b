//! The cache of the runtime, which is outside the Worker's memory.

/// The runtime's cache. It may drop an entry at any time, and each location may have its own.
pub trait Cache {
    /// The bytes under this name, which has digits, letters and `/`. `None` if there are none, or where the runtime
    /// has no cache.
    async fn get(&self, name: &str) -> Option<Vec<u8>>;

    /// Keeps these bytes for this many seconds, if possible.
    async fn put(&self, name: &str, bytes: &[u8], seconds: u32);
}
