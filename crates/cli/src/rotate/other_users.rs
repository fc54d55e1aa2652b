//! The uses of a secret that a rotation does not probe.

use ostiary_core::configuration::{Gateway, Grantee, Placement, Route, SecretId};

/// A route that uses one of the secrets, and is not probed.
pub struct OtherRoute {
    /// Its name.
    pub name: String,
    /// The statuses after which a request continues with the next source.
    pub failover: Vec<u16>,
}

/// The other routes whose auth uses one of the secrets.
pub fn other_routes(gateway: &Gateway, ids: &[SecretId], tried: Option<&str>) -> Vec<OtherRoute> {
    let others = gateway.routes.iter().filter(|route| Some(route.name.as_ref()) != tried);
    let others = others.filter(|route| route.auths().any(|auth| uses(auth, ids)));
    let other = |route: &Route| {
        let conditions = route.failover.iter().flat_map(|failover| failover.when.iter());
        // The body of the response to a wrong value on that route is not known.
        let conditions = conditions.filter(|condition| condition.body.is_none());
        let failover = conditions.map(|condition| condition.status).collect();
        OtherRoute { name: route.name.to_string(), failover }
    };
    others.map(other).collect()
}

/// The other callers of the probed route whose values include one of the secrets, and the operator's own requests.
pub fn other_users(
    gateway: &Gateway,
    ids: &[SecretId],
    route: Option<&str>,
    probed: Option<&str>,
) -> Vec<String> {
    let grants = gateway.routes.iter().filter(|known| Some(known.name.as_ref()) == route);
    let grants = grants.flat_map(|route| route.allow.iter());
    let callers = grants.filter(|grant| grant.auth.as_deref().is_some_and(|auth| uses(auth, ids)));
    let callers = callers.filter_map(|grant| match grant.to {
        Grantee::Caller(id) => gateway.caller(id),
        Grantee::Anyone => None,
    });
    let callers = callers.filter(|caller| Some(caller.name.as_ref()) != probed);
    let callers = callers.map(|caller| format!("The caller `{}` of this route", caller.name));
    let operator = gateway.operator.iter();
    let operator = operator
        .flat_map(|operator| [("metrics", &operator.metrics), ("secrets_store", &operator.secrets_store)]);
    let operator = operator.filter(|(_, api)| api.as_ref().is_some_and(|api| ids.contains(&api.token)));
    let operator = operator.map(|(key, _)| format!("`[operator] {key}`"));
    callers.chain(operator).collect()
}

fn uses(auth: &[Placement], ids: &[SecretId]) -> bool {
    auth.iter().flat_map(Placement::secrets).any(|id| ids.contains(&id))
}
