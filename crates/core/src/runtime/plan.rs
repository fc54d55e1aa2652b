//! The plan of one request: what the edge has to change and send.

use std::rc::Rc;

use crate::configuration::Text;
use crate::http::method::Method;
use crate::secret_value::{SecretBytes, SecretValue};

/// The `User-Agent` of the gateway's own requests, without which some servers refuse a request (GitHub's API and its
/// token endpoint do). The caller's is not sent.
pub const USER_AGENT: &str = concat!("ostiary/", env!("CARGO_PKG_VERSION"));

/// A request to send. For a request upstream, these are changes to the caller's request; the gateway's own requests
/// have nothing of a caller's.
#[derive(Debug)]
pub struct Plan {
    /// The method of the request.
    pub method: Method,
    /// The binding that sends it; `None` to use `fetch`.
    pub fetcher: Option<Text>,
    /// The URL, which may contain a secret.
    pub url: SecretValue,
    /// Headers of the caller that are not forwarded. They are removed before others are set.
    pub remove: Vec<String>,
    /// Headers to set, without duplicates.
    pub set: Vec<(String, SecretValue)>,
    /// Whether the caller's body is forwarded, if there is one.
    pub has_body: bool,
    /// The body that replaces the caller's; it may contain a secret.
    pub body: Option<Rc<SecretBytes>>,
    /// The number of bytes of the body that are kept for another attempt; 0 if there will be none.
    pub replay_limit: u32,
    /// The most bytes of the body.
    pub max_body: Option<u64>,
    /// The time until the head of the response has arrived, in milliseconds, counted from the last progress of the
    /// request's body.
    pub timeout: u32,
    /// Whether the response's body has to be read: for redaction, for an idle timeout, or for a condition of failover.
    pub inspects_response: bool,
}

impl Plan {
    /// A request of the gateway's own, with these headers and a `User-Agent`, and without a body. The timeout, in
    /// milliseconds, covers everything.
    #[must_use]
    pub fn subrequest(
        method: Method,
        url: SecretValue,
        mut headers: Vec<(String, SecretValue)>,
        timeout: u32,
    ) -> Self {
        if !headers.iter().any(|(name, _)| name == "user-agent") {
            headers.push(("user-agent".to_owned(), SecretValue::new(USER_AGENT.to_owned())));
        }
        Self { set: headers, ..Self::without_edits(method, url, timeout) }
    }

    /// A request without headers and body. The timeout, in milliseconds, covers everything.
    #[must_use]
    pub const fn without_edits(method: Method, url: SecretValue, timeout: u32) -> Self {
        Self {
            method,
            fetcher: None,
            url,
            remove: Vec::new(),
            set: Vec::new(),
            has_body: false,
            body: None,
            replay_limit: 0,
            max_body: None,
            timeout,
            inspects_response: true,
        }
    }
}
