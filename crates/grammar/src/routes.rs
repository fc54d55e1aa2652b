//! `[routes.NAME]`.
//!
//! The file is longer than others, because a route has many keys. They are read in the order of the documentation.

use super::allow;
use super::auth::Auth;
use super::callers::{Callers, LocatedProof};
use super::diagnostic::Findings;
use super::document::{Entry, Located, Table, Value};
use super::file::Span;
use super::header::{self, Purpose};
use super::keys;
use super::mount::Place;
use super::template::{CallerValues, Declared, ValuesOf};
use super::{cors, failover, name, rate_limit, redact, rewrite_body, token_in, unit, upstream};
use ostiary_core::configuration::{
    Destination, Grant, Grantee, HmacProof, Mount, Placement, Route, RouteId, SecretId, Text, TokenPlace,
};
use ostiary_core::http::header_name::HeaderName;
use ostiary_core::http::header_name::fold;
use ostiary_core::request::trace::TRACE_HEADERS;

const MOUNT: &str = "mount = \"/path\"";
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

/// The routes in the order of the file; [`RouteId`] is a position here.
#[derive(Default)]
pub(crate) struct Routes<'t> {
    read: Vec<LocatedRoute<'t>>,
    mounts: Vec<(Place, RouteId)>,
}

/// A route, and the positions of its name and its secrets.
pub(crate) struct LocatedRoute<'t> {
    pub(crate) name: Located<'t>,
    pub(crate) secrets: Vec<(SecretId, Span)>,
    /// The position of `cookies = true`.
    cookies: Option<Span>,
    /// `None` if it has an error.
    pub(crate) route: Option<Route>,
}

impl<'t> Routes<'t> {
    pub(crate) fn read(
        table: &Table<'t>,
        callers: &Callers<'_>,
        declared: &Declared<'_>,
        findings: &mut Findings<'_>,
    ) -> Self {
        let mut routes = Self::default();
        for (id, Entry { key, value }) in (0..u16::MAX).map(RouteId).zip(table.entries()) {
            name::check(key, "a route", findings);
            let mut route = LocatedRoute { name: *key, secrets: Vec::new(), cookies: None, route: None };
            if let Some(table) = value.table(&format!("[routes.{}]", key.text), findings) {
                let mounts = routes.mounts(&table, &route, findings);
                let whole_hosts = mounts.iter().all(Place::is_whole_host);
                routes.mounts.extend(mounts.into_iter().map(|place| (place, id)));
                let reader = Reader { name: *key, table: &table, declared, findings: &mut *findings };
                reader.read(callers, whole_hosts, &mut route);
            }
            routes.read.push(route);
        }
        routes.check_cookies(findings);
        routes
    }

    /// A browser sends a host's cookies to every path and every port of it (RFC 6265 §8.5), so no other route may
    /// be mounted there.
    fn check_cookies(&self, findings: &mut Findings<'_>) {
        for (place, id) in &self.mounts {
            let Some(at) = self.read.get(usize::from(id.0)).and_then(|read| read.cookies) else { continue };
            let shares = |(other, of): &&(Place, RouteId)| of != id && other.host_name() == place.host_name();
            let other = self.mounts.iter().find(shares);
            let Some(other) = other.and_then(|(_, of)| self.read.get(usize::from(of.0))) else { continue };
            let message = format!(
                "cookies of `{}` would reach the route `{}`, which is mounted there too",
                place.host_name().unwrap_or_default(),
                other.name.text
            );
            findings.error(at, &message, "mount the route on hosts of its own, or remove it");
        }
    }

    pub(crate) fn all(&self) -> &[LocatedRoute<'t>] {
        &self.read
    }

    /// The name of the first route that is mounted at this place or below it, and whether it is the same place.
    pub(crate) fn mounted_within(&self, place: &Place) -> Option<(&'t str, bool)> {
        let (mounted, id) = self.mounts.iter().find(|(mounted, _)| mounted.is_within(place))?;
        self.read.get(usize::from(id.0)).map(|read| (read.name.text, mounted == place))
    }

