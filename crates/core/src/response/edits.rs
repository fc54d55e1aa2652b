//! The changes to an upstream's response before it is returned to the caller.

use std::borrow::Cow;

use crate::configuration::Route;
use crate::http::body_header::{is_digest, is_of_the_bytes};
use crate::http::connection::{ConnectionOptions, is_hop_by_hop};
use crate::http::cookie::without_domain;
use crate::http::header_name::{HeaderName, fold};
use crate::request_id::RequestId;
use crate::response::cache_control::private;
use crate::response::link::Links;
use crate::response::rewritable_body::{BodyRewriting, coding_of_rewritten};
use crate::runtime::UpstreamResponse;
use crate::sort::sorted;

/// Headers with a URL that clients request with the caller's token: those of HTTP, and those for long-running
/// operations of Azure, resumable uploads of Google and uploads to Docker registries. A route can name more in
/// `link_headers`.
pub const LINK_HEADERS: &[&str] = &[
    "azure-asyncoperation",
    "content-location",
    "docker-upload-location",
    "link",
    "location",
    "operation-location",
    "refresh",
    "x-goog-upload-control-url",
    "x-goog-upload-url",
];

/// Headers that would affect the gateway's whole origin, that only the gateway may set, or that let shared caches store
/// a response despite `Cache-Control`.
const WITHHELD: &[&str] = &[
    "accept-ch",
    "activate-storage-access",
    "alt-svc",
    "cdn-cache-control",
    "clear-site-data",
    "cloudflare-cdn-cache-control",
    "critical-ch",
    "expect-ct",
    "nel",
    "observe-browsing-topics",
    "origin-agent-cluster",
    "public-key-pins",
    "public-key-pins-report-only",
    "report-to",
    "reporting-endpoints",
    "service-worker-allowed",
    "set-cookie2",
    "set-login",
    "shared-storage-write",
    "strict-transport-security",
    "surrogate-control",
    "timing-allow-origin",
    "use-as-dictionary",
];

/// Families of such headers. `Secure-Session-*` (formerly `Sec-Session-*`) binds a session to the browser's device.
const WITHHELD_PREFIXES: &[&str] = &[
    "access-control-",
    "ad-auction-",
    "attribution-reporting-",
    "ostiary-",
    "sec-session-",
    "secure-session-",
];

/// The changes to one response's head, and the handling of its body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    /// Headers to remove, before any is set.
    pub remove: Vec<String>,
    /// Headers to append, in this order. A header that is replaced is in `remove` too.
    pub add: Vec<(Cow<'static, str>, String)>,
    /// The new status; `None` to keep the upstream's.
    pub status: Option<u16>,
    /// The idle timeout of the body, in milliseconds.
    pub idle_timeout: Option<u32>,
    /// The rewriting of links in the body; `None` to keep them.
    pub body: Option<BodyRewriting>,
    /// The names of the secrets that were found in the head.
    pub redacted: Vec<String>,
}

