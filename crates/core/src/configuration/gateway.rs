//! The whole configuration, as the type [`Gateway`]. The steps of a request are in `crates/core/src/gateway.rs`.

use super::caller::{Caller, CallerId};
use super::mount::Mount;
use super::operator::Operator;
use super::route::{Route, RouteId};
use super::secret::{Secret, SecretId};
use super::text::{List, Text};

/// A whole `gateway.toml`, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Gateway {
    /// SHA-256 of the text of `gateway.toml`, in lower-case hexadecimal.
    pub digest: Text,
    /// In the order in which `gateway.toml` names them; [`SecretId`] is a position here.
    pub secrets: List<Secret>,
    /// In the order in which `gateway.toml` names them; [`CallerId`] is a position here.
    pub callers: List<Caller>,
    /// In the order in which `gateway.toml` names them; [`RouteId`] is a position here.
    pub routes: List<Route>,
    /// The operator's endpoints; `None` if there are none.
    pub operator: Option<Operator>,
    /// Every mount of every route and the operator's, most specific first: mounts with a host before those without, and
    /// those with more prefix segments before those with fewer. The first one that matches is used.
    pub mounts: List<Mount>,
    /// The Analytics Engine binding for a data point of each request; `None` to write none.
    pub metrics: Option<Text>,
    /// Whether requests are traced.
    pub trace: bool,
    /// The time for reading one source, in milliseconds.
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