    /// The name of the first route that has a mount on this host, whatever its port.
    pub(crate) fn mounted_on(&self, host: &str) -> Option<&'t str> {
        let (_, id) = self.mounts.iter().find(|(mounted, _)| mounted.host_name() == Some(host))?;
        self.read.get(usize::from(id.0)).map(|read| read.name.text)
    }

    /// The mounts, most specific first and including the operator's, and the routes without errors.
    pub(crate) fn into_lists(self, operator: Option<Place>) -> (Vec<Mount>, Vec<Route>) {
        let mounts = self.mounts.into_iter().map(|(place, id)| (place, Destination::Route(id)));
        let mut mounts: Vec<_> = mounts.chain(operator.map(|place| (place, Destination::Operator))).collect();
        mounts.sort_by_key(|(place, _)| place.rank());
        let mounts = mounts.into_iter().map(|(Place { host, prefix }, to)| Mount {
            host: host.map(Text::Owned),
            prefix: prefix.into_iter().map(Text::Owned).collect(),
            to,
        });
        (mounts.collect(), self.read.into_iter().filter_map(|read| read.route).collect())
    }

    fn mounts(&self, table: &Table<'_>, route: &LocatedRoute<'_>, findings: &mut Findings<'_>) -> Vec<Place> {
        let owner = format!("the route `{}`", route.name.text);
        let value = table.required("mount", &owner, route.name.span, MOUNT, findings);
        let Some(value) = value else { return Vec::new() };
        let elements = if value.is_string() {
            vec![value]
        } else if value.is_array() {
            value.filled_array(MOUNT, findings).unwrap_or_default()
        } else {
            value.wants("a string or an array of strings", MOUNT, findings);
            Vec::new()
        };
        let mut places: Vec<Place> = Vec::new();
        for element in elements {
            let Some(text) = element.string(MOUNT, findings) else { continue };
            let Some(place) = Place::parse(&text, findings) else { continue };
            let earlier = self.mounts.iter().find(|(earlier, _)| *earlier == place);
            let earlier =
                earlier.and_then(|(_, id)| self.read.get(usize::from(id.0))).map(|read| read.name.text);
            let earlier = earlier.or_else(|| places.contains(&place).then_some(route.name.text));
            if let Some(earlier) = earlier {
                let message = format!("the route `{earlier}` is mounted there already");
                findings.error(text.span, &message, "write another mount, or remove it");
            } else {
                places.push(place);
            }
        }
        places
    }
}

struct Reader<'r, 't, 'f> {
    name: Located<'t>,
    table: &'r Table<'t>,
    declared: &'r Declared<'r>,
    findings: &'r mut Findings<'f>,
}

