//! Which route a request is for.

use crate::configuration::{Destination, Gateway, Mount, Route};
use crate::http::path::Below;
use crate::request::target::Target;

/// Where a request has arrived.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'g, 't> {
    /// The mount that it came by.
    pub mount: &'g Mount,
    /// The route that is mounted there; `None` for the operator's endpoints.
    pub route: Option<&'g Route>,
    /// What of its path follows the mount.
    pub path: Below<'t>,
}

/// What the most specific mount that the target is below leads to. A host that any mount names has its own
/// mounts only.
#[must_use]
pub fn find<'g, 't>(gateway: &'g Gateway, target: &'t Target<'_>) -> Option<Arrival<'g, 't>> {
    let host = Some(target.host.as_str());
    let named = gateway.mounts.iter().any(|mount| mount.host.as_deref() == host);
    let host = host.filter(|_| named);
    let mounts = gateway.mounts.iter().filter(|mount| mount.host.as_deref() == host);
    mounts.into_iter().find_map(|mount| {
        let path = target.path.below(&mount.prefix)?;
        let route = match mount.to {
            Destination::Route(id) => Some(gateway.route(id)?),
            Destination::Operator => None,
        };
        Some(Arrival { mount, route, path })
    })
}
