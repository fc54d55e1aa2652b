//! `ostiary init`.

mod demo;
mod questions;
mod worker_name;

use std::fs;
use std::io;
use std::path::Path;

use clap::Args;
use clap::builder::PossibleValuesParser;
use serde::Serialize;
use toml_edit::{DocumentMut, Item, Table, value};

use crate::add::{add_route, next_steps};
use crate::configuration::ConfigurationArguments;
use crate::failure::Failure;
use crate::home::Home;
use crate::output::Output;
use crate::scaffold::{
    Change, Changes, GatewayFile, NewRoute, ShownChange, WranglerFile, find_known_api, known_api_names,
};
use crate::shell::GivenOptions;
use crate::token::{CallerToken, ShownToken};

/// Write a gateway.toml and a wrangler.toml with APIs and callers; on a terminal, ask for them if none is given.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Init {
    /// An API that Ostiary knows; may be given several times.
    #[arg(long = "api", value_name = "NAME", value_parser = PossibleValuesParser::new(known_api_names()),
          hide_possible_values = true)]
    apis: Vec<String>,
    /// A caller; may be given several times. Each one gets a token, and the rules of every API that is added.
    #[arg(long = "caller", value_name = "NAME")]
    callers: Vec<String>,
    /// Begin with the demo's configuration: two callers and an API that `make dev` serves beside the gateway.
    #[arg(long, conflicts_with_all = ["apis", "callers", "environments", "store_id"])]
    demo: bool,
    /// The name of the Worker, for a new wrangler.toml [default: the folder's]. A deployment replaces a Worker of this
    /// name in your account.
    #[arg(long, value_parser = worker_name::parse)]
    name: Option<String>,
    /// An environment besides the top level, for a new wrangler.toml; may be given several times.
    #[arg(long = "env", value_name = "NAME")]
    environments: Vec<String>,
    /// The store id of new bindings [default: that of the environment's other bindings].
    #[arg(long, value_name = "ID")]
    store_id: Option<String>,
    /// Replace both files if they exist.
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
  ostiary init --caller web --caller admin               `ostiary add` then adds an API of your own
  ostiary init --demo                                    the demo, in a folder of your own

Run it in a folder of your own: an upgrade of Ostiary does not touch that. The clone of Ostiary's repository that builds
the Worker is looked for in that folder and above it, under the name `ostiary`, unless OSTIARY_SOURCE names it.

Files that are there are added to, as by `ostiary add`, unless --replace is written.";

const GATEWAY: &str = include_str!("gateway.toml");
const WRANGLER: &str = include_str!("wrangler.toml");

/// The comment above an environment.
const INHERITS_NOTHING: &str = "An environment inherits no bindings, so it repeats each one.";

#[derive(Serialize)]
struct Report<'r> {
    changed: bool,
    changes: Vec<ShownChange>,
    tokens: Vec<ShownToken<'r>>,
    /// The name of the Worker in a new wrangler.toml.
    #[serde(skip_serializing_if = "Option::is_none")]
    worker: Option<&'r str>,
    next: Vec<String>,
}

impl Init {
    /// # Errors
    /// Returns an error if a file cannot be read or written, or the build would refuse the result.
    pub fn run(mut self, output: &mut Output) -> Result<(), Failure> {
        if self.demo {
            return self.begin_with_demo(output);
        }
        let (gateway_path, wrangler_path) = self.configuration.paths_or_default()?;
        let home = Home::find(self.configuration.folder())?;
        let (gateway_before, wrangler_before) = (existing(&gateway_path)?, existing(&wrangler_path)?);
        let is_new = wrangler_before.is_none() || self.replace;
        if self.apis.is_empty() && self.callers.is_empty() && questions::can_be_asked() {
            (self.apis, self.callers) = questions::ask()?;
            if is_new && self.name.is_none() {
                self.name = Some(questions::ask_name(&worker_name::of_folder(&home.folder_name()))?);
            }
        }
        let kept = |before: &Option<String>| before.clone().filter(|_| !self.replace);
        let gateway_text = kept(&gateway_before).unwrap_or_else(|| home.first_line() + GATEWAY);
        let wrangler_text = kept(&wrangler_before).map_or_else(|| self.new_wrangler(&home), Ok)?;
        let mut gateway = GatewayFile::parse(&gateway_text, &gateway_path.to_string_lossy())?;
        let mut wrangler = WranglerFile::parse(&wrangler_text, &wrangler_path.to_string_lossy())?;
        let tokens = self.add_callers(&mut gateway)?;
        let routes = self.routes(&gateway)?;
        let mut added = Vec::new();
        for route in &routes {
            added.push((route, add_route(route, self.store_id.as_deref(), &mut gateway, &mut wrangler)?));
        }
        let (gateway_change, wrangler_change) = (
            Change::new(&gateway_path, gateway_before, gateway.text()),
            Change::new(&wrangler_path, wrangler_before, wrangler.text()),
        );
        let changes = if gateway.has_routes() {
            Changes::checked(gateway_change, wrangler_change)?
        } else {
            Changes::without_routes(gateway_change, wrangler_change)?
        };
        if !self.dry_run {
            changes.write()?;
            ignore_what_is_built(&home, output)?;
        }
        let given = self.configuration.given();
        let next = match (changes.is_empty(), gateway.has_routes()) {
            (true, _) => Vec::new(),
            (false, true) => next_steps(&added, &given, home.dev_command(&gateway_path)),
            (false, false) => add_steps(&gateway.callers(), &given),
        };
        let worker = is_new.then(|| self.worker(&home));
        let next = home.clone_step().into_iter().filter(|_| !changes.is_empty()).chain(next).collect();
        self.report(&changes, &tokens, worker.as_deref(), next, output)
    }

