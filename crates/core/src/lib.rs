//! What Ostiary decides: configuration, routing, callers, secrets, headers, refusals. It knows no runtime.
//!
//! [`pipeline::handle`] is the life of a request; each module below is one noun of it. What the core needs of
//! the world stands in [`runtime`] as small traits.

pub mod configuration;

pub mod pipeline;
pub mod runtime;

pub mod admission;
pub mod candidates;
pub mod host;
pub mod matching;
pub mod path;
pub mod proof;
pub mod rate_limit;
pub mod routing;
pub mod target;

pub mod credential;
pub mod json;
pub mod secret_value;
pub mod secrets;

pub mod attempts;
pub mod headers;
pub mod plan;
pub mod query;

pub mod answer;
pub mod cookie;
pub mod cors;
pub mod link;

pub mod operator;
pub mod redaction;

pub mod record;
pub mod refusal;
