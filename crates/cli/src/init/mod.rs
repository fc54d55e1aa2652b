//! `ostiary init`.

mod questions;

use std::fs;
use std::io;
use std::path::Path;

use clap::Args;
use clap::builder::PossibleValuesParser;
use serde::Serialize;
use toml_edit::{DocumentMut, Table, value};

use crate::add::{add_route, next_steps};
use crate::configuration::ConfigurationArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::scaffold::{
    Change, Changes, GatewayFile, NewRoute, ShownChange, WranglerFile, find_known_api, known_api_names,
};
use crate::token::{CallerToken, ShownToken};

/// Write a gateway.toml and a wrangler.toml with APIs and callers; on a terminal it asks for what is not named.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Init {
    /// An API that Ostiary knows, once for each.
    #[arg(long = "api", value_name = "NAME", value_parser = PossibleValuesParser::new(known_api_names()),
          hide_possible_values = true)]
    apis: Vec<String>,
    /// A caller, once for each. Each one gets a token, and the rules of every API that is added.
    #[arg(long = "caller", value_name = "NAME")]
    callers: Vec<String>,
    /// The name of the Worker, where wrangler.toml is new.
    #[arg(long, default_value = "ostiary")]
    name: String,
    /// An environment besides the top level, where wrangler.toml is new, once for each.
    #[arg(long = "env", value_name = "NAME")]
    environments: Vec<String>,
    /// The store of new bindings [default: that of the environment's other bindings].
    #[arg(long, value_name = "ID")]
    store_id: Option<String>,
    /// Write both files anew, although they are there.
    #[arg(long)]
    replace: bool,
    /// Show the changes, and write nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    configuration: ConfigurationArguments,
}

const EXAMPLES: &str = "\
Examples:
  ostiary init
  ostiary init --api stripe --api openai --caller web --caller admin
  ostiary init --api stripe --caller web --env staging --dry-run

Files that are there are added to, as by `ostiary add`, unless --replace is written.";

const GATEWAY: &str = include_str!("gateway.toml");
const WRANGLER: &str = include_str!("wrangler.toml");
/// Where this repository has the schema of gateway.toml.
const SCHEMA: &str = "docs/gateway.schema.json";

/// The comment above an environment.
const INHERITS_NOTHING: &str = "An environment inherits no binding: it repeats each one.";

#[derive(Serialize)]
struct Report<'r> {
    changed: bool,
    changes: Vec<ShownChange>,
    tokens: Vec<ShownToken<'r>>,
    next: Vec<String>,
}

impl Init {
    /// # Errors
    /// Where a file cannot be read or written, or the build would refuse the result.
    pub fn run(mut self, output: &mut Output) -> Result<(), Failure> {
        if self.apis.is_empty() && self.callers.is_empty() && questions::can_be_asked() {
            (self.apis, self.callers) = questions::ask()?;
        }
        let (gateway_path, wrangler_path) = self.configuration.paths_or_default()?;
        let (gateway_before, wrangler_before) = (existing(&gateway_path)?, existing(&wrangler_path)?);
        let kept = |before: &Option<String>| before.clone().filter(|_| !self.replace);
        let gateway_text = kept(&gateway_before).unwrap_or_else(|| new_gateway(&gateway_path));
        let wrangler_text = kept(&wrangler_before).map_or_else(|| self.new_wrangler(), Ok)?;
        let mut gateway = GatewayFile::parse(&gateway_text, &gateway_path.to_string_lossy())?;
        let mut wrangler = WranglerFile::parse(&wrangler_text, &wrangler_path.to_string_lossy())?;
        let tokens = self.add_callers(&mut gateway)?;
        let routes = self.routes(&gateway)?;
        let mut stores = Vec::new();
        for route in &routes {
            stores.extend(add_route(route, self.store_id.as_deref(), &mut gateway, &mut wrangler)?);
        }
        let changes = Changes::checked(
            Change::new(&gateway_path, gateway_before, gateway.text()),
            Change::new(&wrangler_path, wrangler_before, wrangler.text()),
        )?;
        if !self.dry_run {
            changes.write()?;
        }
        let next = if changes.is_empty() {
            Vec::new()
        } else {
            next_steps(&routes.iter().collect::<Vec<_>>(), &stores)
        };
        self.report(&changes, &tokens, next, output)
    }

