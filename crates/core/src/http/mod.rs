//! Types and parsers of HTTP that do not depend on the gateway.

pub mod accept;
pub mod base64;
pub mod body_header;
pub mod cdn_loop;
pub mod charset;
pub mod coding;
pub mod connection;
pub mod cookie;
pub mod header_name;
pub mod host;
pub mod list;
pub mod media_type;
pub mod method;
pub mod path;
pub mod query;
pub mod range;
pub mod s3_client;
pub mod status;
pub mod subprotocol;
pub mod trace_context;

/// Headers to add to a response, in the order in which they are added.
pub type AddedHeaders = Vec<(&'static str, String)>;
