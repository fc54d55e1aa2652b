//! Step 5: reads and resolves the secrets of a route's auth, and makes a credential of them.

pub mod base_url;
pub mod credential;
pub mod credential_error;
pub mod exchange;
pub mod json_field;
pub mod readings;
pub mod resolver;
pub mod template;
pub mod value_check;
pub mod variables;
