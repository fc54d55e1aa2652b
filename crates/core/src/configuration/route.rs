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

/// A position in [`Gateway::routes`](super::Gateway::routes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct RouteId(pub u16);

/// An upstream, who may do what there, and how its credential is put on a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of `gateway.toml` by itself")]
pub struct Route {
    /// As `gateway.toml` spells it; what the log says.
    pub name: Text,
    /// Where requests go.
    pub upstream: Upstream,
    /// The service binding that requests are sent by; `None` where they are sent to the upstream's host.
    pub service: Option<Text>,
    /// Until the upstream's head has arrived, in milliseconds.
    pub timeout: u32,
    /// For how long the body of an answer may stand still, in milliseconds; `None` where it may for ever.
    pub idle_timeout: Option<u32>,
    /// The most bytes that the body of a request may have; `None` where the platform's own limit is enough.
    pub max_body: Option<u64>,
    /// When the next source of the auth is tried; `None` where it never is.
    pub failover: Option<Failover>,
    /// How often a failed connection is tried; `None` where it is once.
    pub retry: Option<Retry>,
    /// The most bytes of a request's body that are kept, so that it can be sent once more.
    pub replay_limit: u32,
    /// The most bytes that the body of a request may have where it is read before it is sent.
    pub body_limit: u32,
    /// How often it may be asked, and by whom.
    pub rate_limit: List<RateLimit>,
    /// Which web pages may call it; `None` where none may.
    pub cors: Option<Cors>,
    /// What is put on a request; none for a route without a credential. It says where, for every caller. What is put there is
    /// in [`Route::auth_of`].
    pub auth: List<Placement>,
    /// Where callers show their tokens; each of these places is emptied before forwarding.
    pub token_in: List<TokenPlace>,
    /// Who may do what, `anyone` first where it is there.
    pub allow: List<Grant>,
    /// Headers of the caller that do not go up, besides those that never do.
    pub strip_headers: List<HeaderName>,
    /// Decoded names of query parameters of the caller that do not go up.
    pub strip_query: List<Text>,
    /// Headers of the caller that go up although they are among those that do not by default.
    pub forward_headers: List<HeaderName>,
    /// Response headers that hold a URL, besides those that the gateway knows.
    pub link_headers: List<HeaderName>,
    /// Media types, in lower case, of response bodies in which the upstream's URL is replaced by the mount's.
    pub rewrite_body: List<Text>,
    /// Whether a `%2F` within a segment is admitted.
    pub encoded_slash: bool,
    /// Whether `Cookie` goes up and `Set-Cookie` comes down.
    pub cookies: bool,
    /// Whether shared caches may keep the answers to authenticated calls as the upstream says.
    pub shared_cache: bool,
    /// Whether the context of a request's trace is sent upstream.
    pub forward_trace: bool,
    /// Whether responses say how long they took.
    pub timing: bool,
    /// Whether what was sent is looked for in the response.
    pub redact: bool,
    /// Secrets, or fields of them, that are identifiers and not looked for.
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
    /// Whether the value of this secret, or of this field of it, is an identifier, which responses may hold.
    #[must_use]
    pub fn excepts(&self, secret: SecretId, field: Option<&str>) -> bool {
        let is_excepted = |excepted: &Excepted| {
            excepted.secret == secret && (excepted.field.is_none() || excepted.field.as_deref() == field)
        };
        self.redact_except.iter().any(is_excepted)
    }

    /// The callers that this route knows, each once.
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

    /// Whether what is put on a request is another thing for each caller.
    #[must_use]
    pub fn has_caller_values(&self) -> bool {
        self.allow.iter().any(|grant| grant.auth.is_some())
    }

    /// The rule of this grantee that admits the request, the first where several do.
    #[must_use]
    pub fn admitting_rule(&self, to: Grantee, method: Method, path: Below<'_>) -> Option<&Rule> {
        self.rules(to).find(|rule| rule.admits(method, path))
    }

    /// The rules of this grantee, in their order.
    pub fn rules(&self, to: Grantee) -> impl Iterator<Item = &Rule> {
        self.allow.iter().filter(move |grant| grant.to == to).flat_map(|grant| grant.rules.iter())
    }
}

/// What one caller, or anyone, may do on a route.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Grant {
    /// Whom the rules are for.
    pub to: Grantee,
    /// One or more.
    pub rules: List<Rule>,
    /// The route's auth with the values of this caller; `None` where the route's auth has none of a caller's.
    pub auth: Option<List<Placement>>,
}
