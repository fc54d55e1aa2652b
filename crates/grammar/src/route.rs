//! One route of `[routes.NAME]`.
//!
//! The file is longer than others, because a route has many keys.

use super::allow;
use super::auth::Auth;
use super::callers::{Callers, LocatedProof};
use super::diagnostic::Findings;
use super::document::{Entry, Located, Table, Value};
use super::failover::{self, RetryPolicy};
use super::file::Span;
use super::header::{self, Purpose};
use super::keys;
use super::template::{CallerValues, Declared, ValuesOf};
use super::{copy_bucket, cors, rate_limit, redact, rewrite_body, token_in, unit, upstream};
use ostiary_core::configuration::{
    CopyBucket, Cors, Excepted, Grant, Grantee, HmacProof, Placement, RateLimit, Retry, Route, SecretId,
    Text, TokenPlace, Upstream,
};
use ostiary_core::http::header_name::{HeaderName, fold};
use ostiary_core::request::trace::TRACE_HEADERS;

const TIMEOUT: &str = "timeout = \"100s\"";
const IDLE_TIMEOUT: &str = "idle_timeout = \"60s\"";
const MAX_BODY: &str = "max_body = \"10MiB\"";
const BODY_LIMIT: &str = "body_limit = \"1MiB\"";
const DEFAULT_BODY_LIMIT: u32 = 1024 * 1024;
/// A Worker has 128 MB for all requests that it handles at one time.
const LARGEST_BODY_LIMIT: u64 = 16 * unit::MEBIBYTE;
const DEFAULT_TIMEOUT: u32 = 100_000;
/// More than Cloudflare allows on any plan.
const LARGEST_BODY: u64 = 5 * 1024 * unit::MEBIBYTE;

/// A route, and the positions of its name and its secrets.
pub(crate) struct LocatedRoute<'t> {
    pub(crate) name: Located<'t>,
    pub(crate) secrets: Vec<(SecretId, Span)>,
    /// The position of `cookies = true`.
    pub(crate) cookies: Option<Span>,
    /// `None` if it has an error.
    pub(crate) route: Option<Route>,
}

/// Reads the keys of one route.
pub(crate) struct RouteReader<'r, 't, 'f> {
    pub(crate) name: Located<'t>,
    pub(crate) table: &'r Table<'t>,
    pub(crate) declared: &'r Declared<'r>,
    pub(crate) findings: &'r mut Findings<'f>,
}

/// Who may use the route, and what each of these callers adds.
struct Access<'c> {
    allow: Vec<Grant>,
    /// The auth with a caller's own values.
    own: Vec<(Grantee, Auth)>,
    signed: Vec<&'c HmacProof>,
    is_ambient: bool,
}

/// The keys that can be read although the upstream or the auth has an error.
#[expect(clippy::struct_excessive_bools, reason = "each is a key of the route")]
struct Options {
    timeout: Option<u32>,
    idle_timeout: Option<u32>,
    max_body: Option<u64>,
    retry: Option<Retry>,
    rate_limit: Vec<RateLimit>,
    cors: Option<Cors>,
    headers: Headers,
    strip_query: Vec<Text>,
    rewrite_body: Vec<Text>,
    encoded_slash: bool,
    copy_bucket: Option<CopyBucket>,
    shared_cache: bool,
    timing: bool,
    redact: (bool, Vec<Excepted>),
    cookies: bool,
    token_in: Option<Vec<TokenPlace>>,
}

/// The headers that the route treats in its own way, and their positions.
struct Headers {
    strip: Vec<(Span, HeaderName)>,
    forward: Vec<(Span, HeaderName)>,
    link: Vec<(Span, HeaderName)>,
    forward_trace: bool,
}

impl<'t> RouteReader<'_, 't, '_> {
    /// Reads the route. `whole_hosts` says whether each of its mounts is a host without a path.
    pub(crate) fn read(mut self, callers: &Callers<'_>, whole_hosts: bool, route: &mut LocatedRoute<'_>) {
        self.table.reject_unknown_keys(&keys::ROUTE, &[], self.findings);
        let upstream = self
            .required("upstream", "upstream = \"https://api.example.com\"")
            .and_then(|entry| upstream::read_route(entry.value, self.declared, self.findings));
        let auth = self
            .required("auth", "auth = { bearer = \"${secret}\" }` or `auth = []")
            .and_then(|entry| Auth::read(entry, CallerValues::Any, self.declared, self.findings));
        let access = self.access(auth.as_ref(), callers);
        let options = self.options(auth.as_ref(), &access, whole_hosts);
        route.cookies = self.value("cookies").filter(|_| options.cookies && whole_hosts).map(Value::span);
        route.secrets = auth.as_ref().map(|auth| auth.secrets.clone()).unwrap_or_default();
        route.secrets.extend(access.own.iter().flat_map(|(_, own)| own.secrets.iter().copied()));
        let retry_policy = self.retry_policy(auth.as_ref(), &route.secrets);
        let (Some(auth), Some(upstream)) = (auth, upstream) else { return };
        route.route = Some(self.whole(upstream, auth, access, options, retry_policy));
    }

