//! Tells whether a response refuses the credential of its request. [`attempts`](super::attempts) decides what is tried
//! next.

use memchr::memmem;

use crate::configuration::Failover;
use crate::http::media_type::essence;
use crate::runtime::clock::elapsed;
use crate::runtime::{Clock, Network, UpstreamResponse};

/// How much of a body is searched for the text of a condition, in bytes. The error of an API is short.
const BEGINNING: u32 = 4 * 1024;

/// The time for that part of the body to arrive after the head, in milliseconds. The caller waits meanwhile.
const PATIENCE: u32 = 2_000;

/// The same bounds for a probe, which an operator waits for.
const PROBE_BEGINNING: u32 = 64 * 1024;
const PROBE_PATIENCE: u32 = 5_000;

/// Whether one of the route's conditions holds for the response. The body is read only where the head does not decide;
/// the caller still gets all of it.
pub async fn is_refused<N: Network>(
    failover: Option<&Failover>,
    response: &N::Response,
    network: &N,
) -> bool {
    if let Some(decided) = decided_by_head(failover, response) {
        return decided;
    }
    if !holds_text(response) {
        return false;
    }
    let beginning = network.beginning(response, BEGINNING, PATIENCE).await;
    holds(failover, response, &beginning)
}

/// The same for a probe, which has more time, and must not take an unread body for that of an accepted credential:
/// `None` if the head does not decide, and no condition holds for the part of the body that could be read.
pub async fn is_probe_refused<R: Network + Clock>(
    failover: Option<&Failover>,
    response: &R::Response,
    runtime: &R,
) -> Option<bool> {
    if let Some(decided) = decided_by_head(failover, response) {
        return Some(decided);
    }
    if !holds_text(response) {
        return None;
    }
    let before = runtime.now();
    let beginning = runtime.beginning(response, PROBE_BEGINNING, PROBE_PATIENCE).await;
    if holds(failover, response, &beginning) {
        return Some(true);
    }
    let is_late = elapsed(before, runtime.now()) >= PROBE_PATIENCE;
    (beginning.len() < PROBE_BEGINNING as usize && !is_late).then_some(false)
}

/// Whether the response is refused, if its status decides that. Otherwise it depends on the body.
fn decided_by_head(failover: Option<&Failover>, response: &impl UpstreamResponse) -> Option<bool> {
    let Some(failover) = failover else { return Some(false) };
    let mut conditions = failover.when.iter().filter(|condition| condition.status == response.status());
    let first = conditions.next();
    if first.into_iter().chain(conditions).any(|condition| condition.body.is_none()) {
        return Some(true);
    }
    first.is_none().then_some(false)
}

/// Whether this beginning of the body has the text of a condition for the status.
fn holds(failover: Option<&Failover>, response: &impl UpstreamResponse, beginning: &[u8]) -> bool {
    let conditions = failover.into_iter().flat_map(|failover| failover.when.iter());
    let mut texts = conditions
        .filter(|condition| condition.status == response.status())
        .filter_map(|condition| condition.body.as_deref());
    texts.any(|text| memmem::find(beginning, text.as_bytes()).is_some())
}

/// Whether the body is text or JSON, and not a stream of events.
fn holds_text(response: &impl UpstreamResponse) -> bool {
    if response.is_web_socket()
        || response.header("content-encoding").is_some_and(|coding| coding != "identity")
    {
        return false;
    }
    let essence = essence(response.header("content-type").unwrap_or_default()).to_ascii_lowercase();
    match essence.as_str() {
        "text/event-stream" => false,
        "application/json" => true,
        other => {
            other.starts_with("text/") || (other.starts_with("application/") && other.ends_with("+json"))
        }
    }
}
