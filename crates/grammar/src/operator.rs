//! `[operator]`: the mount of the operator's endpoints, and the callers that may use them. Its many tests make the
//! file long.

use super::account_api::{self, METRICS, SECRETS_STORE};
use super::callers::{Callers, LocatedProof};
use super::diagnostic::Findings;
use super::document::{Entry, Value};
use super::environments::digest;
use super::file::Span;
use super::keys;
use super::mount::Place;
use super::nearest::nearest;
use super::own_host::{self, Danger};
use super::rate_limit;
use super::routes::Routes;
use super::template::Declared;
use super::token_in;
use super::wrangler::{Deployment, Environment as Section};
use ostiary_core::configuration::{
    AccountApi, BoundSecret, CallerId, ENVIRONMENT_VARIABLE, Environment, Grantee, Operator,
};

const MOUNT: &str = "mount = \"ops.example.com\"";
const ALLOW: &str = "allow = [\"caller\"]";

/// The mount and the callers; `None` if one of them has a fault.
pub(crate) fn read(
    entry: Entry<'_>,
    callers: &Callers<'_>,
    routes: &Routes<'_>,
    declared: &Declared<'_>,
    binding: Option<&str>,
    findings: &mut Findings<'_>,
) -> Option<(Place, Operator)> {
    let deployment = &declared.deployment;
    let table = entry.value.table("[operator]", findings)?;
    table.reject_unknown_keys(&keys::OPERATOR, &[], findings);
    let place = table
        .required("mount", "`[operator]`", entry.key.span, MOUNT, findings)
        .and_then(|value| mount(value, routes, findings));
    let allow = table
        .required("allow", "`[operator]`", entry.key.span, ALLOW, findings)
        .and_then(|value| allow(value, callers, findings));
    let rate_limit = table.value("rate_limit").map(|value| rate_limit::read(value, deployment, findings));
    let page = table.value("page").is_some_and(|value| page(value, place.as_ref(), routes, findings));
    let ambient = allow.iter().flatten().find(|(id, _)| callers.is_ambient(Grantee::Caller(*id)));
    if let Some((_, span)) = ambient.filter(|_| !page) {
        own_host::check(*span, Danger::UsesLogin, place.as_ref(), routes, findings);
    }
    let metrics =
        table.value("metrics").and_then(|value| metrics(value, callers, declared, binding, findings));
    let secrets_store = table.value("secrets_store");
    let environments = environments(entry, deployment, binding, secrets_store, findings);
    let secrets_store =
        secrets_store.and_then(|value| account_api::read(value, &SECRETS_STORE, callers, declared, findings));
    let operator = Operator {
        token_in: token_in::of_an_operator(ambient.is_some()).into(),
        allow: allow?.into_iter().map(|(id, _)| id).collect(),
        rate_limit: rate_limit.unwrap_or_default().into(),
        page,
        metrics,
        secrets_store,
        environments: environments.into(),
    };
    Some((place?, operator))
}

/// A Worker does not know its environment, so a variable has to name it; without the variable it is the top level.
fn environments(
    operator: Entry<'_>,
    deployment: &Deployment<'_>,
    binding: Option<&str>,
    secrets_store: Option<Value<'_>>,
    findings: &mut Findings<'_>,
) -> Vec<Environment> {
    let mut environments = Vec::new();
    for environment in deployment.environments() {
        let variable = environment.variable(ENVIRONMENT_VARIABLE);
        if variable != environment.name() {
            let (file, place) = (deployment.file(), environment.place());
            let message = format!(
                "`ostiary rotate` could take one environment's gateway for another's: the variable \
                 `{ENVIRONMENT_VARIABLE}` of {file} does not name the environment {place}"
            );
            findings.error(operator.key.span, &message, &environment.naming(ENVIRONMENT_VARIABLE));
        }
        environments.push(Environment {
            name: environment.name().map(|name| name.to_owned().into()),
            bindings: digest(environment.store()).into(),
            dataset: binding
                .and_then(|binding| environment.dataset(binding))
                .map(|name| name.to_owned().into()),
            bound: secrets_store.map_or_else(Vec::new, |value| bound(environment, value, findings)).into(),
        });
    }
    environments
}

