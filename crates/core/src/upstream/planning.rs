//! Step 6: makes the plan of an attempt from the request and one credential.

use crate::authentication::proved::ProvedTokens;
use crate::configuration::{Failover, Route, SigV4, TokenPlace, UpstreamUrl};
use crate::http::cdn_loop::CdnId;
use crate::http::cookie::without_cookies;
use crate::http::header_name::fold;
use crate::http::host::Host;
use crate::http::method::Method;
use crate::http::path::Below;
use crate::http::query::Parameter;
use crate::http::range::ByteRange;
use crate::http::{charset, query, subprotocol};
use crate::request::destination;
use crate::runtime::plan::Plan;
use crate::runtime::{RequestHead, UpstreamResponse};
use crate::secret_value::SecretValue;
use crate::secrets::credential::Credential;
use crate::upstream::header_filter::{HeaderFilter, SUDO};
use crate::upstream::subprotocols::Subprotocols;

/// Request headers that ask for a response that cannot be searched for a secret: another encoding or coding, also of
/// messages within the body (gRPC, Connect) or with a dictionary (RFC 9842); a delta (RFC 3229 §10.5.3); a header that
/// Apache httpd reads as `Range`; or a digest of a body that redaction may change (RFC 9530).
const NEGOTIATES: &[&str] = &[
    "a-im",
    "accept-charset",
    "accept-encoding",
    "available-dictionary",
    "connect-accept-encoding",
    "dictionary-id",
    "grpc-accept-encoding",
    "request-range",
    "want-content-digest",
    "want-digest",
    "want-repr-digest",
    "x-amz-checksum-mode",
    "x-ms-range-get-content-crc64",
    "x-ms-range-get-content-md5",
];

/// The query parameter in which Google's servers read further headers of a request. It is never forwarded, because it
/// could name each header that is removed (<https://github.com/google/closure-library>, `goog.net.rpc.HttpCors`).
const HEADERS_IN_QUERY: &str = "$httpheaders";

/// The header that Azure Storage prefers to `Range`.
const AZURE_RANGE: &str = "x-ms-range";

/// The parts of a plan that do not depend on the credential.
pub struct Forward<'a, H> {
    /// The caller's request.
    pub head: &'a H,
    /// The host of the request.
    pub host: &'a Host,
    /// Its method.
    pub method: Method,
    /// The path below the mount.
    pub path: Below<'a>,
    /// Its query.
    pub query: Option<&'a str>,
    /// Whether the request may have a body.
    pub has_body: bool,
    /// The value of its `Content-Length`, in bytes.
    pub length: Option<u64>,
    /// Whether the request asks for a WebSocket.
    pub is_upgrade: bool,
    /// The route of the request.
    pub route: &'a Route,
    /// The upstream of the route.
    pub upstream: &'a UpstreamUrl,
    /// The tokens of the caller. No header and no parameter with one of them is forwarded.
    pub tokens: &'a ProvedTokens,
    /// The path of `Destination` below the mount, for a method that has one.
    pub destination: Option<&'a str>,
    /// Whether the response is searched for the secrets that are injected. Its body is, where one of them is long
    /// enough ([`InjectedSecrets::is_searched_in_bodies`](crate::redaction::InjectedSecrets::is_searched_in_bodies)); a
    /// later attempt may send a longer one.
    pub redacts: bool,
}