    fn report(
        &self,
        changes: &Changes,
        tokens: &[(&str, CallerToken)],
        next: Vec<String>,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let is_written = !changes.is_empty() && !self.dry_run;
        if output.is_json() {
            let shown = tokens.iter().filter(|_| is_written).map(|(caller, token)| token.shown(caller));
            return output.json(&Report {
                changed: is_written,
                changes: changes.shown(),
                tokens: shown.collect(),
                next,
            });
        }
        if changes.is_empty() {
            return output.line("All of it is there already. Nothing is changed.");
        }
        if self.dry_run {
            changes.print(output)?;
            output.note("Nothing is written. The digests are those of tokens which nobody keeps.");
            return Ok(());
        }
        output.line(format!("Wrote {}.\n", changes.paths().join(" and ")))?;
        for (caller, token) in tokens {
            token.print(caller, output)?;
            output.line("")?;
        }
        output.line("Next:")?;
        next.into_iter().try_for_each(|step| output.line(step))
    }

    /// Adds the callers that are not there yet, each with a new token.
    fn add_callers(&self, gateway: &mut GatewayFile) -> Result<Vec<(&str, CallerToken)>, Failure> {
        let mut tokens = Vec::new();
        for caller in &self.callers {
            if !gateway.has_caller(caller) {
                let token = CallerToken::new(caller)?;
                gateway.add_caller(caller, token.digest())?;
                tokens.push((caller.as_str(), token));
            }
        }
        Ok(tokens)
    }

    fn routes(&self, gateway: &GatewayFile) -> Result<Vec<NewRoute>, Failure> {
        let callers = if self.callers.is_empty() { gateway.callers() } else { self.callers.clone() };
        if callers.is_empty() || (self.apis.is_empty() && !gateway.has_routes()) {
            let known = known_api_names().collect::<Vec<_>>().join(", ");
            return Err(Failure::usage(format_args!(
                "a gateway has a caller and an API: `ostiary init --caller web --api stripe`; the known APIs are {known}"
            )));
        }
        let known = self.apis.iter().filter_map(|name| find_known_api(name)).map(NewRoute::known);
        Ok(known.map(|route| NewRoute { callers: callers.clone(), ..route }).collect())
    }

    fn new_wrangler(&self) -> Result<String, Failure> {
        let mut document: DocumentMut =
            WRANGLER.parse().map_err(|error| Failure::failed(format_args!("wrangler.toml: {error}")))?;
        // The value alone: the comment above the key stays.
        if let Some(name) = document.get_mut("name") {
            *name = value(&self.name);
        }
        if !self.environments.is_empty() {
            let mut named = Table::new();
            named.set_implicit(true);
            for environment in &self.environments {
                let mut table = Table::new();
                table
                    .decor_mut()
                    .set_prefix(format!("\n# `wrangler deploy --env {environment}`. {INHERITS_NOTHING}\n"));
                named.insert(environment, toml_edit::Item::Table(table));
            }
            document.insert("env", toml_edit::Item::Table(named));
        }
        Ok(document.to_string())
    }
}

/// A gateway.toml without routes. Its first line names the schema for editors, where there is one.
fn new_gateway(path: &Path) -> String {
    let folder = path.parent().unwrap_or(Path::new(""));
    if folder.join(SCHEMA).exists() { format!("#:schema ./{SCHEMA}\n{GATEWAY}") } else { GATEWAY.to_owned() }
}

fn existing(path: &Path) -> Result<Option<String>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::usage(format_args!("cannot read {}: {error}", path.display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a Worker needs besides bindings and variables: the sample has the same.
    #[test]
    fn the_new_wrangler_file_builds_the_worker_as_the_sample_does() {
        let sample: DocumentMut = include_str!("../../../../wrangler.toml").parse().unwrap();
        let new: DocumentMut = WRANGLER.parse().unwrap();
        for key in ["main", "compatibility_date", "build", "observability"] {
            assert_eq!(new[key].to_string(), sample[key].to_string(), "{key}");
        }
    }
}