/// What the environment's bindings are bound to. A store's id becomes a segment of a path.
fn bound(environment: &Section<'_>, at: Value<'_>, findings: &mut Findings<'_>) -> Vec<BoundSecret> {
    let mut bound = Vec::new();
    for row in environment.store() {
        let is_id =
            row.store_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if !is_id {
            let message = format!(
                "the binding `{}` {} is in the store `{}`, which is not an id",
                row.name.text,
                environment.place(),
                row.store_id
            );
            findings.error(at.span(), &message, "write the id that `ostiary stores list` shows");
        }
        bound.push(BoundSecret {
            binding: row.name.text.to_owned().into(),
            store_id: row.store_id.to_owned().into(),
            name: row.secret_name.to_owned().into(),
        });
    }
    bound
}

/// A route on the operator's mount or below it would hide the endpoints, so it is an error. A route above it is
/// allowed.
fn mount(value: Value<'_>, routes: &Routes<'_>, findings: &mut Findings<'_>) -> Option<Place> {
    let text = value.string(MOUNT, findings)?;
    let place = Place::parse(&text, findings)?;
    if let Some((route, same)) = routes.mounted_within(&place) {
        let position = if same { "there already" } else { "below it" };
        let message = format!("the route `{route}` is mounted {position}");
        findings.error(text.span, &message, "write another mount, such as a host");
    }
    Some(place)
}

/// The source of data points, which also have to be written.
fn metrics(
    value: Value<'_>,
    callers: &Callers<'_>,
    declared: &Declared<'_>,
    binding: Option<&str>,
    findings: &mut Findings<'_>,
) -> Option<AccountApi> {
    if binding.is_none() {
        let message = "no data points are written";
        findings.error(value.span(), message, "add `metrics = \"BINDING\"` to `[gateway]`");
    }
    account_api::read(value, &METRICS, callers, declared, findings)
}

/// Whether there is a page. It needs its own host, because a script from an upstream on the same origin could act as
/// the operator.
fn page(value: Value<'_>, place: Option<&Place>, routes: &Routes<'_>, findings: &mut Findings<'_>) -> bool {
    let is_served = value.boolean(findings).unwrap_or_default();
    if is_served {
        own_host::check(value.span(), Danger::ScriptsPage, place, routes, findings);
    }
    is_served
}

fn allow(
    value: Value<'_>,
    callers: &Callers<'_>,
    findings: &mut Findings<'_>,
) -> Option<Vec<(CallerId, Span)>> {
    let elements = value.filled_array(ALLOW, findings)?;
    let mut allowed = Vec::new();
    for name in Value::distinct(elements, ALLOW, findings) {
        if let Some(caller) = callers.find(name.text) {
            let proof = callers.get(caller).and_then(|caller| caller.proof.as_ref());
            if matches!(proof, Some(LocatedProof::Hmac(..))) {
                let message = format!(
                    "the caller `{}` signs its requests, and an operator has to send a token",
                    name.text
                );
                findings.error(name.span, &message, "name a caller with a token");
            }
            allowed.push((caller, name.span));
            continue;
        }
        if name.text == "anyone" {
            findings.error(name.span, "an operator cannot be `anyone`", "name a caller");
            continue;
        }
        let declare = format!("declare `[callers.{}]`", name.text);
        let known = callers.all().map(|(_, caller)| caller.name.text);
        let instead = match nearest(name.text, known) {
            Some(near) => format!("write `{near}`, or {declare}"),
            None => declare,
        };
        findings.error(name.span, &format!("the caller `{}` is not declared", name.text), &instead);
    }
    Some(allowed)
}

#[cfg(test)]
mod tests {
    use super::super::Checked;
    use super::super::example::{GATEWAY, WRANGLER, accepted, assert_diagnostics, outcome, replaced};
    use ostiary_core::configuration::{CallerId, Counted, MountTarget, RateLimit, RouteId, SecretId};

    #[test]
    fn tells_what_is_wrong_with_the_operator() {
        assert_diagnostics(include_str!("diagnostics/operator.txt"));
    }

