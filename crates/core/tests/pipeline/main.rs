//! The pipeline with fakes: what the upstream gets, what the caller gets, what is read and what is logged.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and clippy knows only functions marked as tests"
)]

mod answers;
mod callers;
mod control;
mod cors;
mod exchanges;
mod failover;
mod headers;
mod issuers;
mod jose;
mod jwt;
mod limits;
mod methods;
mod named_tokens;
mod notices;
mod operator;
mod places;
mod redaction;
mod retry;
mod secrets;
mod signed_callers;
mod signed_requests;
mod signing;
mod target;
mod tenants;
mod tokens;
mod trace;
mod world;
