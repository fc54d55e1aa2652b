//! What is done to an upstream's answer before the caller gets it.

use std::borrow::Cow;

use crate::configuration::Route;
use crate::http::connection::{ConnectionOptions, is_hop_by_hop};
use crate::http::cookie::without_domain;
use crate::http::header_name::{HeaderName, fold};
use crate::request_id::RequestId;
use crate::response::body_edit::{BodyEdit, coding_of_rewritten};
use crate::response::cache_control::private;
use crate::response::link::Links;
use crate::runtime::UpstreamResponse;

/// Headers that hold a URL, which clients follow with the caller's token: what HTTP has for it, long-running
/// operations of Azure, resumable uploads of Google, and uploads to registries of Docker. A route names more of them in
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

/// Headers that would act on everything that shares the gateway's origin, that say what only the gateway says, or that
/// let shared caches keep what `Cache-Control` forbids them.
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

/// Families of such headers. `Secure-Session-*`, once `Sec-Session-*`, binds a session to the browser's device.
const WITHHELD_PREFIXES: &[&str] = &[
    "access-control-",
    "ad-auction-",
    "attribution-reporting-",
    "ostiary-",
    "sec-session-",
    "secure-session-",
];

/// What is changed about the head of an answer, and what is asked of its body. Status and body stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    /// Headers to remove, before any is set.
    pub remove: Vec<String>,
    /// Headers to set or to add a line of, in this order.
    pub add: Vec<(Cow<'static, str>, String)>,
    /// The status; `None` where the upstream's stays.
    pub status: Option<u16>,
    /// For how long its body may stand still, in milliseconds.
    pub idle_timeout: Option<u32>,
    /// What is done to the links in its body; `None` where they stay as they are.
    pub body: Option<BodyEdit>,
    /// The names of the secrets that were found in the head.
    pub redacted: Vec<String>,
}

/// Headers about the bytes of a body, which are others once its links have been rewritten. `ETag` is not among them: the
/// same representation has the same links at the same mount, so it names the rewritten bytes as well.
const ABOUT_THE_BODY: &[&str] = &[
    "accept-ranges",
    "content-digest",
    "content-encoding",
    "content-length",
    "content-md5",
    "digest",
    "repr-digest",
    "x-goog-hash",
    "x-ms-content-crc64",
];

/// The same, for a family.
const ABOUT_THE_BODY_PREFIX: &str = "x-amz-checksum-";

/// Decides what is changed.
///
/// 1. Hop-by-hop headers go, those that `Connection` lists too (RFC 9110 §7.6.1).
/// 2. What would act on the gateway's whole origin goes; so do cookies, unless the route passes them on.
/// 3. `Location`, `Link` and the other headers that hold URLs lead to the mount, and hold no credential. Few responses
///    have one, so what they are rewritten by is asked for only then. So do the links in a body, where the route says so.
/// 4. Answers to authenticated calls are private, unless the upstream was stricter or the route says otherwise.
/// 5. The request's id is set.
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
            let is_about =
                |name: &&str| ABOUT_THE_BODY.contains(name) || name.starts_with(ABOUT_THE_BODY_PREFIX);
            edits.remove.extend(answer.header_names().filter(is_about).map(str::to_owned));
            edits.body = Some(BodyEdit { coding, links: links.in_body() });
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
    /// The names of the headers that the edited response has. A name can come twice.
    pub fn header_names<'n>(&'n self, response: &'n impl UpstreamResponse) -> impl Iterator<Item = &'n str> {
        let kept = response.header_names().filter(|name| !self.remove.iter().any(|removed| removed == name));
        kept.chain(self.add.iter().map(|(name, _)| name.as_ref()))
    }

    fn rewrite_links(&mut self, answer: &impl UpstreamResponse, linking: &[&str], links: &Links<'_>) {
        let resolve = |reference: &str| answer.resolve(reference, links.sent.expose());
        for name in linking {
            let Some(value) = answer.header(name) else { continue };
            let rewritten = match *name {
                "link" => links.rewrite_header(value, &resolve),
                "refresh" => links.rewrite_refresh(value, &resolve),
                _ => links.rewrite(value, &resolve),
            };
            self.replace(name, value, rewritten);
        }
    }

    fn replace(&mut self, name: &str, old: &str, new: Option<String>) {
        // What `Connection` lists is removed, and added again where the gateway has a word in it.
        if new.as_deref() == Some(old) && !self.remove.iter().any(|removed| removed == name) {
            return;
        }
        self.remove.push(name.to_owned());
        self.add.extend(new.map(|new| (name.to_owned().into(), new)));
    }
}