    #[test]
    fn there_is_none_unless_it_is_written() {
        assert_eq!(accepted("version = 1\n", "\n").gateway.operator, None);
    }

    #[test]
    fn its_mount_stands_among_those_of_the_routes() {
        for (mount, position) in [("ops.gw.example.com", 0), ("/stripe/ops", 0), ("/ops", 1)] {
            let operator = format!("operator = {{ mount = \"{mount}\", allow = [\"ci\"] }}\n");
            let gateway = accepted("version = 1\n", &operator).gateway;
            assert_eq!(gateway.operator.unwrap().allow.as_ref(), [CallerId(1)], "{mount}");
            let to: Vec<_> = gateway.mounts.iter().map(|mount| mount.to).collect();
            let mut expected = vec![MountTarget::Route(RouteId(0))];
            expected.insert(position, MountTarget::Operator);
            assert_eq!(to, expected, "{mount}");
        }
    }

    #[test]
    fn it_takes_a_rate_limit_of_its_own() {
        let operator = "operator = { mount = \"/ops\", allow = [\"ci\"], rate_limit = [{ binding = \"A\", by = \"address\" }] }\n";
        let limit =
            "[[ratelimits]]\nname = \"A\"\nnamespace_id = \"1\"\nsimple = { limit = 100, period = 60 }\n";
        let checked =
            outcome(&replaced(GATEWAY, "version = 1\n", operator), &format!("{WRANGLER}{limit}")).unwrap();
        assert_eq!(checked.warnings, []);
        let expected = RateLimit { binding: "A".into(), by: Counted::Address, period: 60 };
        assert_eq!(checked.gateway.operator.unwrap().rate_limit, vec![expected]);
    }

    const DATASET: &str = "[[analytics_engine_datasets]]\nbinding = \"METRICS\"\n";

    fn with_metrics(metrics: &str, dataset: &str) -> Result<Checked, Vec<String>> {
        let keys = format!(
            "gateway.metrics = \"METRICS\"\noperator = {{ mount = \"/ops\", allow = [\"ci\"], metrics = {metrics} }}\n"
        );
        let gateway =
            replaced(GATEWAY, "[secrets]\n", "[secrets]\nanalytics = [{ worker_secret = \"LEGACY_KEY\" }]\n");
        outcome(&replaced(&gateway, "version = 1\n", &keys), &format!("{WRANGLER}{dataset}"))
    }

    #[test]
    fn data_points_are_read_where_they_are_written() {
        let metrics = "{ url = \"https://api.example.com/${var.ACCOUNT}/sql\", token = \"${analytics}\" }";
        for (dataset, name) in [(DATASET, "METRICS"), (&format!("{DATASET}dataset = \"gw_1\"\n"), "gw_1")] {
            let checked = with_metrics(metrics, dataset).unwrap();
            assert_eq!(checked.warnings, [], "its token is used");
            assert_eq!(checked.gateway.metrics.as_deref(), Some("METRICS"));
            let operator = checked.gateway.operator.unwrap();
            assert_eq!(operator.metrics.unwrap().token, SecretId(0));
            assert_eq!(operator.environments[0].dataset.as_deref(), Some(name));
        }
    }

    #[test]
    fn what_is_sent_with_a_query_is_a_token_of_its_own_and_the_dataset_a_word() {
        let url = "url = \"https://api.example.com/sql\"";
        let [odd, empty, digit] =
            ["x' OR 1", "", "1a"].map(|name| format!("{DATASET}dataset = \"{name}\"\n"));
        for (metrics, dataset, expected) in [
            (
                format!("{{ {url}, token = \"${{checkout}}\" }}"),
                DATASET,
                "the secret authenticates a caller, so it must not be used elsewhere",
            ),
            (format!("{{ {url}, token = \"x${{analytics}}\" }}"), DATASET, "a `token` is exactly one secret"),
            (format!("{{ {url} }}"), DATASET, "`metrics` has no `token`"),
            (
                "{ url = \"http://api.example.com\", token = \"${analytics}\" }".to_owned(),
                DATASET,
                "plain `http://` is allowed for loopback only",
            ),
            (
                format!("{{ {url}, token = \"${{analytics}}\" }}"),
                &odd,
                "the dataset `x' OR 1` of the binding `METRICS` at its top level is not a valid SQL identifier",
            ),
            (
                format!("{{ {url}, token = \"${{analytics}}\" }}"),
                &empty,
                "the dataset `` of the binding `METRICS`",
            ),
            (
                format!("{{ {url}, token = \"${{analytics}}\" }}"),
                &digit,
                "the dataset `1a` of the binding `METRICS`",
            ),
        ] {
            let told = with_metrics(&metrics, dataset).unwrap_err();
            assert!(told.iter().any(|told| told.contains(expected)), "{metrics}: {told:?}");
        }
    }

