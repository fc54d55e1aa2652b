//! Which headers of a request are read, and which of them go up.

use std::borrow::Cow;

use crate::configuration::{Gateway, HeaderName, Placement, Route, TokenPlace};
use crate::operator::TOKEN_IN as OPERATOR_TOKEN_IN;
use crate::rate_limit::ADDRESS_HEADER;

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

/// Of one connection only (RFC 9110 §7.6.1), with those that peers of old take for such too. `upgrade` is among
/// them; where it is wanted the plan sets it again.
const HOP_BY_HOP: &[&str] = &[
    "connection",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Said anew by the runtime for the next connection.
const FRAMING: &[&str] = &["content-length", "expect", "host"];

/// A credential that a caller brings along would be used in the place of the gateway's, or beside it.
const CREDENTIALS: &[&str] = &[
    "api-key",
    "authorization",
    "cookie",
    "dd-api-key",
    "dd-application-key",
    "job-token",
    "private-token",
    "x-amz-security-token",
    "x-api-key",
    "x-auth-email",
    "x-auth-key",
    "x-auth-token",
    "x-goog-api-key",
    "x-vault-token",
];

/// Says who asks, or what is asked for, in a way that upstreams believe of a proxy. `Referer` is a URL of the
/// gateway's own, and can hold a token that was shown in a query.
const CLAIMS: &[&str] = &[
    "cdn-loop",
    "forwarded",
    "referer",
    "true-client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-real-ip",
    "x-rewrite-url",
];

/// The same, for whole families; and what only the gateway says.
const CLAIM_PREFIXES: &[&str] = &["cf-", "ostiary-", "x-forwarded-"];

/// The names of all headers whose values the core may ask of a request's head, sorted, each once.
#[must_use]
pub fn headers_read(gateway: &Gateway) -> Vec<&str> {
    let places = gateway.routes.iter().flat_map(|route| route.token_in.iter());
    let operator = gateway.operator.iter().flat_map(|_| OPERATOR_TOKEN_IN);
    let mut names: Vec<&str> =
        places.chain(operator).filter_map(token_header).chain(ALWAYS_READ.iter().copied()).collect();
    let wanted = |by: fn(&Route) -> bool| gateway.routes.iter().any(by);
    names.extend(wanted(|route| !route.rate_limit.is_empty()).then_some(ADDRESS_HEADER));
    names.extend(wanted(|route| route.cors.is_some()).then_some("origin"));
    names.extend(wanted(|route| route.retry.is_some()).then_some("idempotency-key"));
    names.sort_unstable();
    names.dedup();
    names
}

/// Decides for one request which of its headers stay behind.
///
/// Names are compared with `_` read as `-`, since servers behind CGI or WSGI cannot tell the two apart
/// (CVE-2025-64484): the twin of a header that stays behind stays behind too.
pub struct Sieve<'a> {
    route: &'a Route,
    connection: Vec<String>,
}

impl<'a> Sieve<'a> {
    /// For a request on this route with this `Connection` header.
    #[must_use]
    pub fn new(route: &'a Route, connection: Option<&str>) -> Self {
        Self { route, connection: connection_options(connection) }
    }

    /// Whether the header with this lower-case name stays behind.
    #[must_use]
    pub fn holds_back(&self, name: &str) -> bool {
        let folded = fold(name);
        let is = |other: &str| same_folded(other, &folded);
        let listed = |list: &[&str]| list.contains(&folded.as_ref());
        let forwarded = self.route.forward_headers.iter().any(|header| header.as_str() == name);

        listed(HOP_BY_HOP)
            || listed(FRAMING)
            || self.connection.iter().any(|option| is(option))
            || self.route.token_in.iter().filter_map(token_header).any(is)
            || self.route.auth.iter().filter_map(Placement::header).any(is)
            || self.route.strip_headers.iter().map(HeaderName::as_str).any(is)
            || (folded == "cookie" && !(self.route.cookies && name == "cookie"))
            || (folded != "cookie" && listed(CREDENTIALS) && !forwarded)
            || (listed(CLAIMS) && !forwarded)
            || (CLAIM_PREFIXES.iter().any(|prefix| folded.starts_with(prefix)) && !forwarded)
    }
}

/// The names that a `Connection` header lists, in lower case.
#[must_use]
pub fn connection_options(value: Option<&str>) -> Vec<String> {
    let options = value.unwrap_or_default().split(',').map(|option| option.trim_matches([' ', '\t']));
    options.filter(|option| !option.is_empty()).map(str::to_ascii_lowercase).collect()
}

/// Whether a name is of one connection only.
#[must_use]
pub fn is_hop_by_hop(name: &str) -> bool {
    HOP_BY_HOP.contains(&name)
}

pub(crate) fn token_header(place: &TokenPlace) -> Option<&str> {
    match place {
        TokenPlace::Bearer | TokenPlace::Basic => Some("authorization"),
        TokenPlace::Header { name, .. } => Some(name.as_str()),
        TokenPlace::Query { .. } => None,
    }
}

/// Whether the names are the same with `_` read as `-`.
fn same_folded(name: &str, folded: &str) -> bool {
    let fold = |byte: u8| if byte == b'_' { b'-' } else { byte };
    name.len() == folded.len() && name.bytes().map(fold).eq(folded.bytes())
}

/// The name with `_` read as `-`.
/// Most names have no `_`, and comparing must not cost an allocation for each of them.
pub(crate) fn fold(name: &str) -> Cow<'_, str> {
    if name.contains('_') { name.replace('_', "-").into() } else { name.into() }
}
