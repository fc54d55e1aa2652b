//! The checked configuration: the contents of `gateway.toml`, after every name in it has been resolved.
//!
//! The types here are plain data that can be in a `static`: the build writes them as Rust source, and the Worker parses
//! nothing. The command creates the same types at run time, so texts and lists are [`Cow`](std::borrow::Cow)s. A
//! [`Gateway`] is always valid.

mod account_api;
mod auth;
mod caller;
mod cors;
mod encoding;
mod failover;
mod forms;
mod gateway;
mod header_pattern;
mod hmac_caller;
mod instruments;
mod jwt;
mod mismatch;
mod mount;
mod operator;
mod rate_limit;
mod request_value;
mod route;
mod rule;
mod secret;
mod signed_caller;
mod signing;
mod template;
mod text;
mod upstream;

pub use account_api::AccountApi;
pub use auth::{Exchange, Placement, TokenPlace};
pub use caller::{Caller, CallerAuthentication, CallerId, Grantee};
pub use cors::{Cors, OriginPattern, Origins};
pub use encoding::Encoding;
pub use failover::{Failover, RejectionCondition, Retry};
pub use forms::Forms;
pub use gateway::Gateway;
pub use header_pattern::HeaderPattern;
pub use hmac_caller::HmacProof;
pub use instruments::Instruments;
pub use jwt::{Claim, ClaimValue, Jwt, JwtAlgorithm};
pub use mismatch::Mismatch;
pub use mount::{Mount, MountTarget};
pub use operator::{BoundSecret, ENVIRONMENT_VARIABLE, Environment, Operator};
pub use rate_limit::{Counted, RateLimit};
pub use request_value::{RequestValue, TimeFormat};
pub use route::{CopyBucket, Excepted, Grant, Route, RouteId};
pub use rule::{Pattern, Rule, Segment};
pub use secret::{Secret, SecretId, Source, SourceKind};
pub use signed_caller::{
    ClaimRule, IssuedProof, JwtProof, KeyMaterial, KeySource, PublicKey, SignatureAlgorithm,
};
pub use signing::{BodyPlace, CONTENT_SHA256, Hmac, HmacAlgorithm, KeyEncoding, Output, OutputPlace, SigV4};
pub use template::{Part, Template};
pub use text::{List, Text};
pub use upstream::{InvalidUpstream, Upstream, UpstreamUrl};
