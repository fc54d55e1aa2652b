//! Step 9: the changes to the upstream's response.
//!
//! `edits` decides all changes to the head. `link` rewrites a link in the head. `rewritable_body` decides whether links
//! in the body are rewritten, and `body_links` rewrites them. `cache_control` makes a response private.

pub mod body_links;
pub mod cache_control;
pub mod edits;
pub mod link;
pub mod rewritable_body;