/// Decides the changes.
///
/// 1. Remove hop-by-hop headers, including those that `Connection` lists (RFC 9110 §7.6.1).
/// 2. Remove headers that would affect the gateway's whole origin, and cookies, unless the route forwards them.
/// 3. Rewrite `Location`, `Link` and the other headers with URLs, so that they lead to the mount and contain no
///    credential; and the links in the body, where the route says so. `links` is only called for a response that has a
///    link.
/// 4. Make responses to authenticated requests private, unless the upstream was stricter or the route says otherwise.
/// 5. Set the request's id.
#[must_use]
pub fn edits<'l>(
    answer: &impl UpstreamResponse,
    route: &Route,
    authenticated: bool,
    links: impl FnOnce() -> Links<'l>,
    id: &RequestId,
) -> Edits {
    let mut edits = Edits { idle_timeout: route.idle_timeout, ..Edits::default() };
    let connection = ConnectionOptions::new(answer.header("connection"));
    for name in answer.header_names() {
        let folded = fold(name);
        let hop = is_hop_by_hop(name);
        let family = WITHHELD_PREFIXES.iter().any(|prefix| folded.starts_with(prefix));
        if hop
            || family
            || name == "set-cookie"
            || WITHHELD.contains(&folded.as_ref())
            || connection.lists(&folded)
        {
            edits.remove.push(name.to_owned());
        }
    }
    if route.cookies {
        let cookies = answer.set_cookies();
        edits.add.extend(cookies.iter().map(|cookie| ("set-cookie".into(), without_domain(cookie))));
    }

    let named = route.link_headers.iter().map(HeaderName::as_str);
    let linking: Vec<_> =
        LINK_HEADERS.iter().copied().chain(named).filter(|name| answer.header(name).is_some()).collect();
    let coding = coding_of_rewritten(answer, &route.rewrite_body);
    if !linking.is_empty() || coding.is_some() {
        let links = links();
        edits.rewrite_links(answer, &linking, &links);
        if let Some(coding) = coding {
            // `ETag` stays: the same representation always has the same links at the same mount, so the tag also
            // identifies the rewritten bytes.
            let is_about = |name: &&str| is_digest(name) || is_of_the_bytes(name);
            edits.remove.extend(answer.header_names().filter(is_about).map(str::to_owned));
            edits.body = Some(BodyRewriting { coding, links: links.in_body() });
        }
    }
    if authenticated && !route.shared_cache {
        let value = answer.header("cache-control").unwrap_or_default();
        edits.replace("cache-control", value, Some(private(value)));
    }
    edits.add.push(("ostiary-request-id".into(), id.as_str().to_owned()));
    edits
}

impl Edits {
    /// The names of the headers that the edited response has. A name can occur twice.
    pub fn header_names<'n>(&'n self, response: &'n impl UpstreamResponse) -> impl Iterator<Item = &'n str> {
        let removed = self.removed();
        let kept = response.header_names().filter(move |name| !is_in(&removed, name));
        kept.chain(self.add.iter().map(|(name, _)| name.as_ref()))
    }

    /// The names of the headers to remove, sorted, because an upstream can send tens of thousands of headers.
    #[must_use]
    pub fn removed(&self) -> Vec<String> {
        sorted(self.remove.clone(), Ord::cmp)
    }

    fn rewrite_links(&mut self, answer: &impl UpstreamResponse, linking: &[&str], links: &Links<'_>) {
        let resolve = |reference: &str| answer.resolve(reference, links.request_url.expose());
        for name in linking {
            let Some(value) = answer.header(name) else { continue };
            let rewritten = match *name {
                "link" => links.rewrite_link_header(value, &resolve),
                "refresh" => links.rewrite_refresh(value, &resolve),
                _ => links.rewrite_reference(value, &resolve),
            };
            self.replace(name, value, rewritten);
        }
    }

    fn replace(&mut self, name: &str, old: &str, new: Option<String>) {
        // Headers that `Connection` lists are removed, so one that the gateway sets has to be added again.
        if new.as_deref() == Some(old) && !self.remove.iter().any(|removed| removed == name) {
            return;
        }
        self.remove.push(name.to_owned());
        self.add.extend(new.map(|new| (name.to_owned().into(), new)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_replaced_where_it_has_another_value_or_was_removed() {
        for (removed, new, expected) in [
            ("connection", Some("a"), &[][..]),
            ("connection", Some("b"), &["b"]),
            ("location", Some("a"), &["a"]),
            ("connection", None, &[]),
        ] {
            let mut edits = Edits { remove: vec![removed.to_owned()], ..Edits::default() };
            edits.replace("location", "a", new.map(str::to_owned));
            let added: Vec<&str> = edits.add.iter().map(|(_, value)| value.as_str()).collect();
            assert_eq!(added, expected, "{removed} {new:?}");
            let is_removed = edits.remove.iter().any(|name| name == "location");
            assert_eq!(is_removed, removed == "location" || new != Some("a"), "{removed} {new:?}");
        }
    }
}

/// Whether a sorted list has this name.
pub fn is_in(sorted: &[String], name: &str) -> bool {
    sorted.binary_search_by(|known| known.as_str().cmp(name)).is_ok()
}
