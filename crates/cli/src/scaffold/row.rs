//! A Secrets Store binding of wrangler's configuration.

/// The parts of a binding.
pub struct Row {
    /// The name of the binding.
    pub binding: String,
    /// The id of the store.
    pub store: String,
    /// The name of the secret in the store.
    pub secret: String,
}
