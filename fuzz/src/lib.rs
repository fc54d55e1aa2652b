//! What the fuzz targets share: a gateway around the core's own pipeline, and readers of what it sends that share no
//! code with it.
//!
//! A target takes a text of lines, so that its corpus can be read and written by hand. Whatever is wrong panics.

pub mod deployment;
pub mod forms;
pub mod oracle;
