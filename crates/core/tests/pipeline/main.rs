//! The pipeline with fakes: what the upstream gets, what the caller gets, what is read and what is logged.

mod answers;
mod callers;
mod headers;
mod secrets;
mod target;
mod world;
