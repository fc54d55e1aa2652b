//! What the core asks of a runtime. The edge implements these traits, tests fake them.
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
    /// As it stands in the request line.
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

    /// A `[vars]` entry; `None` where it is not bound or no text.
    fn variable(&self, name: &str) -> Option<String>;
}

/// The way to the upstreams.
pub trait Network {
    /// What comes back.
    type Response: UpstreamResponse;

    /// Sends the request that the plan describes and waits for the head of the answer. Redirects are not
    /// followed, no cache is looked at.
    ///
    /// The answer that came before, where there was one, is given up when the head of the next one has come, and not
    /// before: until then it can still be the one that the caller gets.
    async fn send(&self, plan: &Plan) -> Result<Self::Response, SendError>;

    /// The first bytes of the body of the response that came last: `limit` of them, or fewer where the body ends, or where
    /// more do not come within so many milliseconds. They stay a part of what the caller gets, which is as it was. Asked
    /// only where [`Plan::reads_body`] said so.
    async fn beginning(&self, response: &Self::Response, limit: u32, within: u32) -> Vec<u8>;

    /// Waits until the whole of the body that was sent last is at hand for another attempt: `false` where it is longer
    /// than [`Plan::keep`] said, or does not come. Asked only where that was not 0.
    async fn keeps_body(&self) -> bool;
}

/// Why no answer's head arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// No connection, or it ended before a head that can be read.
    #[error("the upstream cannot be reached")]
    Unreachable,
    /// The plan's deadline has passed.
    #[error("the upstream did not respond in time")]
    TimedOut,
    /// The body of the request is longer than the plan takes.
    #[error("the body of the request is too large")]
    TooLarge,
}

impl From<SendError> for Code {
    fn from(why: SendError) -> Self {
        match why {
            SendError::Unreachable => Self::UpstreamUnreachable,
            SendError::TooLarge => Self::PayloadTooLarge,
            SendError::TimedOut => Self::UpstreamTimeout,
        }
    }
}

/// The head of an upstream's answer.
pub trait UpstreamResponse {
    /// The status code, whatever the upstream made of it.
    fn status(&self) -> u16;

    /// Whether the connection has become a WebSocket.
    fn is_web_socket(&self) -> bool;

    /// The value of a header, its lines joined by `, `.
    fn header(&self, name: &str) -> Option<&str>;

    /// The names of all headers, in lower case.
    fn header_names(&self) -> impl Iterator<Item = &str>;

    /// Every `Set-Cookie` line.
    fn set_cookies(&self) -> Vec<String>;

    /// Resolves a reference against a URL as the URL Standard does it, and gives the result's serialisation.
    fn resolve(&self, reference: &str, base: &str) -> Option<String>;
}

/// What only the operator's endpoints ask of a runtime.
pub trait Console {
    /// The whole body of the caller's request as a text: of `limit` bytes at most, given up after `within`
    /// milliseconds.
    async fn receive(&self, limit: u32, within: u32) -> Result<SecretValue, ReceiveError>;

    /// As [`Bindings::read`], with the milliseconds until this source yielded. Of many that are read at the same
    /// time, each has its own.
    async fn measure(&self, source: &Source, within: u32) -> (Reading, u32);

    /// What a gateway would do with a request, by the code that serves: on a runtime in which every source yields a
    /// placeholder and every upstream responds. Nothing is read and nothing is sent. `None` where it cannot be told.
    async fn rehearse(&self, gateway: &Gateway, request: &RehearsalRequest) -> Option<Rehearsed>;
}

/// A request that nobody has sent.
#[derive(Debug)]
pub struct RehearsalRequest {
    /// Its method.
    pub method: String,
    /// Its absolute URL.
    pub url: String,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
}

/// What a gateway would do with a request.
#[derive(Debug)]
pub struct Rehearsed {
    /// The line of its event.
    pub line: String,
    /// The refusal's code, where it is refused.
    pub code: Option<Code>,
    /// The bindings that are read, in their order.
    pub reads: Vec<String>,
    /// The request that is sent upstream, where one is.
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

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiveError {
    /// It is longer than the limit.
    #[error("the body is longer than the limit")]
    TooLarge,
    /// It broke off, did not come in time, or is no text.
    #[error("the body cannot be received as a text")]
    Broken,
}

/// The time.
pub trait Clock {
    /// Milliseconds since any fixed moment.
    fn now(&self) -> f64;

    /// Waits so many milliseconds.
    async fn sleep(&self, milliseconds: u32);
}