    fn access<'c>(&mut self, auth: Option<&Auth>, callers: &'c Callers<'_>) -> Access<'c> {
        let allow = self
            .required("allow", &format!("[routes.{}.allow]` with `caller = [\"GET /**\"]", self.name.text))
            .map(|entry| allow::read(entry, callers, self.findings))
            .unwrap_or_default();
        let own = auth.map(|auth| self.own_auths(auth, callers, &allow)).unwrap_or_default();
        let signed = signatures(callers, &allow);
        let is_ambient = allow.iter().any(|grant| callers.is_ambient(grant.to));
        Access { allow, own, signed, is_ambient }
    }

    fn options(&mut self, auth: Option<&Auth>, access: &Access<'_>, whole_hosts: bool) -> Options {
        Options {
            timeout: self.duration("timeout", TIMEOUT),
            idle_timeout: self.duration("idle_timeout", IDLE_TIMEOUT),
            max_body: self.value("max_body").and_then(|value| {
                let text = value.string(MAX_BODY, self.findings)?;
                unit::size(&text, LARGEST_BODY, self.findings)
            }),
            retry: self.value("retry").and_then(|value| failover::retry(value, self.findings)),
            rate_limit: self
                .value("rate_limit")
                .map(|value| rate_limit::read(value, &self.declared.deployment, self.findings))
                .unwrap_or_default(),
            cors: self.value("cors").and_then(|value| cors::read(value, self.findings)),
            headers: self.edited_headers(&access.signed),
            strip_query: self.strip_query(&access.signed),
            rewrite_body: self
                .value("rewrite_body")
                .map(|value| rewrite_body::read(value, self.findings))
                .unwrap_or_default(),
            encoded_slash: self.flag("encoded_slash"),
            copy_bucket: self.value("copy_bucket").and_then(|value| copy_bucket::read(value, self.findings)),
            shared_cache: self.shared_cache(auth),
            timing: self.flag("timing"),
            redact: self.redact(auth, &access.own),
            cookies: self.cookies(whole_hosts),
            token_in: self.value("token_in").map(|value| {
                let placements = auth.map_or(&[][..], |auth| &auth.placements);
                token_in::read(value, placements, self.findings)
            }),
        }
    }

    /// The route, once each of its parts has been read.
    fn whole(
        mut self,
        (upstream, service): (Upstream, Option<Text>),
        auth: Auth,
        mut access: Access<'_>,
        options: Options,
        RetryPolicy { failover, replay_limit }: RetryPolicy,
    ) -> Route {
        if let Some(at) = auth.certificate.filter(|_| service.is_some()) {
            let message = "a service of the account gets no client certificate";
            self.findings.error(at, message, "remove `mtls`, or write the URL of a server");
        }
        let body_limit = self.body_limit(&auth, access.signed.iter().any(|hmac| hmac.buffers_request_body()));
        let at = self.value("upstream").map_or(self.name.span, Value::span);
        auth.check_paths(&upstream, at, self.findings);
        for grant in &mut access.allow {
            let own = access.own.iter().find(|(to, _)| *to == grant.to);
            grant.auth = own.map(|(_, own)| own.placements.clone().into());
        }
        let own: Vec<_> = access.allow.iter().filter_map(|grant| grant.auth.clone()).collect();
        let token_in = options
            .token_in
            .unwrap_or_else(|| token_in::default_places(&auth.placements, &own, access.is_ambient));
        self.check_forwarded(&options.headers.forward, &auth, &token_in);
        let (redact, redact_except) = options.redact;
        Route {
            name: Text::Owned(self.name.text.to_owned()),
            upstream,
            service,
            timeout: options.timeout.unwrap_or(DEFAULT_TIMEOUT),
            idle_timeout: options.idle_timeout,
            max_body: options.max_body,
            failover,
            retry: options.retry,
            replay_limit,
            body_limit,
            rate_limit: options.rate_limit.into(),
            cors: options.cors,
            auth: auth.placements.into(),
            token_in: token_in.into(),
            allow: access.allow.into(),
            strip_headers: names(options.headers.strip).into(),
            strip_query: options.strip_query.into(),
            forward_headers: names(options.headers.forward).into(),
            link_headers: names(options.headers.link).into(),
            rewrite_body: options.rewrite_body.into(),
            encoded_slash: options.encoded_slash,
            copy_bucket: options.copy_bucket,
            cookies: options.cookies,
            shared_cache: options.shared_cache,
            forward_trace: options.headers.forward_trace,
            timing: options.timing,
            redact,
            redact_except: redact_except.into(),
        }
    }

