//! Routes.

use super::auth::{Placement, TokenPlace};
use super::caller::{CallerId, Grantee};
use super::cors::Cors;
use super::failover::{Failover, Retry};
use super::rate_limit::RateLimit;
use super::rule::Rule;
use super::secret::SecretId;
use super::text::{List, Text};
use super::upstream::Upstream;
use crate::http::header_name::HeaderName;
use crate::http::method::Method;
use crate::http::path::Below;

/// Where an object store has the name of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum CopyBucket {
    /// In the first segment of a path.
    Path,
    /// In the host: all paths of the upstream are in this bucket.
    Host(Text),
}

/// A position in [`Gateway::routes`](super::Gateway::routes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct RouteId(pub u16);

/// An upstream, the rules of its callers, and the auth that adds its credential.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of `gateway.toml` by itself")]
pub struct Route {
    /// The name in `gateway.toml` and in the log.
    pub name: Text,
    /// The upstream of its requests.
    pub upstream: Upstream,
    /// The service binding that sends requests; `None` if they are sent to the upstream's host.
    pub service: Option<Text>,
    /// The time until the head of the upstream's response has arrived, in milliseconds.
    pub timeout: u32,
    /// The idle timeout of a response's body, in milliseconds; `None` for no limit.
    pub idle_timeout: Option<u32>,
    /// The most bytes of a request's body; `None` for the limit of the platform.
    pub max_body: Option<u64>,
    /// The conditions for trying the next source of the auth; `None` to try no other source.
    pub failover: Option<Failover>,
    /// The attempts after failed connections; `None` for one attempt.
    pub retry: Option<Retry>,
    /// The most bytes of a request's body that are kept for another attempt.
    pub replay_limit: u32,
    /// The most bytes of a request's body that is read before it is sent.
    pub body_limit: u32,
    /// The rate limits of the route.
    pub rate_limit: List<RateLimit>,
    /// The web pages that may call it; `None` for no page.
    pub cors: Option<Cors>,
    /// The placements of its secrets; empty for a route without a credential. Where callers have values of their own,
    /// it says where they are put, and [`Route::auth_of`] what.
    pub auth: List<Placement>,
    /// The places in which callers show their tokens. Each is removed before a request is forwarded.
    pub token_in: List<TokenPlace>,
    /// The rules of each caller; those for `anyone` are first.
    pub allow: List<Grant>,
    /// Request headers that are not forwarded, besides those that never are.
    pub strip_headers: List<HeaderName>,
    /// Decoded names of query parameters that are not forwarded.
    pub strip_query: List<Text>,
    /// Request headers that are forwarded although they are not by default.
    pub forward_headers: List<HeaderName>,
    /// Response headers that contain a URL, besides those that the gateway knows.
    pub link_headers: List<HeaderName>,
    /// Media types, in lower case, of response bodies in which the upstream's URL is replaced by the mount's.
    pub rewrite_body: List<Text>,
    /// Whether a `%2F` within a segment is admitted.
    pub encoded_slash: bool,
    /// Where the upstream has a bucket that a copy source names; `None` to decide by its host.
    pub copy_bucket: Option<CopyBucket>,
    /// Whether `Cookie` is sent upstream and `Set-Cookie` is returned.
    pub cookies: bool,
    /// Whether the upstream's `Cache-Control` applies to responses to authenticated requests.
    pub shared_cache: bool,
    /// Whether the trace headers are sent upstream.
    pub forward_trace: bool,
    /// Whether responses have `Server-Timing`.
    pub timing: bool,
    /// Whether responses are searched for the secrets that were sent.
    pub redact: bool,
    /// Secrets, or fields of them, that are identifiers and are not looked for.
    pub redact_except: List<Excepted>,
}

/// A secret, or a field of one, that is not looked for in responses.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Excepted {
    /// The secret.
    pub secret: SecretId,
    /// The field; `None` for the whole value and every field.
    pub field: Option<Text>,
}

impl Route {
    /// Whether this secret, or this field of it, is an identifier that responses may contain.
    #[must_use]
    pub fn excepts(&self, secret: SecretId, field: Option<&str>) -> bool {
        let is_excepted = |excepted: &Excepted| {
            excepted.secret == secret && (excepted.field.is_none() || excepted.field.as_deref() == field)
        };
        self.redact_except.iter().any(is_excepted)
    }

    /// The callers of this route, without duplicates.
    pub fn callers(&self) -> impl Iterator<Item = CallerId> + Clone + '_ {
        self.allow.iter().filter_map(|grant| match grant.to {
            Grantee::Caller(id) => Some(id),
            Grantee::Anyone => None,
        })
    }

    /// What is put on the requests of this grantee.
    #[must_use]
    pub fn auth_of(&self, to: Grantee) -> &[Placement] {
        let grant = self.allow.iter().find(|grant| grant.to == to);
        grant.and_then(|grant| grant.auth.as_deref()).unwrap_or(&self.auth)
    }

    /// What is put on requests: once where it is the same for every caller, and otherwise once for each.
    pub fn auths(&self) -> impl Iterator<Item = &[Placement]> {
        let own = self.allow.iter().filter_map(|grant| grant.auth.as_deref());
        let common = (!self.has_caller_values()).then_some(self.auth.as_ref());
        common.into_iter().chain(own)
    }

    /// Whether callers have credentials of their own on this route.
    #[must_use]
    pub fn has_caller_values(&self) -> bool {
        self.allow.iter().any(|grant| grant.auth.is_some())
    }

    /// The first rule of this grantee that admits the request.
    #[must_use]
    pub fn admitting_rule(&self, to: Grantee, method: Method, path: Below<'_>) -> Option<&Rule> {
        self.rules(to).find(|rule| rule.admits(method, path))
    }

    /// The rules of this grantee, in their order.
    pub fn rules(&self, to: Grantee) -> impl Iterator<Item = &Rule> {
        self.allow.iter().filter(move |grant| grant.to == to).flat_map(|grant| grant.rules.iter())
    }
}

/// The rules of one caller, or of anyone, on a route.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Grant {
    /// The subject of the rules.
    pub to: Grantee,
    /// One or more.
    pub rules: List<Rule>,
    /// The route's auth with the values of this caller; `None` where the route's auth has none of a caller's.
    pub auth: Option<List<Placement>>,
}
