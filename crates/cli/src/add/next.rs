//! The next steps after a route has been added.

use crate::scaffold::{BoundSecret, LOCAL_STORE, NewRoute};
use crate::shell::GivenOptions;

/// A request that the first rule admits.
fn admitted(route: &NewRoute) -> (String, String) {
    let rule = route.rules.first().map_or("GET /**", String::as_str);
    let (methods, pattern) = rule.split_once(' ').unwrap_or(("GET", rule));
    let method = methods.split(',').next().filter(|method| *method != "*").unwrap_or("GET");
    let path = pattern.trim().replace("/**", "/example").replace('*', "example");
    (method.to_owned(), format!("/{}{path}", route.name))
}

/// The steps for the routes, each with the secrets that were newly bound for it, one line each. Their commands mean the
/// configuration that is given. `run` is the command that runs the gateway, if there is one for this configuration.
pub fn next_steps(
    routes: &[(&NewRoute, Vec<BoundSecret>)],
    given: &GivenOptions,
    run: Option<String>,
) -> Vec<String> {
    let mut steps = Vec::new();
    for (route, bound) in routes {
        steps.extend(value_steps(route, bound, given));
    }
    let is_local = |secret: &BoundSecret| secret.store == LOCAL_STORE;
    if routes.iter().any(|(_, bound)| bound.iter().any(is_local)) {
        steps.push(format!(
            "  Before a deployment: write your store's id in place of `{LOCAL_STORE}`; `{}` shows it.",
            given.command("stores list")
        ));
    }
    steps.push("  Check the configuration, and try a request:".to_owned());
    steps.push(format!("    {}", given.command("check")));
    for (route, _) in routes {
        let (method, path) = admitted(route);
        let explain = given.command("explain");
        let explain = route
            .callers
            .first()
            .into_iter()
            .fold(explain, |command, caller| command.option("--caller", caller));
        steps.push(format!("    {}", explain.operands(&[&method, &path])));
    }
    if let Some(run) = run {
        steps.push("  Run the gateway on this machine:".to_owned());
        steps.push(format!("    {run}"));
    }
    steps
}

/// The steps for the values of the secrets that were newly bound. Environments may share one.
fn value_steps(route: &NewRoute, bound: &[BoundSecret], given: &GivenOptions) -> Vec<String> {
    let mut distinct: Vec<&BoundSecret> = Vec::new();
    for secret in bound {
        if !distinct.contains(&secret) {
            distinct.push(secret);
        }
    }
    let mut names: Vec<String> = Vec::new();
    for name in distinct.iter().map(|secret| format!("`{}`", secret.name)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return Vec::new();
    }
    let create = |command: &str, secret: &BoundSecret| {
        let create = given.command(command).option("--store", &secret.store);
        format!("    {}", create.operands(&[&secret.name]))
    };
    let mut steps =
        vec![format!("  The value of {} is {}. On this machine:", names.join(" and of "), route.value())];
    steps.extend(distinct.iter().map(|secret| create("secrets create --local", secret)));
    let mut stores: Vec<&str> = Vec::new();
    for secret in distinct.iter().filter(|secret| secret.store != LOCAL_STORE) {
        if !stores.contains(&secret.store.as_str()) {
            stores.push(&secret.store);
        }
    }
    for store in stores {
        steps.push(format!("  In the account's store `{store}`:"));
        let here = distinct.iter().filter(|secret| secret.store == store);
        steps.extend(here.map(|secret| create("secrets create", secret)));
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_secret_that_was_newly_bound_is_named_with_its_store() {
        let route = NewRoute::unknown("items", "https://items.example.com");
        let steps = |bound: &[(&str, &str)]| {
            let secret = |(store, name): &(&str, &str)| BoundSecret {
                store: (*store).to_owned(),
                name: (*name).to_owned(),
            };
            let bound = bound.iter().map(secret).collect();
            next_steps(&[(&route, bound)], &GivenOptions::default(), Some("make dev".to_owned()))
        };
        let shown = steps(&[("one", "items-key"), ("one", "staging-items-key"), ("two", "items-key")]);
        assert_eq!(
            shown[..9],
            [
                "  The value of `items-key` and of `staging-items-key` is the API key. On this machine:",
                "    ostiary secrets create --local --store one items-key",
                "    ostiary secrets create --local --store one staging-items-key",
                "    ostiary secrets create --local --store two items-key",
                "  In the account's store `one`:",
                "    ostiary secrets create --store one items-key",
                "    ostiary secrets create --store one staging-items-key",
                "  In the account's store `two`:",
                "    ostiary secrets create --store two items-key",
            ]
        );
        let later = steps(&[("one", "staging-items-key")]).join("\n");
        assert!(later.contains("--store one staging-items-key") && !later.contains(" items-key"), "{later}");
        let local = steps(&[(LOCAL_STORE, "items-key")]).join("\n");
        assert!(local.contains("write your store's id") && !local.contains("account's store"), "{local}");
        assert!(!steps(&[]).join("\n").contains("secrets create"), "nothing was bound");
        assert!(
            steps(&[])
                .ends_with(&["  Run the gateway on this machine:".to_owned(), "    make dev".to_owned()])
        );
    }
}
