//! Shared code of the fuzz targets: a gateway around the core's pipeline, and independent parsers for what it sends.
//!
//! A target takes a text of lines, so that its corpus can be read and written by hand. A wrong result panics.

pub mod deployment;
pub mod forms;
pub mod oracle;
