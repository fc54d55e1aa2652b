//! Which route a request is for.

use crate::configuration::{Gateway, Mount, Route};
use crate::path::Below;
use crate::target::Target;

/// Where a request has arrived.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// The mount that it came by.
    pub mount: &'a Mount,
    /// The route that is mounted there.
    pub route: &'a Route,
    /// What of its path follows the mount.
    pub path: Below<'a>,
}

/// The route of the most specific mount that the target is below. A host that any mount names has its own
/// mounts only.
#[must_use]
pub fn find<'a>(gateway: &'a Gateway, target: &'a Target<'_>) -> Option<Arrival<'a>> {
    let host = Some(target.host.as_str());
    let named = gateway.mounts.iter().any(|mount| mount.host.as_deref() == host);
    let host = host.filter(|_| named);
    let mounts = gateway.mounts.iter().filter(|mount| mount.host.as_deref() == host);
    mounts.into_iter().find_map(|mount| {
        let path = target.path.below(&mount.prefix)?;
        Some(Arrival { mount, route: gateway.route(mount.route)?, path })
    })
}
