//! The next steps after a route has been added.

use std::collections::BTreeSet;

use crate::scaffold::{LOCAL_STORE, NewRoute};
use crate::shell::GivenOptions;

/// A request that the first rule admits.
fn admitted(route: &NewRoute) -> (String, String) {
    let rule = route.rules.first().map_or("GET /**", String::as_str);
    let (methods, pattern) = rule.split_once(' ').unwrap_or(("GET", rule));
    let method = methods.split(',').next().filter(|method| *method != "*").unwrap_or("GET");
    let path = pattern.trim().replace("/**", "/example").replace('*', "example");
    (method.to_owned(), format!("/{}{path}", route.name))
}

/// The steps, one line each. Their commands mean the configuration that is given.
pub fn next_steps(routes: &[&NewRoute], stores: &[String], given: &GivenOptions) -> Vec<String> {
    let distinct: BTreeSet<&str> = stores.iter().map(String::as_str).collect();
    let mut steps = Vec::new();
    for route in routes {
        steps.push(format!(
            "  The value of `{}` is {}. For `wrangler dev`:",
            route.secret_name(),
            route.value()
        ));
        let name = route.secret_name();
        let local = given.command("secrets create --local");
        let local = stores.first().into_iter().fold(local, |command, store| command.option("--store", store));
        steps.push(format!("    {}", local.operands(&[&name])));
        for store in distinct.iter().filter(|store| **store != LOCAL_STORE) {
            let create = given.command("secrets create").option("--store", store);
            steps.push(format!("  In the account's store `{store}`:"));
            steps.push(format!("    {}", create.operands(&[&name])));
        }
    }
    if distinct.contains(LOCAL_STORE) {
        steps.push(format!(
            "  Before a deployment: write your store's id in place of `{LOCAL_STORE}`; `{}` shows it.",
            given.command("stores list")
        ));
    }
    steps.push("  Check the configuration, and try a request:".to_owned());
    steps.push(format!("    {}", given.command("check")));
    for route in routes {
        let (method, path) = admitted(route);
        let explain = given.command("explain");
        let explain = route
            .callers
            .first()
            .into_iter()
            .fold(explain, |command, caller| command.option("--caller", caller));
        steps.push(format!("    {}", explain.operands(&[&method, &path])));
    }
    steps
}
