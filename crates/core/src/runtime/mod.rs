//! The traits that the core needs from a runtime. The edge implements them, and the tests have fakes.
#![expect(
    async_fn_in_trait,
    reason = "a Worker has one thread, and nothing here needs a future to be `Send`"
)]

pub mod cache;
pub mod clock;
pub mod cryptography;
pub mod instrumented;
pub mod limit;
pub mod no_head;
pub mod own_request;
pub mod plan;
pub mod reading;
pub mod signing;
pub mod status;

use serde::Serialize;

use crate::configuration::{Gateway, Source};
use crate::refusal::Code;
use crate::runtime::limit::Verdict;
use crate::runtime::plan::Plan;
use crate::runtime::reading::Reading;
use crate::secret_value::SecretValue;

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
    /// Reads one source, and gives up after `within` milliseconds.
    async fn read(&self, source: &Source, within: u32) -> Reading;

    /// Counts one more request with this key, and gives up after `within` milliseconds.
    async fn limit(&self, binding: &str, key: &str, within: u32) -> Verdict;

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
    /// [`SendError::Invalid`] where [`check_status`](status::check_status) refuses the head, which is then cancelled.
    async fn send(&self, plan: &Plan) -> Result<Self::Response, SendError>;

    /// The first bytes of the latest response's body: `limit` bytes, or fewer if the body ends or `within` milliseconds
    /// pass. The caller still gets them. Called only where [`Plan::reads_body`] is set.
    async fn beginning(&self, response: &Self::Response, limit: u32, within: u32) -> Vec<u8>;

    /// Waits until the whole body of the last attempt has been kept for another one. Returns `false` if it is longer
    /// than [`Plan::keep`] or does not arrive. Called only where `keep` is not 0.
    async fn keeps_body(&self) -> bool;
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
}

impl From<SendError> for Code {
    fn from(why: SendError) -> Self {
        match why {
            SendError::Unreachable => Self::UpstreamUnreachable,
            SendError::TooLarge => Self::PayloadTooLarge,
            SendError::TimedOut => Self::UpstreamTimeout,
            SendError::Invalid => Self::UpstreamInvalid,
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

/// Functions for the operator's endpoints only.
pub trait Console {
    /// Reads the whole body of the caller's request as text: at most `limit` bytes, within `within` milliseconds.
    async fn receive(&self, limit: u32, within: u32) -> Result<SecretValue, ReceiveError>;

    /// The same as [`Bindings::read`], and the time that this source took, in milliseconds.
    async fn measure(&self, source: &Source, within: u32) -> (Reading, u32);

    /// Handles a request with the production code on a simulated runtime, in which every source yields a placeholder
    /// and every upstream responds. Nothing is read and nothing is sent. `None` if this is not possible.
    async fn rehearse(&self, gateway: &Gateway, request: &RehearsalRequest) -> Option<Rehearsed>;
}

/// A request for a rehearsal.
#[derive(Debug)]
pub struct RehearsalRequest {
    /// Its method.
    pub method: String,
    /// Its absolute URL.
    pub url: String,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
}

/// The result of a rehearsal.
#[derive(Debug)]
pub struct Rehearsed {
    /// The line of its log event.
    pub line: String,
    /// The code of the refusal; `None` if the request is not refused.
    pub code: Option<Code>,
    /// The bindings that are read, in order.
    pub reads: Vec<String>,
    /// The request that is sent upstream; `None` if none is.
    pub sent: Option<RehearsedSend>,
}

/// A request that would be sent upstream, with placeholders for secrets.
#[derive(Debug, Serialize)]
pub struct RehearsedSend {
    /// Its method.
    pub method: &'static str,
    /// Its URL.
    pub url: String,
    /// The names of the caller's headers that are not forwarded.
    pub removed: Vec<String>,
}

/// The reason why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiveError {
    /// The body is longer than the limit.
    #[error("the body is longer than the limit")]
    TooLarge,
    /// The body was incomplete, did not arrive in time, or is not text.
    #[error("the body cannot be received as a text")]
    Broken,
}

/// The time.
pub trait Clock {
    /// Milliseconds since 1970-01-01T00:00:00Z. Tokens and signatures are checked against it.
    fn now(&self) -> f64;

    /// Waits for this time.
    async fn sleep(&self, milliseconds: u32);
}
