//! The host of the operator's mount, where no route may have the same.

use super::diagnostic::Findings;
use super::file::Span;
use super::mount::Place;
use super::routes::Routes;

/// What a response of a route could do on the origin of the operator's endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Danger {
    /// Script the page.
    ScriptsPage,
    /// Send requests with a login that a browser adds by itself.
    UsesLogin,
}

impl Danger {
    const fn without_host(self) -> &'static str {
        match self {
            Self::ScriptsPage => {
                "a page whose mount has no host shares its origin with the routes, whose responses could script it"
            }
            Self::UsesLogin => {
                "a browser sends this caller's login by itself, so what the routes return on the same origin could \
                 act as the operator"
            }
        }
    }

    fn with_route(self, route: &str, host: &str) -> String {
        let there = format!("the route `{route}` is mounted on `{host}` too");
        match self {
            Self::ScriptsPage => format!("{there}, and its responses could script the page"),
            Self::UsesLogin => format!(
                "{there}, and a browser sends this caller's login by itself, so its responses could act as the operator"
            ),
        }
    }
}

/// Reports a mount without a host, or on the host of a route.
pub(crate) fn check(
    at: Span,
    danger: Danger,
    place: Option<&Place>,
    routes: &Routes<'_>,
    findings: &mut Findings<'_>,
) {
    let instead = "write a host of its own in `mount`, or remove it";
    let Some(place) = place else { return };
    let Some(host) = place.host_name() else {
        return findings.error(at, danger.without_host(), instead);
    };
    if let Some(route) = routes.mounted_on(host) {
        findings.error(at, &danger.with_route(route, host), instead);
    }
}
