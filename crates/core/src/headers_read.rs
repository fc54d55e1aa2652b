//! Which headers of a request the edge has to read.

use crate::configuration::{CONTENT_SHA256, Gateway, Placement, RequestValue, Route, Template, TokenPlace};
use crate::operator::TOKEN_IN;
use crate::request::rate_limit::ADDRESS_HEADER;
use crate::signing::body::DIGESTS;

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

/// The names of all headers whose values the core may ask of a request's head, sorted, each once. Where a route signs
/// for AWS it asks for those that start with `x-amz-` too.
#[must_use]
pub fn headers_read(gateway: &Gateway) -> Vec<&str> {
    let places = gateway.routes.iter().flat_map(|route| route.token_in.iter());
    let operator = gateway.operator.iter().flat_map(|_| TOKEN_IN);
    let mut names: Vec<&str> =
        places.chain(operator).filter_map(TokenPlace::header).chain(ALWAYS_READ.iter().copied()).collect();
    let placements = || gateway.routes.iter().flat_map(|route| route.auth.iter());
    let in_messages = placements().flat_map(Placement::templates).flat_map(Template::requests);
    names.extend(in_messages.filter_map(|value| match value {
        RequestValue::Header(name) => Some(name.as_str()),
        _ => None,
    }));
    if placements().any(|placement| placement.body_places().next().is_some()) {
        names.extend(["content-encoding", "content-type"].iter().chain(DIGESTS));
    }
    if placements().any(|placement| matches!(placement, Placement::SigV4(_))) {
        names.push(CONTENT_SHA256);
    }
    let wanted = |by: fn(&Route) -> bool| gateway.routes.iter().any(by);
    names.extend(wanted(|route| !route.rate_limit.is_empty()).then_some(ADDRESS_HEADER));
    names.extend(wanted(|route| route.cors.is_some()).then_some("origin"));
    names.extend(wanted(|route| route.retry.is_some()).then_some("idempotency-key"));
    names.sort_unstable();
    names.dedup();
    names
}