impl<H: RequestHead> Forward<'_, H> {
    /// Makes the plan. Headers are removed first and set afterwards, so that a caller cannot have a header of the
    /// gateway removed (CVE-2024-45410, CVE-2025-48865).
    #[must_use]
    pub fn plan(&self, credential: &Credential<'_>) -> Plan {
        let mut remove = Vec::new();
        let mut set: Vec<(String, SecretValue)> = Vec::with_capacity(credential.headers.len() + 2);
        let header_filter = self.header_filter();
        for name in self.head.header_names() {
            match self.fate(&header_filter, credential, name) {
                Fate::Forwarded => {}
                Fate::Removed => remove.push(name.to_owned()),
                Fate::Replaced(value) => set.push((name.to_owned(), value)),
            }
        }
        for (name, value) in &credential.headers {
            set.push(((*name).to_owned(), SecretValue::new(value.expose().to_owned())));
        }
        let seen = self.head.header("cdn-loop").filter(|seen| !self.tokens.are_in(seen.as_bytes()));
        let cdn_loop = CdnId::new(self.host).appended_to(seen);
        set.push(("cdn-loop".to_owned(), SecretValue::new(cdn_loop)));
        let is_condition_in_body = self.route.failover.as_ref().is_some_and(Failover::inspects_response);
        let inspects_response =
            self.searches_response() || self.route.idle_timeout.is_some() || is_condition_in_body;
        if inspects_response {
            // The runtime decodes the body to read it. Coding it again would delay each server-sent event until the
            // next one.
            set.push(("accept-encoding".to_owned(), SecretValue::new("identity".to_owned())));
        }
        if self.is_upgrade {
            set.push(("upgrade".to_owned(), SecretValue::new("websocket".to_owned())));
        }
        Plan {
            method: self.method,
            fetcher: credential.certificate.or(self.route.service.as_ref()).cloned(),
            url: self.url(credential),
            remove,
            set,
            has_body: self.has_body,
            body: None,
            replay_limit: 0,
            max_body: self.route.max_body,
            timeout: self.route.timeout,
            inspects_response,
        }
    }

    /// Whether the body of the response is searched, for secrets or for links.
    fn searches_response(&self) -> bool {
        self.redacts || !self.route.rewrite_body.is_empty()
    }

    /// Whether the request header with this lower-case name is forwarded.
    #[must_use]
    pub fn forwards(&self, name: &str) -> bool {
        !matches!(self.fate(&self.header_filter(), &Credential::default(), name), Fate::Removed)
    }

    /// The subprotocol that the gateway selects, if the upstream was offered none.
    #[must_use]
    pub fn selected_subprotocol(&self, response: &impl UpstreamResponse) -> Option<&str> {
        if !response.is_web_socket() || response.header(subprotocol::HEADER).is_some() {
            return None;
        }
        let Subprotocols { forwarded, own, .. } = self.subprotocols(self.head.header(subprotocol::HEADER)?);
        own.filter(|_| forwarded.is_empty())
    }

    fn header_filter(&self) -> HeaderFilter<'_> {
        HeaderFilter::new(self.route, self.head.header("connection"))
    }

    fn subprotocols<'h>(&self, value: &'h str) -> Subprotocols<'h> {
        Subprotocols::new(value, &self.route.token_in, self.tokens)
    }

    /// Decides how a request header is handled. From a list of subprotocols or cookies, only those that carry a token
    /// are removed.
    fn fate(&self, header_filter: &HeaderFilter<'_>, credential: &Credential<'_>, name: &str) -> Fate {
        if header_filter.removes(name) || (self.searches_response() && self.negotiates(name)) {
            return Fate::Removed;
        }
        if self.searches_response() && name == "accept" {
            return self.accept();
        }
        if name == destination::HEADER {
            if let Some(path) = self.destination {
                let base = self.filled_base(credential);
                let base = base.as_ref().map_or(self.upstream.base.as_ref(), SecretValue::expose);
                return Fate::Replaced(SecretValue::new([&self.upstream.origin, base, path].concat()));
            }
            // It has not been checked: only COPY and MOVE have a destination.
            if !self.route.forward_headers.iter().any(|forwarded| forwarded.as_str() == name) {
                return Fate::Removed;
            }
        }
        let value = self.head.header(name).unwrap_or_default();
        if name == subprotocol::HEADER {
            let Subprotocols { forwarded, carry_token, .. } = self.subprotocols(value);
            return if carry_token { Fate::without_token(forwarded.join(", ")) } else { Fate::Forwarded };
        }
        if !self.tokens.are_in(value.as_bytes()) {
            return if self.tokens.are_in_name(name) { Fate::Removed } else { Fate::Forwarded };
        }
        if name == "cookie" {
            return Fate::without_token(without_cookies(value, |cookie| {
                self.tokens.are_in(cookie.as_bytes())
            }));
        }
        Fate::Removed
    }

    /// Whether this header asks for a response that cannot be searched.
    fn negotiates(&self, name: &str) -> bool {
        let folded = fold(name);
        // For PUT and PATCH this header is the range to write (Azure page blobs), and not a range of the response.
        let writes = matches!(self.method, Method::Put | Method::Patch);
        match folded.as_ref() {
            "range" | AZURE_RANGE if writes && folded == name => false,
            "if-range" => folded != name || self.range().is_none(),
            "range" | AZURE_RANGE => self.range().is_none_or(|(asking, _)| asking != name),
            folded => NEGOTIATES.contains(&folded),
        }
    }

    /// The byte range that the request asks for, and the name of its header. `None`, so that the whole body is
    /// requested, for several ranges, for methods other than GET (RFC 9110 §14.2), and where links in the body are
    /// rewritten.
    #[must_use]
    pub fn range(&self) -> Option<(&'static str, ByteRange)> {
        let is_whole = self.method != Method::Get || !self.route.rewrite_body.is_empty();
        let header_filter = self.header_filter();
        let asked = |name| Some((name, self.head.header(name)?)).filter(|_| !header_filter.removes(name));
        let (name, value) = asked(AZURE_RANGE).or_else(|| asked("range")).filter(|_| !is_whole)?;
        Some((name, ByteRange::parse(value)?))
    }

    /// Removes charsets that cannot be searched from `Accept`.
    fn accept(&self) -> Fate {
        let value = self.head.header("accept").unwrap_or_default();
        if self.tokens.are_in(value.as_bytes()) {
            return Fate::Removed;
        }
        let without = charset::without_unsearchable(value);
        // A server that does not parse quoted strings could find a charset in one.
        if !charset::is_searchable(&without) {
            return Fate::Removed;
        }
        if without == value { Fate::Forwarded } else { Fate::Replaced(SecretValue::new(without)) }
    }

    /// Whether a query parameter is not forwarded.
    fn drops(&self, parameter: Parameter<'_>) -> bool {
        drops(self.route, &parameter.name()) || self.tokens.are_in(&parameter.decoded())
    }

    /// The URL with the values that this credential adds.
    ///
    /// The origin is followed by a slash, so everything after it is path and query. A caller cannot change the origin.
    #[must_use]
    pub fn url(&self, credential: &Credential<'_>) -> SecretValue {
        self.url_with(credential, &credential.parameters)
    }

    /// The same URL without the credential's query parameters. It includes the values in the base path.
    #[must_use]
    pub fn url_without_parameters(&self, credential: &Credential<'_>) -> SecretValue {
        self.url_with(credential, &[])
    }

    fn url_with(&self, credential: &Credential<'_>, parameters: &[(&str, SecretValue)]) -> SecretValue {
        let query = self.query.and_then(|query| query::without(query, |parameter| self.drops(parameter)));
        let encoded = |(name, value): &(&str, SecretValue)| 3 * (name.len() + value.expose().len()) + 2;
        let room =
            parameters.iter().map(encoded).sum::<usize>() + query.as_ref().map_or(0, |query| query.len());
        // Reserving the whole length avoids reallocation, which would leave copies of a secret in freed memory.
        let mut whole = String::with_capacity(room);
        whole.push_str(query.as_deref().unwrap_or_default());
        for (name, value) in parameters {
            query::append(&mut whole, name, value.expose());
        }
        let whole = SecretValue::new(whole);
        let mark = if query.is_some() || !parameters.is_empty() { "?" } else { "" };
        let base = self.filled_base(credential);
        let base = base.as_ref().map_or(self.upstream.base.as_ref(), SecretValue::expose);
        let pieces = [&self.upstream.origin, base, self.path.raw(), mark, whole.expose()];
        SecretValue::new(pieces.concat())
    }

    /// The upstream's base path with the values of the credential; `None` if the credential adds none there.
    #[must_use]
    pub fn filled_base(&self, credential: &Credential<'_>) -> Option<SecretValue> {
        credential.fill.map(|fill| fill(self.upstream, &credential.segments))
    }
}

/// How a request header is handled.
enum Fate {
    Forwarded,
    Removed,
    Replaced(SecretValue),
}

impl Fate {
    /// The fate of a list from which an element was removed.
    fn without_token(rest: String) -> Self {
        if rest.is_empty() { Self::Removed } else { Self::Replaced(SecretValue::new(rest)) }
    }
}

/// Whether a parameter with this decoded name is not forwarded. This covers every name that a server could read as the
/// name of a parameter that the gateway sets or removes.
fn drops(route: &Route, name: &[u8]) -> bool {
    let is = |other: &str| query::is_same_name(name, other.as_bytes());
    let forwards_sudo = || route.forward_headers.iter().any(|header| header.as_str() == SUDO);
    is(HEADERS_IN_QUERY)
        || (is(SUDO) && !forwards_sudo())
        || route.strip_query.iter().any(|stripped| is(stripped))
        || route.auth.iter().any(|placement| placement.sets_parameter(is))
        || route.token_in.iter().any(|place| match place {
            TokenPlace::Query { name, .. } => is(name),
            TokenPlace::SigV4 => SigV4::parameters().iter().any(|parameter| is(parameter)),
            _ => false,
        })
}
