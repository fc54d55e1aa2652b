//! The traits that the core needs from a runtime. The edge implements them, and the tests have fakes.
#![expect(
    async_fn_in_trait,
    reason = "a Worker has one thread, and nothing here needs a future to be `Send`"
)]

pub mod auth_runtime;
pub mod body_read_error;
pub mod cache;
pub mod clock;
pub mod cryptography;
pub mod feature;
pub mod instrumented;
pub mod no_head;
pub mod operator_runtime;
pub mod own_request;
pub mod peeked_body;
pub mod plan;
pub mod rate_limit_verdict;
pub mod reading;
pub mod separate;

use crate::configuration::Source;
use crate::refusal::Code;
use crate::runtime::plan::Plan;
use crate::runtime::rate_limit_verdict::RateLimitVerdict;
use crate::runtime::reading::Reading;
pub use body_read_error::BodyReadError;
pub use clock::Clock;
pub use operator_runtime::{OperatorRuntime, RehearsalRequest, Rehearsed, RehearsedSend};
pub use peeked_body::PeekedBody;

/// The head of a caller's request.
pub trait RequestHead {
    /// The method as it is in the request line.
    fn method(&self) -> &str;

    /// The absolute URL as the runtime gives it, normalised or not.
    fn url(&self) -> &str;

    /// The value of a header, its lines joined by `, ` (RFC 9110 §5.3).
    fn header(&self, name: &str) -> Option<&str>;

    /// The names of all headers, in lower case, each once.
    fn header_names(&self) -> impl Iterator<Item = &str>;
}

/// The bindings of the deployment.
pub trait Bindings {
    /// Reads one source, and gives up after `timeout_ms` milliseconds.
    async fn read(&self, source: &Source, timeout_ms: u32) -> Reading;

    /// Counts one more request with this key, and gives up after `timeout_ms` milliseconds.
    async fn check_rate_limit(&self, binding: &str, key: &str, timeout_ms: u32) -> RateLimitVerdict;

    /// A `[vars]` entry; `None` if it is not bound or not a text.
    fn variable(&self, name: &str) -> Option<String>;
}

/// Sends requests to upstreams.
pub trait Network {
    /// The head of a response.
    type Response: UpstreamResponse;

    /// Sends the planned request and waits for the head of the response. Redirects are not followed, and no cache is
    /// used.
    ///
    /// The response to an earlier attempt is cancelled only when the next valid head has arrived, because until then it
    /// may still be returned to the caller.
    ///
    /// # Errors
    /// [`SendError::Invalid`] where `upstream::response_status::check_status` refuses the head, which is then
    /// cancelled.
    async fn send(&self, plan: &Plan) -> Result<Self::Response, SendError>;

    /// The first bytes of the latest response's body: `limit` bytes, or fewer if the body ends or breaks off, or if
    /// `timeout_ms` milliseconds pass. The caller still gets them. Called only where [`Plan::inspects_response`] is
    /// set.
    async fn peek_body(&self, response: &Self::Response, limit: u32, timeout_ms: u32) -> PeekedBody;

    /// Stops the last attempt, and reads the rest of its body so that it can be sent again. Returns `false` if the body
    /// is longer than [`Plan::replay_limit`] or does not arrive. Called only where `replay_limit` is not 0.
    async fn buffer_for_replay(&self) -> bool;
}

/// The reason why no head of a response arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// There was no connection, or it ended before a valid head.
    #[error("the upstream cannot be reached")]
    Unreachable,
    /// The plan's timeout has passed.
    #[error("the upstream did not respond in time")]
    TimedOut,
    /// The body of the request is longer than the plan allows.
    #[error("the body of the request is too large")]
    TooLarge,
    /// The response has a status that cannot be returned.
    #[error("the status of the response is invalid")]
    Invalid,
    /// The Worker does not have the binding that has to send the request.
    #[error("the binding of the upstream is missing")]
    NoBinding,
}

impl From<SendError> for Code {
    fn from(why: SendError) -> Self {
        match why {
            SendError::Unreachable => Self::UpstreamUnreachable,
            SendError::TooLarge => Self::PayloadTooLarge,
            SendError::TimedOut => Self::UpstreamTimeout,
            SendError::Invalid => Self::UpstreamInvalid,
            SendError::NoBinding => Self::Misconfigured,
        }
    }
}

/// The head of an upstream's response.
pub trait UpstreamResponse {
    /// The status code, which may be invalid.
    fn status(&self) -> u16;

    /// Whether the connection has become a WebSocket.
    fn is_web_socket(&self) -> bool;

    /// The value of a header, its lines joined by `, `.
    fn header(&self, name: &str) -> Option<&str>;

    /// The names of all headers, in lower case.
    fn header_names(&self) -> impl Iterator<Item = &str>;

    /// Every `Set-Cookie` line.
    fn set_cookies(&self) -> Vec<String>;

    /// Resolves a reference against a URL as defined by the URL Standard.
    fn resolve(&self, reference: &str, base: &str) -> Option<String>;
}