    fn edited_headers(&mut self, signed: &[&HmacProof]) -> Headers {
        let mut strip = self.headers("strip_headers", Purpose::Strip);
        let forward = self.headers("forward_headers", Purpose::Forward);
        for (at, header) in &forward {
            if strip.iter().any(|(_, stripped)| stripped == header) {
                let message = format!("the header `{header}` is in `strip_headers` too");
                self.findings.error(*at, &message, "remove it from one of the two");
            }
        }
        let forward_trace = self.value("forward_trace").and_then(|value| value.boolean(self.findings));
        let forward_trace = forward_trace.unwrap_or(true);
        if !forward_trace {
            let names = TRACE_HEADERS.iter().filter_map(|name| HeaderName::parse(name).ok());
            strip.extend(names.map(|name| (self.name.span, name)));
        }
        let signed = signed.iter().flat_map(|hmac| hmac.headers());
        for header in signed.filter_map(|name| HeaderName::parse(name).ok()) {
            self.check_signed(&header, &forward);
            if !strip.iter().any(|(_, stripped)| *stripped == header) {
                strip.push((self.name.span, header));
            }
        }
        Headers { strip, forward, link: self.headers("link_headers", Purpose::Link), forward_trace }
    }

    fn shared_cache(&mut self, auth: Option<&Auth>) -> bool {
        let shared_cache = self.flag("shared_cache");
        let takes_values = auth.is_some_and(|auth| !auth.caller_values.is_empty());
        if let Some(value) = self.value("shared_cache").filter(|_| shared_cache && takes_values) {
            let message = "callers have keys of their own here, and a shared cache would give one the response of another";
            self.findings.error(value.span(), message, "remove it");
        }
        shared_cache
    }

    /// Whether responses are redacted, and the exceptions.
    fn redact(&mut self, auth: Option<&Auth>, own: &[(Grantee, Auth)]) -> (bool, Vec<Excepted>) {
        let placements = auth.map(|auth| {
            let own = own.iter().flat_map(|(_, own)| own.placements.iter());
            auth.placements.iter().chain(own).collect::<Vec<_>>()
        });
        self.value("redact").map_or((true, Vec::new()), |value| {
            redact::read(value, placements.as_deref(), self.declared, self.findings)
        })
    }

    fn cookies(&mut self, whole_hosts: bool) -> bool {
        let cookies = self.flag("cookies");
        if let Some(value) = self.value("cookies").filter(|_| cookies && !whole_hosts) {
            let message = "cookies of a mount with a path, or without a host, would reach the other routes of \
                           its origin";
            self.findings.error(value.span(), message, "mount the route on hosts of its own, or remove it");
        }
        cookies
    }

    fn retry_policy(&mut self, auth: Option<&Auth>, secrets: &[(SecretId, Span)]) -> RetryPolicy {
        let sources = |(secret, _): &(SecretId, Span)| self.declared.secrets.sources(*secret).len();
        let has_next_source = secrets.iter().map(sources).any(|sources| sources > 1)
            || auth.is_some_and(Auth::has_next_certificate);
        // An error in the auth has been reported already.
        self.table.get("failover").filter(|_| auth.is_some()).map_or_else(
            || failover::default(has_next_source),
            |entry| failover::read(entry, has_next_source, self.findings),
        )
    }

