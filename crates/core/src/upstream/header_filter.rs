//! Which headers of a request are read, and which of them go up.

use crate::configuration::{Route, TokenPlace};
use crate::http::connection::{HOP_BY_HOP, connection_options};
use crate::http::header_name::{HeaderName, fold, same_folded};

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

/// Decides for one request which of its headers stay behind.
///
/// Names are compared with `_` read as `-`, since servers behind CGI or WSGI cannot tell the two apart
/// (CVE-2025-64484): the twin of a header that stays behind stays behind too.
pub struct HeaderFilter<'a> {
    route: &'a Route,
    connection: Vec<String>,
}

impl<'a> HeaderFilter<'a> {
    /// For a request on this route with this `Connection` header.
    #[must_use]
    pub fn new(route: &'a Route, connection: Option<&str>) -> Self {
        Self { route, connection: connection_options(connection) }
    }

    /// Whether the header with this lower-case name stays behind.
    #[must_use]
    pub fn removes(&self, name: &str) -> bool {
        let folded = fold(name);
        let is = |other: &str| same_folded(other, &folded);
        let listed = |list: &[&str]| list.contains(&folded.as_ref());
        let forwarded = self.route.forward_headers.iter().any(|header| header.as_str() == name);

        listed(HOP_BY_HOP)
            || listed(FRAMING)
            || self.connection.iter().any(|option| is(option))
            || self.route.token_in.iter().filter_map(TokenPlace::header).any(is)
            || self.route.auth.iter().any(|placement| placement.sets_header(is))
            || self.route.strip_headers.iter().map(HeaderName::as_str).any(is)
            || (folded == "cookie" && !(self.route.cookies && name == "cookie"))
            || (folded != "cookie" && listed(CREDENTIALS) && !forwarded)
            || (listed(CLAIMS) && !forwarded)
            || (CLAIM_PREFIXES.iter().any(|prefix| folded.starts_with(prefix)) && !forwarded)
    }
}
