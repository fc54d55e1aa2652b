//! Tells whether the upstream rejects the credential of a request, by its response. [`attempts`](super::attempts)
//! decides what is tried next. A refusal is a response of the gateway's own ([`refusal`](crate::refusal)).

use memchr::memmem;

use crate::configuration::Failover;
use crate::http::media_type::essence;
use crate::http::method::Method;
use crate::runtime::{Network, UpstreamResponse};

/// How much of a body is searched for the text of a condition, in bytes. The error of an API is short.
const BEGINNING_BYTES: u32 = 4 * 1024;

/// The time for that part of the body to arrive after the head, in milliseconds. The caller waits meanwhile.
const BODY_TIMEOUT_MS: u32 = 2_000;

/// The same bounds for a probe. They are wider: an operator can wait, and a body of which only a part was read leaves
/// the probe undecided.
const PROBE_BEGINNING_BYTES: u32 = 64 * 1024;
const PROBE_BODY_TIMEOUT_MS: u32 = 5_000;

/// Whether one of the route's conditions holds for the response. The body is read only where the head does not decide;
/// the caller still gets all of it. A condition that cannot be checked, because the body breaks off or is late, does
/// not hold: the response is then returned as it is.
pub async fn rejects_credential<N: Network>(
    failover: Option<&Failover>,
    response: &N::Response,
    network: &N,
) -> bool {
    if let Some(decided) = decided_by_head(failover, response) {
        return decided;
    }
    if !has_text(response) {
        return false;
    }
    let peeked = network.peek_body(response, BEGINNING_BYTES, BODY_TIMEOUT_MS).await;
    matches_text(failover, response, &peeked.bytes)
}

/// The same for a probe, which has more time, and must not take an unread body for that of an accepted credential:
/// `None` if the head does not decide, and no condition holds for the part of the body that could be read. That part is
/// less than the whole where the body breaks off, is late or is long. The response to HEAD has no body at all.
pub async fn probe_rejects_credential<N: Network>(
    failover: Option<&Failover>,
    method: Method,
    response: &N::Response,
    network: &N,
) -> Option<bool> {
    if let Some(decided) = decided_by_head(failover, response) {
        return Some(decided);
    }
    if method == Method::Head || !has_text(response) {
        return None;
    }
    let peeked = network.peek_body(response, PROBE_BEGINNING_BYTES, PROBE_BODY_TIMEOUT_MS).await;
    if matches_text(failover, response, &peeked.bytes) {
        return Some(true);
    }
    peeked.is_whole.then_some(false)
}

/// Whether the response rejects the credential, if its status decides that. `None` if that depends on the body.
fn decided_by_head(failover: Option<&Failover>, response: &impl UpstreamResponse) -> Option<bool> {
    let Some(failover) = failover else { return Some(false) };
    let mut decided = Some(false);
    for condition in failover.when.iter().filter(|condition| condition.status == response.status()) {
        if condition.body.is_none() {
            return Some(true);
        }
        decided = None;
    }
    decided
}

/// Whether this beginning of the body has the text of a condition for the status.
fn matches_text(failover: Option<&Failover>, response: &impl UpstreamResponse, beginning: &[u8]) -> bool {
    let conditions = failover.into_iter().flat_map(|failover| failover.when.iter());
    let mut texts = conditions
        .filter(|condition| condition.status == response.status())
        .filter_map(|condition| condition.body.as_deref());
    texts.any(|text| memmem::find(beginning, text.as_bytes()).is_some())
}

/// Whether the body is text or JSON, and not a stream of events.
fn has_text(response: &impl UpstreamResponse) -> bool {
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
