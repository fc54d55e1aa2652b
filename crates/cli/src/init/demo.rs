//! The demo's configuration, as the start of the user's own gateway.

use std::path::Path;

use crate::home::Home;
use crate::shell::GivenOptions;

const GATEWAY: &str = include_str!("../../../../gateway.toml");
/// The demo's wrangler configuration, with the build of the clone.
pub const WRANGLER: &str = include_str!("../../../../wrangler.toml");
/// The store and the secrets that the demo's configuration binds at its top level.
const STORE: &str = "demo";
const SECRETS: [&str; 3] = ["demo-key", "demo-key-2", "caller-token"];

/// The demo's gateway.toml, whose first line has the schema for editors.
pub fn gateway(home: &Home) -> String {
    let rest = GATEWAY.split_once('\n').map_or(GATEWAY, |(_, rest)| rest);
    home.first_line() + rest
}

/// The commands that run it.
pub fn next_steps(home: &Home, gateway: &Path, given: &GivenOptions) -> Vec<String> {
    let mut steps: Vec<String> = home.clone_step().into_iter().collect();
    if let Some(run) = home.dev_command(gateway) {
        steps.push("  Run the gateway with the demo's API beside it. It prints a call to try:".to_owned());
        steps.push(format!("    {run}"));
    }
    steps.push(format!(
        "  `{} dev` runs the gateway alone. Its secrets need values of your choice then:",
        home.wrangler_words()
    ));
    for secret in SECRETS {
        let create = given.command("secrets create --local").option("--store", STORE).operands(&[secret]);
        steps.push(format!("    {create}"));
    }
    steps
}

#[cfg(test)]
mod tests {
    use ostiary_grammar::{File, environments};

    use super::*;

    #[test]
    fn the_steps_name_what_the_configuration_binds() {
        let bound = environments(File { path: "wrangler.toml", text: WRANGLER }).unwrap().remove(0).bindings;
        let places: Vec<_> =
            bound.iter().map(|binding| (binding.store_id.as_str(), binding.secret_name.as_str())).collect();
        assert_eq!(places, SECRETS.map(|secret| (STORE, secret)));
        assert!(GATEWAY.starts_with("#:schema "));
    }
}