    #[test]
    fn ages_are_read_of_the_stores_that_the_bindings_are_in() {
        let with = |wrangler: &str| {
            let store =
                "{ url = \"https://api.example.com/${var.ACCOUNT}/secrets_store/\", token = \"${reader}\" }";
            let operator =
                format!("operator = {{ mount = \"/ops\", allow = [\"ci\"], secrets_store = {store} }}\n");
            let gateway = replaced(
                GATEWAY,
                "[secrets]\n",
                "[secrets]\nreader = [{ worker_secret = \"LEGACY_KEY\" }]\n",
            );
            outcome(&replaced(&gateway, "version = 1\n", &operator), wrangler)
        };
        let checked = with(WRANGLER).unwrap();
        assert_eq!(checked.warnings, [], "its token is used");
        let operator = checked.gateway.operator.unwrap();
        assert_eq!(operator.secrets_store.unwrap().token, SecretId(0));
        let bound = operator.environments[0].bound.iter();
        let bound: Vec<_> = bound.map(|bound| [&*bound.binding, &*bound.store_id, &*bound.name]).collect();
        let expected = [
            ["STRIPE_KEY", "1", "stripe"],
            ["STRIPE_KEY_2", "1", "stripe_previous"],
            ["CHECKOUT_TOKEN", "1", "checkout"],
        ];
        assert_eq!(bound, expected);
        for odd in ["../stores", "a/b", "a?b", "a b", "a%2e"] {
            let binding = "\nstore_id = \"1\"\nsecret_name = \"checkout\"";
            let moved = binding.replace('1', odd);
            let told = with(&replaced(WRANGLER, binding, &moved)).unwrap_err();
            let expected = format!("is in the store `{odd}`, which is not an id");
            assert!(told.iter().any(|told| told.contains(&expected)), "{odd}: {told:?}");
        }
        // Without it nothing of wrangler's configuration is in the Worker.
        let without = accepted("version = 1\n", "operator = { mount = \"/ops\", allow = [\"ci\"] }\n");
        assert_eq!(without.gateway.operator.unwrap().environments[0].bound, vec![]);
    }

    #[test]
    fn a_login_that_a_browser_adds_has_a_host_of_its_own() {
        let with = |mount: &str, route: &str, rest: &str| {
            let access = "{ preset = \"cloudflare-access\", issuer = \"https://acme.cloudflareaccess.com\", \
                          audience = \"app\", claims = {} }";
            let operator = format!(
                "callers.people.jwt = {access}\noperator = {{ mount = \"{mount}\", allow = [\"people\"{rest}] }}\n"
            );
            let gateway = replaced(GATEWAY, "mount = \"/stripe\"", &format!("mount = \"{route}\""));
            outcome(&replaced(&gateway, "version = 1\n", &operator), WRANGLER)
        };
        let places = |checked: Checked| checked.gateway.operator.unwrap().token_in.len();
        assert_eq!(places(with("ops.example.com", "/stripe", "").unwrap()), 2);
        assert_eq!(places(with("ops.example.com", "gw.example.com/stripe", ", \"ci\"").unwrap()), 2);
        for (mount, route) in [("/ops", "/stripe"), ("gw.example.com/ops", "gw.example.com/stripe")] {
            let told = with(mount, route, "").unwrap_err();
            assert_eq!(told.len(), 1, "{told:?}");
            assert!(
                told[0].contains("could act as the operator") && told[0].contains("`\"people\"`"),
                "{told:?}"
            );
        }
        let without = accepted("version = 1\n", "operator = { mount = \"/ops\", allow = [\"ci\"] }\n");
        assert_eq!(places(without), 1);
    }

