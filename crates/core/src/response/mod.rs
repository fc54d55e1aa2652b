//! Step 9: the changes to the upstream's response.

pub mod body_edit;
pub mod body_links;
pub mod cache_control;
pub mod edits;
pub mod link;
