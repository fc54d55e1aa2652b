//! The checked configuration: what `gateway.toml` says, once every name in it has been proved to exist.
//!
//! The types here are plain data that can stand in a `static`: the build writes them as Rust source, and the
//! Worker reads them without parsing anything. The command line makes the very same types at run time, which
//! is why texts and lists are [`Cow`]s. Whoever holds a [`Gateway`] need not check it again.

mod auth;
mod caller;
mod cors;
mod failover;
mod header_name;
mod mount;
mod operator;
mod rate_limit;
mod route;
mod rule;
mod secret;
mod template;
mod upstream;

#[cfg(feature = "grammar")]
pub mod grammar;

use std::borrow::Cow;

pub use auth::{Placement, TokenPlace};
pub use caller::{Caller, CallerId, Grantee, Proof};
pub use cors::{Cors, Origins};
pub use failover::{Failover, Retry};
pub use header_name::{HeaderName, InvalidHeaderName};
pub use mount::Mount;
pub use operator::{Destination, Operator};
pub use rate_limit::{Counted, RateLimit};
pub use route::{Grant, Route, RouteId};
pub use rule::{Method, Methods, Pattern, Rule, Segment};
pub use secret::{Secret, SecretId, Source, SourceKind};
pub use template::{Part, Template};
pub use upstream::{InvalidUpstream, Upstream, UpstreamUrl};

/// A text of the configuration.
pub type Text = Cow<'static, str>;

/// A list of the configuration.
pub type List<T> = Cow<'static, [T]>;

/// A whole `gateway.toml`, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "grammar", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Gateway {
    /// SHA-256 of the text of `gateway.toml`, in lower-case hexadecimal.
    pub digest: Text,
    /// In the order in which `gateway.toml` names them; [`SecretId`] is a position here.
    pub secrets: List<Secret>,
    /// In the order in which `gateway.toml` names them; [`CallerId`] is a position here.
    pub callers: List<Caller>,
    /// In the order in which `gateway.toml` names them; [`RouteId`] is a position here.
    pub routes: List<Route>,
    /// The operator's endpoints; `None` where there are none.
    pub operator: Option<Operator>,
    /// Every mount of every route and the operator's, most specific first: mounts with a host before those without, and the one
    /// with more prefix segments before the one with fewer. The first that matches is the one that is meant.
    pub mounts: List<Mount>,
    /// How long one source may take to yield its value, in milliseconds.
    pub secret_timeout: u32,
}

impl Gateway {
    /// The secret at this position.
    #[must_use]
    pub fn secret(&self, id: SecretId) -> Option<&Secret> {
        self.secrets.get(usize::from(id.0))
    }

    /// The caller at this position.
    #[must_use]
    pub fn caller(&self, id: CallerId) -> Option<&Caller> {
        self.callers.get(usize::from(id.0))
    }

    /// The route at this position.
    #[must_use]
    pub fn route(&self, id: RouteId) -> Option<&Route> {
        self.routes.get(usize::from(id.0))
    }
}