    /// The auth with the values of each caller that the route admits, where it uses some.
    fn own_auths(&mut self, auth: &Auth, callers: &Callers<'_>, allow: &[Grant]) -> Vec<(Grantee, Auth)> {
        let Some((name, at)) = auth.caller_values.first() else { return Vec::new() };
        let mut own = Vec::new();
        for grant in allow {
            let caller = match grant.to {
                Grantee::Caller(id) => callers.get(id),
                Grantee::Anyone => {
                    let message =
                        format!("the route `{}` admits `anyone`, who has no value `{name}`", self.name.text);
                    let instead = "remove `anyone` from `allow`, and mount another route for everyone";
                    self.findings.error(*at, &message, instead);
                    None
                }
            };
            let (Some(caller), Some(entry)) = (caller, self.table.get("auth")) else { continue };
            let values = ValuesOf { route: self.name.text, caller: caller.name.text, values: &caller.values };
            let read = Auth::read(entry, CallerValues::Of(&values), self.declared, self.findings);
            own.extend(read.map(|read| (grant.to, read)));
        }
        own
    }

    /// The largest body that is read before it is sent, in bytes.
    fn body_limit(&mut self, auth: &Auth, is_signed: bool) -> u32 {
        let Some(entry) = self.table.get("body_limit") else { return DEFAULT_BODY_LIMIT };
        if !is_signed && !auth.placements.iter().any(Placement::buffers_request_body) {
            let message = "nothing in the route's `auth` reads the body of a request, and no caller signs it";
            self.findings.error(entry.key.span, message, "remove it, or write `max_body`");
        }
        let text = entry.value.string(BODY_LIMIT, self.findings);
        let limit = text.and_then(|text| unit::size(&text, LARGEST_BODY_LIMIT, self.findings));
        limit.and_then(|limit| u32::try_from(limit).ok()).unwrap_or(DEFAULT_BODY_LIMIT)
    }

    /// A header that a caller's signature is in is removed.
    fn check_signed(&mut self, header: &HeaderName, forwarded: &[(Span, HeaderName)]) {
        let twin = header::twin(header);
        for (at, name) in forwarded.iter().filter(|(_, name)| header::twin(name) == twin) {
            let message =
                format!("the header `{name}` belongs to the signature of a caller, so it is always removed");
            self.findings.error(*at, &message, "remove it, or have the caller sign in another header");
        }
    }

    /// A header that the gateway sets or removes cannot be forwarded.
    fn check_forwarded(&mut self, forwarded: &[(Span, HeaderName)], auth: &Auth, token_in: &[TokenPlace]) {
        for (at, header) in forwarded {
            let twin = header::twin(header);
            if auth.placements.iter().any(|placement| placement.sets_header(|set| fold(set) == twin)) {
                let message = format!("the header `{header}` is set by the route's `auth`");
                self.findings.error(*at, &message, "remove it");
            } else if token_in.iter().any(|place| match place {
                TokenPlace::Bearer | TokenPlace::Basic | TokenPlace::SigV4 => twin == "authorization",
                TokenPlace::Header { name, .. } => header::twin(name) == twin,
                TokenPlace::Query { .. }
                | TokenPlace::Subprotocol { .. }
                | TokenPlace::NextSubprotocol { .. } => false,
            }) {
                let message =
                    format!("the header `{header}` is where callers show tokens, so it is always removed");
                self.findings.error(*at, &message, "remove it, or write a `token_in` without that place");
            }
        }
    }

    fn headers(&mut self, key: &str, purpose: Purpose) -> Vec<(Span, HeaderName)> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let mut headers: Vec<(Span, HeaderName)> = Vec::new();
        for element in value.array(&format!("{key} = [\"x-name\"]"), self.findings).unwrap_or_default() {
            let Some(text) = element.string(&format!("{key} = [\"x-name\"]"), self.findings) else {
                continue;
            };
            let Some(header) = header::parse(&text, text.text, purpose, self.findings) else { continue };
            if headers.iter().any(|(_, earlier)| *earlier == header) {
                self.findings.error(text.span, &format!("`{}` is listed twice", text.text), "remove one");
            } else {
                headers.push((text.span, header));
            }
        }
        headers
    }

    /// The query parameters that are removed, those of the callers' signatures among them.
    fn strip_query(&mut self, signed: &[&HmacProof]) -> Vec<Text> {
        const EXAMPLE: &str = "strip_query = [\"api_key\"]";
        let value = self.value("strip_query");
        let names = value.map(|value| value.strings(EXAMPLE, self.findings)).unwrap_or_default();
        for name in names.iter().filter(|name| name.text.is_empty()) {
            self.findings.error(name.span, "the query parameter has no name", &format!("write `{EXAMPLE}`"));
        }
        let mut names: Vec<_> = names.into_iter().map(|name| Text::Owned(name.text.to_owned())).collect();
        for name in signed.iter().flat_map(|hmac| hmac.parameters()) {
            if !names.iter().any(|stripped| stripped == name) {
                names.push(Text::Owned(name.to_owned()));
            }
        }
        names
    }

    fn duration(&mut self, key: &str, example: &str) -> Option<u32> {
        let text = self.value(key)?.string(example, self.findings)?;
        unit::duration(&text, self.findings)
    }

    fn flag(&mut self, key: &str) -> bool {
        self.value(key).and_then(|value| value.boolean(self.findings)).unwrap_or_default()
    }

    fn value(&self, key: &str) -> Option<Value<'t>> {
        self.table.value(key)
    }

    fn required(&mut self, key: &str, example: &str) -> Option<Entry<'t>> {
        let owner = format!("the route `{}`", self.name.text);
        self.table.required(key, &owner, self.name.span, example, self.findings)?;
        self.table.get(key)
    }
}

