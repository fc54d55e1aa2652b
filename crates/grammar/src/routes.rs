//! `[routes.NAME]`: all routes, and where they are mounted. `route` reads one of them.

use super::callers::Callers;
use super::diagnostic::Findings;
use super::document::{Entry, Table};
use super::mount::Place;
use super::name;
use super::route::{LocatedRoute, RouteReader};
use super::template::Declared;
use ostiary_core::configuration::{Mount, MountTarget, Route, RouteId, Text};

const MOUNT: &str = "mount = \"/path\"";

/// The routes in the order of the file; [`RouteId`] is a position here.
#[derive(Default)]
pub(crate) struct Routes<'t> {
    read: Vec<LocatedRoute<'t>>,
    mounts: Vec<(Place, RouteId)>,
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
                let reader = RouteReader { name: *key, table: &table, declared, findings: &mut *findings };
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
        let mounts = self.mounts.into_iter().map(|(place, id)| (place, MountTarget::Route(id)));
        let mut mounts: Vec<_> = mounts.chain(operator.map(|place| (place, MountTarget::Operator))).collect();
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
        let other = "[routes.other]\nmount = \"a.example.com/x\"\nupstream = \"https://o.example\"\nauth = []\n\
                     allow = { ci = [\"GET /\"] }\n[routes.stripe]\nmount = \"a.example.com\"\ncookies = false";
        accepted("[routes.stripe]\nmount = \"/stripe\"", other);
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
}
