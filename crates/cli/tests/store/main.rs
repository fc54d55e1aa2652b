//! Tests of the commands that write to the store of a running gateway, through the command line. One struct is the
//! store, the gateway and the upstream.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and clippy knows only functions marked as tests"
)]

mod confidence;
mod deletions;
mod doubts;
mod losses;
mod refusals;
mod rotation;
mod synchronisation;
mod verdicts;
mod world;
