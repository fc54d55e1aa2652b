//! Step 5: the secrets of a route's auth, read, resolved and put into the form in which they are sent.

pub mod base_url;
pub mod credential;
pub mod exchange;
pub mod json_field;
pub mod places;
pub mod readings;
pub mod resolver;
pub mod template;
pub mod variables;
