//! The commands that write to a store of a running gateway, as they are typed, against a store, a gateway and an
//! upstream that are one struct.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and clippy knows only functions marked as tests"
)]

mod refusals;
mod rotation;
mod synchronisation;
mod verdicts;
mod world;
