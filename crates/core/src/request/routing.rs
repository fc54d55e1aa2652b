//! Step 2: find the route of a request.

use crate::configuration::{Gateway, Mount, MountTarget, Route};
use crate::http::host::without_port;
use crate::http::path::Below;
use crate::request::target::Target;

/// The mount and route of a request.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'g, 't> {
    /// The most specific mount for the request.
    pub mount: &'g Mount,
    /// The route that is mounted there; `None` for the operator's endpoints.
    pub route: Option<&'g Route>,
    /// The path below the mount.
    pub path: Below<'t>,
}

/// Finds the most specific mount for the target. If any mount names the target's host, only mounts with that host and
/// port are considered. Other ports of a host have no mounts of other hosts, because cookies are sent to every port.
#[must_use]
pub fn find<'g, 't>(gateway: &'g Gateway, target: &'t Target<'_>) -> Option<Arrival<'g, 't>> {
    let host = target.host.as_str();
    let mut hosts = gateway.mounts.iter().filter_map(|mount| mount.host.as_deref());
    let is_named = hosts.any(|named| without_port(named) == without_port(host));
    let host = is_named.then_some(host);
    let mounts = gateway.mounts.iter().filter(|mount| mount.host.as_deref() == host);
    mounts.into_iter().find_map(|mount| {
        let path = target.path.below(&mount.prefix)?;
        let route = match mount.to {
            MountTarget::Route(id) => Some(gateway.route(id)?),
            MountTarget::Operator => None,
        };
        Some(Arrival { mount, route, path })
    })
}
