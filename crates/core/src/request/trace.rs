//! The trace that a request is part of, and the id that its caller gave it.

use crate::authentication::proved::ProvedTokens;
use crate::http::trace_context::{TRACEPARENT, TRACESTATE, TraceId, TraceParent, state};
use crate::request_id::RequestId;
use crate::runtime::RequestHead;
use crate::runtime::plan::Plan;
use crate::secret_value::SecretValue;

/// How applications name a request to each other.
const X_REQUEST_ID: &str = "x-request-id";

/// The headers that tell an upstream of a request's context. A route can keep all of them from its upstream; `baggage` is
/// forwarded as it is (W3C Baggage).
pub const TRACE_HEADERS: [&str; 4] = ["baggage", TRACEPARENT, TRACESTATE, X_REQUEST_ID];

/// In bytes: longer ids of callers are not handed on.
const LONGEST_ID: usize = 128;

/// What ties a request to those before it and after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    parent: TraceParent,
    state: Option<String>,
    /// Whether the caller's state is not handed on.
    drops_state: bool,
    /// Of the gateway's part of the trace.
    span: u64,
    /// `None` where the caller gave none that can be handed on.
    caller_id: Option<String>,
    request_id: RequestId,
}

impl Trace {
    /// Continues the caller's trace, or begins one. What holds one of the caller's tokens is as if it were not there.
    #[must_use]
    pub fn new(head: &impl RequestHead, tokens: &ProvedTokens, request_id: &RequestId) -> Self {
        let header = |name| head.header(name).filter(|value: &&str| !tokens.are_in(value.as_bytes()));
        let bits = request_id.bits();
        let has_state = head.header(TRACESTATE).is_some();
        let continued = header(TRACEPARENT).and_then(TraceParent::parse);
        // A state says nothing without the context that it belongs to (§3.3).
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

    /// For the log.
    #[must_use]
    pub const fn trace_id(&self) -> &TraceId {
        &self.parent.trace_id
    }

    /// For the log, where it is a UUID or 32 hexadecimal digits: any other text could be anything.
    #[must_use]
    pub fn logged_id(&self) -> Option<&str> {
        self.caller_id.as_deref().filter(|id| is_logged(id))
    }

    /// Puts it on a request that is sent upstream, in the place of the caller's.
    pub fn put_on(&self, plan: &mut Plan) {
        let request_id = self.caller_id.as_deref().unwrap_or_else(|| self.request_id.as_str());
        let traceparent = self.parent.header(self.span);
        for (name, value) in [
            (TRACEPARENT, Some(traceparent.as_str())),
            (TRACESTATE, self.state.as_deref()),
            (X_REQUEST_ID, Some(request_id)),
        ] {
            // An auth can set the header of one.
            if plan.set.iter().any(|(set, _)| set == name) {
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
