//! Cross-origin resource sharing (CORS): the response headers for web pages of other origins (Fetch Standard, section
//! 3.3).

use crate::configuration::{Cors, HeaderPattern, Origins, Route, TokenPlace};
use crate::http::AddedHeaders;
use crate::http::header_name::HeaderName;
use crate::http::host::Host;
use crate::http::method::{Method, Methods};
use crate::log::PreflightOutcome;
use crate::request_id::RequestId;
use crate::runtime::RequestHead;

/// The headers of a refusal that a page may read, besides those that every page may read.
const OF_A_REFUSAL: [&str; 5] =
    ["ostiary-refusal", "ostiary-request-id", "retry-after", "stripe-should-retry", "x-should-retry"];

/// The most names of headers in one response to a browser. Without a limit, thousands of names in a preflight, which
/// needs no token, or in an upstream's response would each be compared with all others.
const MOST_NAMES: usize = 128;

/// Whether the request is a browser's preflight. The gateway responds to it by itself: a preflight carries no token, so
/// no secret is read for it and nothing is sent upstream.
#[must_use]
pub fn is_cors_preflight(head: &impl RequestHead, method: Method) -> bool {
    method == Method::Options
        && head.header("origin").is_some()
        && head.header("access-control-request-method").is_some()
}

/// The headers of the response to a preflight, and its outcome for the log. A page that may not call gets no CORS
/// headers, and the browser then blocks its request.
///
/// The headers in which the route's callers show their tokens are always allowed, because a page needs one of them to
/// authenticate.
#[must_use]
pub fn preflight(
    route: &Route,
    cors: &Cors,
    head: &impl RequestHead,
    id: &RequestId,
) -> (AddedHeaders, PreflightOutcome) {
    let mut added = AddedHeaders::new();
    let mut outcome = PreflightOutcome::ForeignOrigin;
    if let Some(origin) = allowed_origin(cors, head) {
        outcome = PreflightOutcome::Granted;
        added.extend(grant(cors, origin));
        let rules = route.allow.iter().flat_map(|grant| grant.rules.iter());
        let methods = rules.fold(Methods::NONE, |methods, rule| Methods(methods.0 | rule.methods.0));
        let methods = Method::ALL.iter().filter(|method| methods.contain(**method));
        added.push(("access-control-allow-methods", joined(methods.map(|method| method.as_str()))));
        let requested = requested_headers(cors, head);
        let tokens = route.token_in.iter().filter_map(TokenPlace::header);
        let named = cors.headers.iter().filter_map(HeaderPattern::name);
        let headers = joined(tokens.chain(named).chain(requested.iter().map(HeaderName::as_str)));
        if !headers.is_empty() {
            added.push(("access-control-allow-headers", headers));
        }
        added.extend(cors.max_age.map(|seconds| ("access-control-max-age", seconds.to_string())));
    }
    let vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
    added.push(("vary", vary.to_owned()));
    added.push(("ostiary-request-id", id.as_str().to_owned()));
    (added, outcome)
}

/// The CORS headers for one request's response. Refusals have them too, so that a page can read why it was refused.
#[derive(Clone, Copy, Debug)]
pub struct Permission<'g, 'h> {
    cors: &'g Cors,
    origin: Option<&'h str>,
}

impl<'g, 'h> Permission<'g, 'h> {
    /// The permission for this request, which is not a preflight.
    #[must_use]
    pub fn new(cors: &'g Cors, head: &'h impl RequestHead) -> Self {
        Self { cors, origin: allowed_origin(cors, head) }
    }

    /// The headers of a refusal.
    #[must_use]
    pub fn on_refusal(self) -> AddedHeaders {
        self.headers(|| joined(OF_A_REFUSAL.into_iter()))
    }

    /// The headers of a response that has headers with these names.
    #[must_use]
    pub fn on_response<'n>(self, names: impl Iterator<Item = &'n str>) -> AddedHeaders {
        self.headers(|| joined(names.filter(|name| self.exposes(name)).take(MOST_NAMES)))
    }

    fn headers(self, exposed: impl FnOnce() -> String) -> AddedHeaders {
        let mut added = AddedHeaders::new();
        if let Some(origin) = self.origin {
            added.extend(grant(self.cors, origin));
            // For requests with the browser's credentials, `*` is not a wildcard but the name of a header.
            let all = !self.cors.credentials && self.cors.expose.is_none();
            let exposed = if all { "*".to_owned() } else { exposed() };
            added.push(("access-control-expose-headers", exposed));
        }
        // Also without `Origin`: a cache must not serve a page the response to another origin's request.
        if self.cors.origins != Origins::Any {
            added.push(("vary", "Origin".to_owned()));
        }
        added
    }

    fn exposes(self, name: &str) -> bool {
        let named = self.cors.expose.as_ref();
        // No page may read a cookie (Fetch Standard, "forbidden response-header name").
        name != "set-cookie"
            && (OF_A_REFUSAL.contains(&name)
                || named.is_none_or(|patterns| patterns.iter().any(|pattern| pattern.admits(name))))
    }
}

/// Whether a page of an origin that is not admitted may have made a browser send this request. A credential that the
/// browser adds by itself does not authenticate such a request.
///
/// A browser sends `Origin` where a page can choose the method or read the response (Fetch Standard, section 3.2), and
/// `Sec-Fetch-Site` with every other request (Fetch Metadata, section 2.1). A request with neither does not come from a
/// current browser. Safari before 16.4 sends neither with a GET that a page of another site causes; such a page cannot
/// read the response.
#[must_use]
pub fn is_cross_site(cors: Option<&Cors>, head: &impl RequestHead, scheme: &str, host: &Host) -> bool {
    if let Some(origin) = head.header("origin") {
        let is_own =
            origin.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://")) == Some(host.as_str());
        // `*` admits pages to public responses, and this response is for one user.
        let is_listed =
            cors.is_some_and(|cors| cors.origins != Origins::Any && allowed_origin(cors, head).is_some());
        return !is_own && !is_listed;
    }
    head.header("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"))
}

/// The value of `Access-Control-Allow-Origin`; `None` if the origin is not allowed.
fn allowed_origin<'h>(cors: &Cors, head: &'h impl RequestHead) -> Option<&'h str> {
    let origin = head.header("origin")?;
    match &cors.origins {
        Origins::Any => Some("*"),
        Origins::Listed(listed) => listed.iter().any(|known| known.admits(origin)).then_some(origin),
    }
}

fn grant(cors: &Cors, origin: &str) -> impl Iterator<Item = (&'static str, String)> {
    let origin = ("access-control-allow-origin", origin.to_owned());
    let credentials = ("access-control-allow-credentials", "true".to_owned());
    std::iter::once(origin).chain(cors.credentials.then_some(credentials))
}

/// The headers that the preflight asks for and that a pattern admits.
fn requested_headers(cors: &Cors, head: &impl RequestHead) -> Vec<HeaderName> {
    let wide = cors.headers.iter().filter(|pattern| pattern.name().is_none());
    let requested = head.header("access-control-request-headers").unwrap_or_default();
    // A text that is not a header name is not repeated. A browser blocks the request if a name is missing.
    let names = requested.split(',').take(MOST_NAMES);
    let names = names.filter_map(|name| HeaderName::parse(name.trim()).ok());
    names.filter(|name| wide.clone().any(|pattern| pattern.admits(name.as_str()))).collect()
}

/// Joins the names, each once, with commas.
fn joined<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut list: Vec<&str> = Vec::new();
    for name in names {
        if !list.contains(&name) {
            list.push(name);
        }
    }
    list.join(", ")
}
