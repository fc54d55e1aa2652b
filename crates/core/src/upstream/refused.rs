//! Tells whether a response refuses the credential of its request. [`attempts`](super::attempts) decides what is tried
//! next.

use memchr::memmem;

use crate::configuration::Failover;
use crate::runtime::{Network, UpstreamResponse};

/// How much of a body is searched for the text of a condition, in bytes. The error of an API is short.
const BEGINNING: u32 = 4 * 1024;

/// The time for that part of the body to arrive after the head, in milliseconds. The caller waits meanwhile.
const PATIENCE: u32 = 2_000;

/// Whether one of the route's conditions holds for the response. The body is read only where the head does not decide;
/// the caller still gets all of it.
pub async fn is_refused<N: Network>(
    failover: Option<&Failover>,
    response: &N::Response,
    network: &N,
) -> bool {
    let Some(failover) = failover else { return false };
    let status = response.status();
    let conditions = || failover.when.iter().filter(|condition| condition.status == status);
    if conditions().any(|condition| condition.body.is_none()) {
        return true;
    }
    if conditions().next().is_none() || !holds_text(response) {
        return false;
    }
    let beginning = network.beginning(response, BEGINNING, PATIENCE).await;
    let mut texts = conditions().filter_map(|condition| condition.body.as_deref());
    texts.any(|text| memmem::find(&beginning, text.as_bytes()).is_some())
}

/// Whether the body is text or JSON, and not a stream of events.
fn holds_text(response: &impl UpstreamResponse) -> bool {
    if response.is_web_socket()
        || response.header("content-encoding").is_some_and(|coding| coding != "identity")
    {
        return false;
    }
    let media_type = response.header("content-type").unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "text/event-stream" => false,
        "application/json" => true,
        other => {
            other.starts_with("text/") || (other.starts_with("application/") && other.ends_with("+json"))
        }
    }
}
