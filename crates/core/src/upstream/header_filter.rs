//! Decides by their names which request headers are not forwarded. [`planning`](super::planning) removes more by their
//! values and puts all of them on the plan; `src/upstream.rs` deletes them.

use crate::configuration::{Route, TokenPlace};
use crate::http::connection::{ConnectionOptions, HOP_BY_HOP};
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

/// Headers that upstreams believe when a proxy sends them: who asks, and what is asked for. `Referer` is a URL of the
/// gateway's own, and can hold a token that was shown in a query. `Origin` is a page of the gateway's caller: it says
/// nothing to an upstream whose caller is the gateway, and some upstreams refuse every request that has one. A program
/// behind CGI takes `Proxy` for the proxy that its own requests go through (CVE-2016-5385).
const CLAIMS: &[&str] = &[
    "cdn-loop",
    "client-ip",
    "cluster-client-ip",
    "fastly-client-ip",
    "forwarded",
    "origin",
    "proxy",
    "proxy-client-ip",
    "referer",
    "true-client-ip",
    "wl-proxy-client-ip",
    "x-appengine-user-ip",
    "x-azure-clientip",
    "x-azure-fdid",
    "x-azure-socketip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-forwarded",
    "x-host",
    "x-http-host-override",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-originating-ip",
    "x-override-url",
    "x-proxyuser-ip",
    "x-real-ip",
    "x-remote-addr",
    "x-remote-ip",
    "x-rewrite-url",
];

/// Families of such headers, and what only the gateway says. `X-Accel-*` is how an application talks to nginx,
/// `X-Envoy-*` how Envoy talks to itself, `Sec-Fetch-*` what a browser says of the page.
const CLAIM_PREFIXES: &[&str] =
    &["cf-", "ostiary-", "sec-fetch-", "x-accel-", "x-envoy-", "x-forwarded-", "x-original-"];

/// Decides for one request which of its headers stay behind.
///
/// Names are compared as servers behind CGI or WSGI see them ([`fold`]): a header that such a server cannot tell from
/// one that is not forwarded is not forwarded either.
pub struct HeaderFilter<'a> {
    route: &'a Route,
    connection: ConnectionOptions,
}

impl<'a> HeaderFilter<'a> {
    /// For a request on this route with this `Connection` header.
    #[must_use]
    pub fn new(route: &'a Route, connection: Option<&str>) -> Self {
        Self { route, connection: ConnectionOptions::new(connection) }
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
            || self.connection.lists(&folded)
            || self.route.token_in.iter().filter_map(TokenPlace::header).any(is)
            || self.route.auth.iter().any(|placement| placement.sets_header(is))
            || self.route.strip_headers.iter().map(HeaderName::as_str).any(is)
            || (folded == "cookie" && !(self.route.cookies && name == "cookie"))
            || (folded != "cookie" && listed(CREDENTIALS) && !forwarded)
            || (listed(CLAIMS) && !forwarded)
            || (CLAIM_PREFIXES.iter().any(|prefix| folded.starts_with(prefix)) && !forwarded)
    }
}