    #[test]
    fn a_page_has_a_host_of_its_own() {
        let with = |mount: &str| {
            let operator = format!("operator = {{ mount = \"{mount}\", allow = [\"ci\"], page = true }}\n");
            outcome(&replaced(GATEWAY, "version = 1\n", &operator), WRANGLER)
        };
        for mount in ["ops.example.com", "ops.example.com/x"] {
            assert!(with(mount).unwrap().gateway.operator.unwrap().page, "{mount}");
        }
        let gateway = replaced(GATEWAY, "mount = \"/stripe\"", "mount = \"gw.example.com/stripe\"");
        for mount in ["gw.example.com", "gw.example.com/ops", "gw.example.com:8443"] {
            let operator = format!("operator = {{ mount = \"{mount}\", allow = [\"ci\"], page = true }}\n");
            let told = outcome(&replaced(&gateway, "version = 1\n", &operator), WRANGLER).unwrap_err();
            let shares = "the route `stripe` is mounted on `gw.example.com` too, and its responses could script the page";
            assert!(told.iter().any(|told| told.contains(shares)), "{mount}: {told:?}");
        }
        let off = "operator = { mount = \"/ops\", allow = [\"ci\"], page = false }\n";
        assert!(!accepted("version = 1\n", off).gateway.operator.unwrap().page);
    }

    #[test]
    fn every_environment_names_itself() {
        let gateway =
            replaced(GATEWAY, "version = 1\n", "operator = { mount = \"/ops\", allow = [\"ci\"] }\n");
        let bindings = WRANGLER.split_once("[[").map(|(_, bindings)| format!("[[{bindings}")).unwrap();
        let staging = bindings.replace("[[", "[[env.staging.");
        let with = |top: &str, variables: &str| {
            let wrangler =
                format!("{}{staging}{variables}", replaced(WRANGLER, "[vars]\n", &format!("[vars]\n{top}")));
            outcome(&gateway, &wrangler)
        };
        let accepted = with("", "[env.staging.vars]\nOSTIARY_ENVIRONMENT = \"staging\"\n").unwrap();
        let environments = accepted.gateway.operator.unwrap().environments;
        let names: Vec<_> = environments.iter().map(|environment| environment.name.as_deref()).collect();
        assert_eq!(names, [None, Some("staging")]);
        assert_eq!(environments[0].bindings, environments[1].bindings);
        let told = "gateway.toml:1:1: error: `ostiary rotate` could take one environment's gateway for another's: the \
                    variable `OSTIARY_ENVIRONMENT` of wrangler.toml does not name the environment";
        for (top, variables, place) in [
            (
                "",
                "",
                "in `[env.staging]`; found `operator`; write `OSTIARY_ENVIRONMENT = \"staging\"` in `[env.staging.vars]` there",
            ),
            (
                "",
                "[env.staging.vars]\nOSTIARY_ENVIRONMENT = \"live\"\n",
                "in `[env.staging]`; found `operator`; write `OSTIARY_ENVIRONMENT = \"staging\"` in `[env.staging.vars]` there",
            ),
            (
                "OSTIARY_ENVIRONMENT = \"live\"\n",
                "[env.staging.vars]\nOSTIARY_ENVIRONMENT = \"staging\"\n",
                "at its top level; found `operator`; remove it from `[vars]` there",
            ),
        ] {
            assert_eq!(with(top, variables).unwrap_err(), [format!("{told} {place}")]);
        }
    }

    #[test]
    fn a_caller_that_only_operates_is_used() {
        let checked = accepted(
            "[routes.stripe]\n",
            "[callers.ops]\nbearer_sha256 = [\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"]\n\
             [operator]\nmount = \"/ops\"\nallow = [\"ops\"]\n[routes.stripe]\n",
        );
        assert_eq!(checked.warnings, []);
    }
}
