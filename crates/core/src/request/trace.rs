//! The trace of a request (W3C Trace Context), and the request id of the caller.

use crate::authentication::proved::ProvedTokens;
use crate::configuration::Route;
use crate::http::header_name::same_folded;
use crate::http::trace_context::{TRACEPARENT, TRACESTATE, TraceId, TraceParent, state};
use crate::request_id::RequestId;
use crate::runtime::RequestHead;
use crate::runtime::plan::Plan;
use crate::secret_value::SecretValue;

/// The header for a request id that applications choose.
const X_REQUEST_ID: &str = "x-request-id";

/// The headers that carry the context of a request. A route can withhold all of them from its upstream. `baggage` is
/// forwarded unchanged (W3C Baggage).
pub const TRACE_HEADERS: [&str; 4] = ["baggage", TRACEPARENT, TRACESTATE, X_REQUEST_ID];

/// In bytes. Longer ids of callers are not forwarded.
const LONGEST_ID: usize = 128;

/// The context that connects a request with the requests before and after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    parent: TraceParent,
    state: Option<String>,
    /// Whether the caller's `tracestate` is dropped.
    drops_state: bool,
    /// The id of the gateway's span.
    span: u64,
    /// The caller's request id; `None` if it gave none that can be forwarded.
    caller_id: Option<String>,
    request_id: RequestId,
}

impl Trace {
    /// Continues the caller's trace, or starts one. A header that contains one of the caller's tokens is ignored.
    #[must_use]
    pub fn new(head: &impl RequestHead, tokens: &ProvedTokens, request_id: &RequestId) -> Self {
        let header = |name| head.header(name).filter(|value: &&str| !tokens.are_in(value.as_bytes()));
        let bits = request_id.bits();
        let has_state = head.header(TRACESTATE).is_some();
        let continued = header(TRACEPARENT).and_then(TraceParent::parse);
        // `tracestate` has no meaning without `traceparent` (§3.3).
        let state = continued.as_ref().and_then(|_| header(TRACESTATE)).and_then(state);
        #[expect(clippy::cast_possible_truncation, reason = "half of the bits are enough")]
        let span = bits as u64;
        Self {
            parent: continued.unwrap_or_else(|| TraceParent::begin(TraceId::new(bits))),
            drops_state: has_state && state.is_none(),
            state,
            span,
            caller_id: header(X_REQUEST_ID).filter(|id| is_handed_on(id)).map(str::to_owned),
            request_id: request_id.clone(),
        }
    }

    /// The trace id, for the log.
    #[must_use]
    pub const fn trace_id(&self) -> &TraceId {
        &self.parent.trace_id
    }

    /// The caller's request id for the log, if it is a UUID or 32 hexadecimal digits. Any other text could contain a
    /// secret.
    #[must_use]
    pub fn logged_id(&self) -> Option<&str> {
        self.caller_id.as_deref().filter(|id| is_logged(id))
    }

    /// Replaces the caller's trace headers on a request that is sent upstream, except those that the route strips.
    pub fn put_on(&self, plan: &mut Plan, route: &Route) {
        let request_id = self.caller_id.as_deref().unwrap_or_else(|| self.request_id.as_str());
        let traceparent = self.parent.header(self.span);
        for (name, value) in [
            (TRACEPARENT, Some(traceparent.as_str())),
            (TRACESTATE, self.state.as_deref()),
            (X_REQUEST_ID, Some(request_id)),
        ] {
            let is_stripped = route.strip_headers.iter().any(|stripped| same_folded(stripped.as_str(), name));
            // The route's auth may already set one of these headers.
            if is_stripped || plan.set.iter().any(|(set, _)| set == name) {
                continue;
            }
            match value {
                Some(value) => plan.set.push((name.to_owned(), SecretValue::new(value.to_owned()))),
                None if self.drops_state => plan.remove.push(name.to_owned()),
                None => {}
            }
        }
    }
}

fn is_handed_on(id: &str) -> bool {
    (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|byte| matches!(byte, b'!'..=b'~'))
}

fn is_logged(id: &str) -> bool {
    let groups: Vec<usize> = id.split('-').map(str::len).collect();
    matches!(groups[..], [8, 4, 4, 4, 12] | [32])
        && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_id_that_is_one_is_logged() {
        for (id, handed_on, logged) in [
            ("f81d4fae-7dec-11d0-a765-00a0c91e6bf6", true, true),
            ("F81D4FAE7DEC11D0A76500A0C91E6BF6", true, true),
            ("sk_live_0123456789", true, false),
            ("f81d4fae-7dec-11d0-a765-00a0c91e6bfg", true, false),
            ("f81d4fae7-dec-11d0-a765-00a0c91e6bf6", true, false),
            ("", false, false),
            ("a b", false, false),
            ("é", false, false),
            (&"a".repeat(129), false, false),
        ] {
            assert_eq!((is_handed_on(id), is_logged(id)), (handed_on, logged), "{id}");
        }
    }
}
