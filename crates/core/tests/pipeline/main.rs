//! Tests the pipeline with fakes: the requests to the upstream, the responses to the caller, the reads of secrets, and
//! the log.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and clippy knows only functions marked as tests"
)]

mod ages;
mod answers;
mod bindings;
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
mod operator_login;
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