/// How callers of a route sign their requests.
fn signatures<'c>(callers: &'c Callers<'_>, allow: &[Grant]) -> Vec<&'c HmacProof> {
    let caller = |grant: &Grant| match grant.to {
        Grantee::Caller(id) => callers.get(id),
        Grantee::Anyone => None,
    };
    let proofs = allow.iter().filter_map(caller).filter_map(|caller| caller.proof.as_ref());
    let signed = proofs.filter_map(|proof| match proof {
        LocatedProof::Hmac(hmac, _) => Some(&**hmac),
        _ => None,
    });
    signed.collect()
}

fn names(headers: Vec<(Span, HeaderName)>) -> Vec<HeaderName> {
    headers.into_iter().map(|(_, header)| header).collect()
}

#[cfg(test)]
mod tests {
    use super::super::example::accepted;
    use ostiary_core::configuration::Forms;

    #[test]
    fn a_trace_is_forwarded_unless_the_route_says_otherwise() {
        let with = |line: &str| {
            let checked = accepted("mount = \"/stripe\"", &format!("mount = \"/stripe\"\n{line}"));
            let route = &checked.gateway.routes[0];
            (route.forward_trace, route.strip_headers.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(with(""), (true, vec![]));
        assert_eq!(with("forward_trace = true"), (true, vec![]));
        let names = ["x-a", "baggage", "traceparent", "tracestate", "x-request-id"].map(str::to_owned);
        assert_eq!(with("forward_trace = false\nstrip_headers = [\"x-a\"]"), (false, names.to_vec()));
    }

    #[test]
    fn case_74_a_worker_checks_second_resources_where_a_method_can_copy() {
        for (rule, is_checked) in [
            ("GET /**", false),
            ("GET,HEAD,OPTIONS,POST,QUERY /**", false),
            ("PUT /**", true),
            ("PATCH /**", true),
            ("COPY /**", true),
            ("* /**", true),
        ] {
            let checked = accepted("ci = [\"GET /v1/balance\"]", &format!("ci = [\"{rule}\"]"));
            assert_eq!(Forms::used_by(&checked.gateway).second_resources, is_checked, "{rule}");
        }
    }

    #[test]
    fn reads_every_option() {
        let options = r#"mount = "/stripe"
timeout = "30s"
idle_timeout = "1m"
max_body = "10MiB"
token_in = ["query:k"]
strip_headers = ["X-A"]
strip_query = ["b c"]
forward_headers = ["X-Api-Key", "Origin"]
link_headers = ["X-Upload"]
rewrite_body = ["Application/JSON", "text/html"]
encoded_slash = true
shared_cache = true
timing = true
redact = false"#;
        let checked = accepted("mount = \"/stripe\"", options);
        let route = &checked.gateway.routes[0];
        assert_eq!((route.timeout, route.idle_timeout), (30_000, Some(60_000)));
        assert_eq!(route.max_body, Some(10_485_760));
        assert_eq!(route.strip_headers[0].as_str(), "x-a");
        assert_eq!(route.strip_query.as_ref(), ["b c"]);
        assert_eq!(route.forward_headers[0].as_str(), "x-api-key");
        assert_eq!(route.link_headers[0].as_str(), "x-upload");
        assert_eq!(route.rewrite_body.as_ref(), ["application/json", "text/html"]);
        assert!(route.timing);
        assert!(route.encoded_slash && route.shared_cache && !route.cookies && !route.redact);
    }
}
