//! What the runtime keeps between requests, outside the Worker's memory.

/// The runtime's cache. It may forget anything at any time, and be in many places that do not know of each other.
pub trait Cache {
    /// What has been kept under this name: digits, letters and `/`. `None` where nothing is, or where the runtime has no
    /// cache.
    async fn find(&self, name: &str) -> Option<Vec<u8>>;

    /// Keeps these bytes for so many seconds. Nothing is lost where that cannot be done.
    async fn keep(&self, name: &str, bytes: &[u8], seconds: u32);
}