    /// Writes the demo's two files. The demo is not added to existing files.
    fn begin_with_demo(&self, output: &mut Output) -> Result<(), Failure> {
        let (gateway_path, wrangler_path) = self.configuration.paths_or_default()?;
        let home = Home::find(self.configuration.folder())?;
        let gateway = demo::gateway(&home);
        let wrangler = self.wrangler(demo::WRANGLER, &home)?;
        let mut changes = Vec::new();
        for (path, after) in [(&gateway_path, gateway), (&wrangler_path, wrangler)] {
            let before = existing(path)?;
            let is_other = before.as_ref().is_some_and(|before| *before != after);
            let is_toml = path.extension().is_some_and(|extension| extension == "toml");
            if is_other && !(self.replace && is_toml) {
                let shown = path.display();
                let instead = "begin in another folder, or write it anew with --replace";
                return Err(Failure::usage(format_args!("{shown} is there already; {instead}")));
            }
            changes.push(Change::new(path, before, after));
        }
        let (Some(wrangler), Some(gateway)) = (changes.pop(), changes.pop()) else { return Ok(()) };
        let changes = Changes::checked(gateway, wrangler)?;
        if !self.dry_run {
            changes.write()?;
            ignore_what_is_built(&home, output)?;
        }
        let next = if changes.is_empty() {
            Vec::new()
        } else {
            demo::next_steps(&home, &gateway_path, &self.configuration.given())
        };
        self.report(&changes, &[], Some(&self.worker(&home)), next, output)
    }

    fn report(
        &self,
        changes: &Changes,
        tokens: &[(&str, CallerToken)],
        worker: Option<&str>,
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
                worker,
                next,
            });
        }
        if changes.is_empty() {
            return output.line("Everything exists already. Nothing is changed.");
        }
        if self.dry_run {
            changes.print(output)?;
            output.note(if tokens.is_empty() {
                "Nothing is written."
            } else {
                "Nothing is written. The tokens of these digests are not kept."
            });
            return Ok(());
        }
        output.line(format!("Wrote {}.", changes.paths().join(" and ")))?;
        if let Some(worker) = worker {
            output.line(format!(
                "The Worker is called `{worker}`. A deployment replaces a Worker of this name in your account."
            ))?;
        }
        output.line("")?;
        for (caller, token) in tokens {
            token.print(caller, output)?;
            output.line("")?;
        }
        output.line("Next:")?;
        next.into_iter().try_for_each(|step| output.line(step))
    }

    /// Adds the callers that do not exist, each with a new token.
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
        if callers.is_empty() {
            let known = known_api_names().collect::<Vec<_>>().join(", ");
            return Err(Failure::usage(format_args!(
                "a gateway needs a caller: `ostiary init --caller web`, and perhaps `--api stripe`; the known APIs are {known}"
            )));
        }
        let known = self.apis.iter().filter_map(|name| find_known_api(name)).map(NewRoute::known);
        Ok(known.map(|route| NewRoute { callers: callers.clone(), ..route }).collect())
    }

    /// The name of the Worker in a new wrangler.toml.
    fn worker(&self, home: &Home) -> String {
        self.name.clone().unwrap_or_else(|| worker_name::of_folder(&home.folder_name()))
    }

    fn new_wrangler(&self, home: &Home) -> Result<String, Failure> {
        self.wrangler(WRANGLER, home)
    }

    /// The template with the Worker's name, the build by the clone, and the environments.
    fn wrangler(&self, template: &str, home: &Home) -> Result<String, Failure> {
        let mut document: DocumentMut =
            template.parse().map_err(|error| Failure::failed(format_args!("wrangler.toml: {error}")))?;
        // Only the value is set, so that the comment above the key is kept.
        if let Some(name) = document.get_mut("name") {
            *name = value(self.worker(home));
        }
        if let (Some(command), Some(build)) =
            (home.build_command(), document.get_mut("build").and_then(Item::as_table_mut))
        {
            set(build, "command", command.into());
            set(build, "watch_dir", ["gateway.toml"].into_iter().collect::<toml_edit::Array>().into());
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

/// The next steps if there is no API yet. One caller need not be named.
fn add_steps(callers: &[String], given: &GivenOptions) -> Vec<String> {
    let named = if callers.len() == 1 { &[][..] } else { callers };
    let step = |about: &str, words: &str| {
        let add = named.iter().fold(given.command(words), |add, caller| add.option("--caller", caller));
        format!("  {about}:\n    {add}")
    };
    vec![
        step("Add an API that Ostiary knows", "add stripe"),
        step("Add any other API", "add --name items --upstream https://api.example.com --header x-api-key"),
    ]
}

/// Sets only the value, so that the comment above the key is kept.
fn set(table: &mut Table, key: &str, new: toml_edit::Value) {
    if let Some(item) = table.get_mut(key) {
        *item = Item::Value(new);
    }
}

fn existing(path: &Path) -> Result<Option<String>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::usage(format_args!("cannot read {}: {error}", path.display()))),
    }
}

fn ignore_what_is_built(home: &Home, output: &mut Output) -> Result<(), Failure> {
    if home.ignore_what_is_built()? {
        output.note("git ignores what is built, and the values of the local store: .gitignore.");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts that a Worker needs besides bindings and variables are the same as in the sample.
    #[test]
    fn the_new_wrangler_file_builds_the_worker_as_the_sample_does() {
        let sample: DocumentMut = include_str!("../../../../wrangler.toml").parse().unwrap();
        let new: DocumentMut = WRANGLER.parse().unwrap();
        for key in ["main", "compatibility_date", "build", "observability"] {
            assert_eq!(new[key].to_string(), sample[key].to_string(), "{key}");
        }
    }
}
