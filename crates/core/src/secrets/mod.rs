//! Step 5: reads and resolves the secrets of a route's auth, and makes a credential of them.

pub mod base_url;
pub mod concurrent_reads;
pub mod credential;
pub mod credential_error;
pub mod exchange;
pub mod fallback;
pub mod json_field;
pub(crate) mod placement_syntax;
pub mod template;
pub mod variables;
