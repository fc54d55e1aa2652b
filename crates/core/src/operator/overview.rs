//! `GET overview`: the configuration, for the page. It has names and places as in `gateway.toml`.

use serde::Serialize;

use super::health::Health;
use super::report::Report;
use crate::configuration::{
    Gateway, Grantee, Mount, MountTarget, Operator, Part, Placement, Route, RouteId, Secret, Source,
    SourceKind, Upstream, UpstreamUrl,
};
use crate::runtime::Bindings;

/// The body of the response.
#[derive(Serialize)]
struct Overview<'g> {
    #[serde(flatten)]
    health: Health<'g>,
    /// The time for reading one source, in milliseconds.
    secret_timeout: u32,
    /// Whether there is `GET traffic`.
    traffic: bool,
    /// Whether there is `GET ages`.
    ages: bool,
    callers: Vec<&'g str>,
    secrets: Vec<SecretOverview<'g>>,
    routes: Vec<RouteOverview<'g>>,
}

#[derive(Serialize)]
struct SecretOverview<'g> {
    name: &'g str,
    sources: Vec<SourceOverview<'g>>,
}

#[derive(Serialize)]
struct SourceOverview<'g> {
    binding: &'g str,
    store: bool,
}

#[derive(Serialize)]
struct RouteOverview<'g> {
    name: &'g str,
    mounts: Vec<String>,
    upstream: String,
    auth: Vec<String>,
    secrets: Vec<&'g str>,
    failover: bool,
    redact: bool,
    allow: Vec<GrantOverview<'g>>,
    /// Those of whom a probe names one, since each has values of its own in the auth.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tenants: Vec<&'g str>,
}

#[derive(Serialize)]
struct GrantOverview<'g> {
    caller: &'g str,
    rules: Vec<&'g str>,
}

/// Reads no secret.
pub(super) fn report(gateway: &Gateway, operator: &Operator, bindings: &impl Bindings) -> Report {
    let environment = Health::environment_name(bindings);
    let routes = (0..=u16::MAX).map(RouteId).zip(gateway.routes.iter());
    let overview = Overview {
        health: Health::new(gateway, operator, environment.as_deref()),
        secret_timeout: gateway.secret_timeout,
        traffic: operator.metrics.is_some(),
        ages: operator.secrets_store.is_some(),
        callers: gateway.callers.iter().map(|caller| caller.name.as_ref()).collect(),
        secrets: gateway.secrets.iter().map(SecretOverview::from).collect(),
        routes: routes.map(|(id, route)| RouteOverview::new(gateway, id, route)).collect(),
    };
    Report::new(200, &overview)
}

impl<'g> From<&'g Secret> for SecretOverview<'g> {
    fn from(secret: &'g Secret) -> Self {
        let source = |source: &'g Source| SourceOverview {
            binding: &source.binding,
            store: source.kind == SourceKind::SecretsStore,
        };
        Self { name: &secret.name, sources: secret.sources.iter().map(source).collect() }
    }
}

impl<'g> RouteOverview<'g> {
    fn new(gateway: &'g Gateway, id: RouteId, route: &'g Route) -> Self {
        let mounts = gateway.mounts.iter().filter(|mount| mount.to == MountTarget::Route(id));
        let mut secrets: Vec<&str> = Vec::new();
        for secret in route.auths().flatten().flat_map(Placement::secrets).filter_map(|id| gateway.secret(id))
        {
            if !secrets.contains(&secret.name.as_ref()) {
                secrets.push(&secret.name);
            }
        }
        let granted = |to: Grantee| match to {
            Grantee::Anyone => "anyone",
            Grantee::Caller(id) => gateway.caller(id).map_or("?", |caller| &caller.name),
        };
        let tenants = route.allow.iter().filter(|grant| grant.auth.is_some());
        let allow = route.allow.iter().map(|grant| GrantOverview {
            caller: granted(grant.to),
            rules: grant.rules.iter().map(|rule| rule.text.as_ref()).collect(),
        });
        Self {
            name: &route.name,
            mounts: mounts.map(spelled).collect(),
            upstream: upstream(&route.upstream),
            auth: route.auth.iter().map(form).collect(),
            secrets,
            failover: route.failover.is_some(),
            redact: route.redact,
            allow: allow.collect(),
            tenants: tenants.map(|grant| granted(grant.to)).collect(),
        }
    }
}

/// The mount as in `gateway.toml`.
fn spelled(mount: &Mount) -> String {
    let path = mount.path();
    match &mount.host {
        Some(host) => format!("{host}{path}"),
        None if path.is_empty() => "/".to_owned(),
        None => path,
    }
}

/// The upstream, with variables as in `gateway.toml`.
fn upstream(upstream: &Upstream) -> String {
    let template = match upstream {
        Upstream::Fixed(UpstreamUrl { origin, base }) => return format!("{origin}{base}"),
        Upstream::Variable(template) => template,
    };
    let part = |part: &Part| match part {
        Part::Text(text) => text.to_string(),
        Part::Variable(name) => format!("${{var.{name}}}"),
        _ => "…".to_owned(),
    };
    template.parts.iter().map(part).collect()
}

/// The form of a placement, and the headers and parameters that it sets.
fn form(placement: &Placement) -> String {
    let mut form = match placement {
        Placement::Bearer(_) => "Bearer",
        Placement::Basic { .. } => "Basic",
        Placement::Hmac(_) => "HMAC",
        Placement::SigV4(_) => "AWS Signature Version 4",
        // The places identify it.
        _ => "",
    }
    .to_owned();
    let headers = placement.headers().map(str::to_owned);
    let parameters = placement.parameters().map(|name| format!("?{name}"));
    for place in headers.chain(parameters) {
        form.push_str(if form.is_empty() { "" } else { " · " });
        form.push_str(&place);
    }
    if placement.buffers_request_body() {
        form.push_str(if form.is_empty() { "in the body" } else { " · reads the body" });
    }
    form
}