impl<'t> Reader<'_, 't, '_> {
    fn read(mut self, callers: &Callers<'_>, whole_hosts: bool, route: &mut LocatedRoute<'_>) {
        self.table.reject_unknown_keys(&keys::ROUTE, &[], self.findings);
        let upstream = self
            .required("upstream", "upstream = \"https://api.example.com\"")
            .and_then(|entry| upstream::read_route(entry.value, self.declared, self.findings));
        let auth = self
            .required("auth", "auth = { bearer = \"${secret}\" }` or `auth = []")
            .and_then(|entry| Auth::read(entry, CallerValues::Any, self.declared, self.findings));
        let mut allow = self
            .required("allow", &format!("[routes.{}.allow]` with `caller = [\"GET /**\"]", self.name.text))
            .map(|entry| allow::read(entry, callers, self.findings))
            .unwrap_or_default();
        let own = auth.as_ref().map(|auth| self.own_auths(auth, callers, &allow)).unwrap_or_default();
        let timeout = self.duration("timeout", TIMEOUT);
        let idle_timeout = self.duration("idle_timeout", IDLE_TIMEOUT);
        let max_body = self.value("max_body").and_then(|value| {
            let text = value.string(MAX_BODY, self.findings)?;
            unit::size(&text, LARGEST_BODY, self.findings)
        });
        let retry = self.value("retry").and_then(|value| failover::retry(value, self.findings));
        let rate_limit = self
            .value("rate_limit")
            .map(|value| rate_limit::read(value, &self.declared.deployment, self.findings));
        let cors = self.value("cors").and_then(|value| cors::read(value, self.findings));
        let mut strip_headers = self.headers("strip_headers", Purpose::Strip);
        let forward_headers = self.headers("forward_headers", Purpose::Forward);
        for (at, header) in &forward_headers {
            if strip_headers.iter().any(|(_, stripped)| stripped == header) {
                let message = format!("the header `{header}` is in `strip_headers` too");
                self.findings.error(*at, &message, "remove it from one of the two");
            }
        }
        let forward_trace = self.value("forward_trace").and_then(|value| value.boolean(self.findings));
        let forward_trace = forward_trace.unwrap_or(true);
        if !forward_trace {
            let names = TRACE_HEADERS.iter().filter_map(|name| HeaderName::parse(name).ok());
            strip_headers.extend(names.map(|name| (self.name.span, name)));
        }
        let signed = signatures(callers, &allow);
        for header in
            signed.iter().flat_map(|hmac| hmac.headers()).filter_map(|name| HeaderName::parse(name).ok())
        {
            self.check_signed(&header, &forward_headers);
            if !strip_headers.iter().any(|(_, stripped)| *stripped == header) {
                strip_headers.push((self.name.span, header));
            }
        }
        let link_headers = self.headers("link_headers", Purpose::Link);
        let rewrite_body = self.value("rewrite_body").map(|value| rewrite_body::read(value, self.findings));
        let encoded_slash = self.flag("encoded_slash");
        let shared_cache = self.flag("shared_cache");
        let takes_values = auth.as_ref().is_some_and(|auth| !auth.caller_values.is_empty());
        if let Some(value) = self.value("shared_cache").filter(|_| shared_cache && takes_values) {
            let message = "callers have keys of their own here, and a shared cache would give one the response of another";
            self.findings.error(value.span(), message, "remove it");
        }
        let timing = self.flag("timing");
        let placements = auth.as_ref().map(|auth| {
            let own = own.iter().flat_map(|(_, own)| own.placements.iter());
            auth.placements.iter().chain(own).collect::<Vec<_>>()
        });
        let redact = self
            .value("redact")
            .map(|value| redact::read(value, placements.as_deref(), self.declared, self.findings));
        let (redact, redact_except) = redact.unwrap_or((true, Vec::new()));
        let cookies = self.flag("cookies");
        if let Some(value) = self.value("cookies").filter(|_| cookies && !whole_hosts) {
            let message = "cookies of a mount with a path, or without a host, would reach the other routes of \
                           its origin";
            self.findings.error(value.span(), message, "mount the route on hosts of its own, or remove it");
        }
        route.cookies = self.value("cookies").filter(|_| cookies && whole_hosts).map(Value::span);
        let mut strip_query = self.strip_query();
        for name in signed.iter().flat_map(|hmac| hmac.parameters()) {
            if !strip_query.iter().any(|stripped| stripped == name) {
                strip_query.push(Text::Owned(name.to_owned()));
            }
        }
        let places = self.value("token_in").map(|value| {
            let placements = auth.as_ref().map_or(&[][..], |auth| &auth.placements);
            token_in::read(value, placements, self.findings)
        });
        route.secrets = auth.as_ref().map(|auth| auth.secrets.clone()).unwrap_or_default();
        route.secrets.extend(own.iter().flat_map(|(_, own)| own.secrets.iter().copied()));
        let sources = |(secret, _): &(SecretId, Span)| self.declared.secrets.sources(*secret).len();
        let has_next_source = route.secrets.iter().map(sources).any(|sources| sources > 1)
            || auth.as_ref().is_some_and(Auth::has_next_certificate);
        let failover = self.table.get("failover");
        // An error in the auth has been reported already.
        let repetition = failover.filter(|_| auth.is_some()).map_or_else(
            || failover::default(has_next_source),
            |entry| failover::read(entry, has_next_source, self.findings),
        );
        let (Some(auth), Some((upstream, service))) = (auth, upstream) else { return };
        if let Some(at) = auth.certificate.filter(|_| service.is_some()) {
            let message = "a service of the account gets no client certificate";
            self.findings.error(at, message, "remove `mtls`, or write the URL of a server");
        }
        let body_limit = self.body_limit(&auth, signed.iter().any(|hmac| hmac.reads_body()));
        let at = self.value("upstream").map_or(self.name.span, Value::span);
        auth.check_paths(&upstream, at, self.findings);
        let is_ambient = allow.iter().any(|grant| callers.is_ambient(grant.to));
        for grant in &mut allow {
            let own = own.iter().find(|(to, _)| *to == grant.to);
            grant.auth = own.map(|(_, own)| own.placements.clone().into());
        }
        let own: Vec<_> = allow.iter().filter_map(|grant| grant.auth.clone()).collect();
        let token_in = places.unwrap_or_else(|| token_in::default_places(&auth.placements, &own, is_ambient));
        self.check_forwarded(&forward_headers, &auth, &token_in);
        route.route = Some(Route {
            name: Text::Owned(self.name.text.to_owned()),
            upstream,
            service,
            timeout: timeout.unwrap_or(DEFAULT_TIMEOUT),
            idle_timeout,
            max_body,
            failover: repetition.failover,
            retry,
            replay_limit: repetition.replay_limit,
            body_limit,
            rate_limit: rate_limit.unwrap_or_default().into(),
            cors,
            auth: auth.placements.into(),
            token_in: token_in.into(),
            allow: allow.into(),
            strip_headers: strip_headers.into_iter().map(|(_, header)| header).collect(),
            strip_query: strip_query.into(),
            forward_headers: forward_headers.into_iter().map(|(_, header)| header).collect(),
            link_headers: link_headers.into_iter().map(|(_, header)| header).collect(),
            rewrite_body: rewrite_body.unwrap_or_default().into(),
            encoded_slash,
            cookies,
            shared_cache,
            forward_trace,
            timing,
            redact,
            redact_except: redact_except.into(),
        });
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
        if !is_signed && !auth.placements.iter().any(Placement::reads_body) {
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

    fn strip_query(&mut self) -> Vec<Text> {
        const EXAMPLE: &str = "strip_query = [\"api_key\"]";
        let Some(value) = self.value("strip_query") else { return Vec::new() };
        let names = value.strings(EXAMPLE, self.findings);
        for name in names.iter().filter(|name| name.text.is_empty()) {
            self.findings.error(name.span, "the query parameter has no name", &format!("write `{EXAMPLE}`"));
        }
        names.into_iter().map(|name| Text::Owned(name.text.to_owned())).collect()
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

#[cfg(test)]
mod tests {
    use super::super::example::{GATEWAY, WRANGLER, accepted, assert_diagnostics, outcome, replaced};

    #[test]
    fn tells_what_is_wrong_with_a_route() {
        assert_diagnostics(include_str!("diagnostics/routes.txt"));
    }

    #[test]
    fn case_19_cookies_need_hosts_of_their_own() {
        let checked =
            accepted("mount = \"/stripe\"", "mount = [\"a.example.com\", \"b.example.com\"]\ncookies = true");
        assert!(checked.gateway.routes[0].cookies);
        accepted("mount = \"/stripe\"", "mount = \"/stripe\"\ncookies = false");
    }

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
    fn case_19_cookies_reach_every_path_and_port_of_a_host() {
        let with = |mount: &str| {
            let other = format!(
                "[routes.other]\nmount = \"{mount}\"\nupstream = \"https://o.example\"\nauth = []\nallow = {{ ci = [\"GET /\"] }}\n"
            );
            let gateway =
                replaced(GATEWAY, "mount = \"/stripe\"", "mount = \"a.example.com\"\ncookies = true");
            outcome(&replaced(&gateway, "[routes.stripe]\n", &format!("{other}[routes.stripe]\n")), WRANGLER)
        };
        for mount in ["/stripe", "b.example.com", "b.a.example.com/x"] {
            assert!(with(mount).is_ok(), "{mount}");
        }
        let told = "gateway.toml:20:11: error: cookies of `a.example.com` would reach the route `other`, which is \
                    mounted there too; found `true`; mount the route on hosts of its own, or remove it";
        for mount in ["a.example.com/other", "a.example.com:8443"] {
            assert_eq!(with(mount).unwrap_err(), [told], "{mount}");
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
