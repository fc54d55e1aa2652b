//! What web pages of other origins are told (Fetch Standard, section 3.3).

use crate::configuration::{Cors, Origins, Route, TokenPlace};
use crate::http::AddedHeaders;
use crate::http::header_name::HeaderName;
use crate::http::method::{Method, Methods};
use crate::request_id::RequestId;
use crate::runtime::RequestHead;

/// What a page may read of an answer, besides what every page may.
const EXPOSED: &str = "ostiary-refusal, ostiary-request-id, retry-after";

/// Whether a browser asks whether it may ask. The gateway answers that itself: a page's user has not decided anything
/// yet, so nothing is read for it and nothing goes up.
#[must_use]
pub fn is_preflight(head: &impl RequestHead, method: Method) -> bool {
    method == Method::Options
        && head.header("origin").is_some()
        && head.header("access-control-request-method").is_some()
}

/// What the answer to a preflight says. A page that may not call is told nothing, which is how a browser is told no.
///
/// The headers in which the route's callers show their tokens are always allowed: without one of them a page could
/// prove nobody.
#[must_use]
pub fn preflight(route: &Route, cors: &Cors, head: &impl RequestHead, id: &RequestId) -> AddedHeaders {
    let mut added = AddedHeaders::new();
    if let Some(origin) = allowed(cors, head) {
        added.extend(grant(cors, origin));
        let rules = route.allow.iter().flat_map(|grant| grant.rules.iter());
        let methods = rules.fold(Methods::NONE, |methods, rule| Methods(methods.0 | rule.methods.0));
        let methods = Method::ALL.into_iter().filter(|method| methods.contain(*method));
        added.push(("access-control-allow-methods", joined(methods.map(Method::as_str))));
        let tokens = route.token_in.iter().filter_map(TokenPlace::header);
        let headers = joined(tokens.chain(cors.headers.iter().map(HeaderName::as_str)));
        if !headers.is_empty() {
            added.push(("access-control-allow-headers", headers));
        }
        added.extend(cors.max_age.map(|seconds| ("access-control-max-age", seconds.to_string())));
    }
    let vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
    added.push(("vary", vary.to_owned()));
    added.push(("ostiary-request-id", id.as_str().to_owned()));
    added
}

/// What every other answer on the route says, a refusal too: a page has to see why it was refused.
#[must_use]
pub fn actual(cors: &Cors, head: &impl RequestHead) -> AddedHeaders {
    let mut added = AddedHeaders::new();
    if let Some(origin) = allowed(cors, head) {
        added.extend(grant(cors, origin));
        // With the browser's credentials `*` is the name of a header and no more.
        let exposed = if cors.credentials { EXPOSED } else { "*" };
        added.push(("access-control-expose-headers", exposed.to_owned()));
    }
    // Also without `Origin`: a cache must not give a page the answer that somebody else got.
    if cors.origins != Origins::Any {
        added.push(("vary", "Origin".to_owned()));
    }
    added
}

/// The origin as it is allowed, where it is.
fn allowed<'a>(cors: &Cors, head: &'a impl RequestHead) -> Option<&'a str> {
    let origin = head.header("origin")?;
    match &cors.origins {
        Origins::Any => Some("*"),
        Origins::Listed(listed) => listed.iter().any(|known| known == origin).then_some(origin),
    }
}

fn grant(cors: &Cors, origin: &str) -> impl Iterator<Item = (&'static str, String)> {
    let origin = ("access-control-allow-origin", origin.to_owned());
    let credentials = ("access-control-allow-credentials", "true".to_owned());
    std::iter::once(origin).chain(cors.credentials.then_some(credentials))
}

/// A list of different names.
fn joined<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut list: Vec<&str> = Vec::new();
    for name in names {
        if !list.contains(&name) {
            list.push(name);
        }
    }
    list.join(", ")
}
