//! Which headers of a request the edge has to read.

use crate::configuration::{Gateway, Route, TokenPlace};
use crate::operator::TOKEN_IN;
use crate::request::rate_limit::ADDRESS_HEADER;

/// Headers that every request is asked for, besides those in which a route's callers show their tokens.
const ALWAYS_READ: &[&str] = &[
    "access-control-request-method",
    "cdn-loop",
    "connection",
    "content-length",
    "host",
    "transfer-encoding",
    "upgrade",
];

/// The names of all headers whose values the core may ask of a request's head, sorted, each once.
#[must_use]
pub fn headers_read(gateway: &Gateway) -> Vec<&str> {
    let places = gateway.routes.iter().flat_map(|route| route.token_in.iter());
    let operator = gateway.operator.iter().flat_map(|_| TOKEN_IN);
    let mut names: Vec<&str> =
        places.chain(operator).filter_map(TokenPlace::header).chain(ALWAYS_READ.iter().copied()).collect();
    let wanted = |by: fn(&Route) -> bool| gateway.routes.iter().any(by);
    names.extend(wanted(|route| !route.rate_limit.is_empty()).then_some(ADDRESS_HEADER));
    names.extend(wanted(|route| route.cors.is_some()).then_some("origin"));
    names.extend(wanted(asks_for_headers).then_some("access-control-request-headers"));
    names.extend(wanted(|route| route.retry.is_some()).then_some("idempotency-key"));
    names.sort_unstable();
    names.dedup();
    names
}

/// Whether a preflight's own list of headers has a say in its answer.
fn asks_for_headers(route: &Route) -> bool {
    route.cors.as_ref().is_some_and(|cors| cors.headers.iter().any(|pattern| pattern.name().is_none()))
}
