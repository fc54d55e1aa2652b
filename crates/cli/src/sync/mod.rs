//! `ostiary sync`.

mod comparison;

use std::path::PathBuf;

use clap::Args;
use ostiary_core::configuration::Gateway;
use ostiary_secrets_store::{Changes, NewSecret, Scope, StoreId};
use serde_json::json;

use crate::api::{Api, StoreArguments};
use crate::batch::{self, Entry};
use crate::configuration::{ConfigurationArguments, Environment};
use crate::failure::Failure;
use crate::operator::{Operator, OperatorArguments};
use crate::output::{Output, Tone, toned};
use comparison::{Difference, Line, compare};

/// Bring a store to what a file says.
///
/// What is missing is created. The store gives no value back, so what is there already is left alone unless --update
/// is written. With --gateway the gateway proves which values are equal already, for secrets that it binds, and
/// --update changes those that are not. Nothing is deleted unless --delete is written.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Sync {
    /// A JSON or dotenv file of values, by the store's names; `-` is standard input.
    #[arg(long, value_name = "PATH")]
    from: PathBuf,
    /// Change what is there, unless it is proved to be equal.
    #[arg(long)]
    update: bool,
    /// Delete what the file does not have.
    #[arg(long)]
    delete: bool,
    /// Print what would be done, by name.
    #[arg(long)]
    dry_run: bool,
    /// Who may use what is created; separated by commas.
    #[arg(long, value_delimiter = ',', default_value = "workers", value_name = "SCOPES")]
    scopes: Vec<Scope>,
    /// The environment of wrangler.toml that the gateway runs; without it, the top level.
    #[arg(long, value_name = "NAME")]
    env: Option<String>,
    #[command(flatten)]
    store: StoreArguments,
    #[command(flatten)]
    configuration: ConfigurationArguments,
    #[command(flatten)]
    operator: OperatorArguments,
}

const EXAMPLES: &str = "\
Examples:
  ostiary sync --from .env.production --dry-run
  ostiary sync --from secrets.json --update
  ostiary sync --from secrets.json --update --gateway https://ops.gw.example.com

In the diff: + missing, = equal, ~ not equal, ? there (its value cannot be read back), - not in the file.";

/// What is done about one line.
#[derive(Clone, Copy)]
enum Action {
    Create,
    Update,
    Delete,
    Keep,
}

impl Sync {
    /// # Errors
    /// Where the file or the store cannot be read, or at least one secret could not be brought to what it should be.
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        let Self { from, update, delete, dry_run, scopes, env, store, configuration, operator } = self;
        let entries = batch::read(&from)?;
        let prover = if operator.is_given() {
            let (gateway, environment) =
                (configuration.gateway()?, configuration.environment(env.as_deref())?);
            Some(Prover { gateway, environment, operator: operator.open()? })
        } else {
            None
        };
        let (api, store) = store.open()?;
        let lines = compare(entries, api.secrets(&store)?, |entry| match &prover {
            Some(prover) => prover.equal(&store, entry),
            None => Ok(None),
        })?;

        let mut rows = Vec::new();
        let mut failed = 0_usize;
        for line in lines {
            let action = action(line.difference, update, delete);
            let (name, difference) = (line.name.clone(), line.difference);
            let done = if dry_run { Ok(()) } else { act(&api, &store, line, action, &scopes) };
            let reason = done.err().map(|failure| failure.message().unwrap_or_default().to_owned());
            failed = failed.saturating_add(usize::from(reason.is_some()));
            if output.is_json() {
                rows.push(json!({
                    "name": name, "difference": difference, "action": word(action, dry_run), "failure": reason,
                }));
            } else {
                let word = toned(tone(action, reason.is_some()), word(action, dry_run));
                let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
                output.line(&format!("{} {name}  {word}{reason}", difference.sign()))?;
            }
        }
        if output.is_json() {
            output.json(&rows)?;
        }
        if failed == 0 {
            return Ok(());
        }
        output.note(&format!("{failed} failed; run the same again to go on"));
        Err(Failure::Found)
    }
}

/// Asks the gateway whether it reads a value already.
struct Prover {
    gateway: Gateway,
    environment: Environment,
    operator: Operator,
}

impl Prover {
    /// `None` where no source of the gateway's is bound to the secret, or the gateway cannot read it.
    fn equal(&self, store: &StoreId, entry: &Entry) -> Result<Option<bool>, Failure> {
        for secret in self.gateway.secrets.iter() {
            for (position, source) in secret.sources.iter().enumerate() {
                let Some(binding) = self.environment.binding(&source.binding) else { continue };
                if binding.store == *store && binding.secret == entry.name {
                    let probed = self.operator.read(&secret.name, position)?;
                    let is_read = matches!(probed.outcome(&secret.name), "ok" | "invalid");
                    return Ok(is_read.then(|| probed.proves(&secret.name, &entry.value)));
                }
            }
        }
        Ok(None)
    }
}

fn action(difference: Difference, update: bool, delete: bool) -> Action {
    match difference {
        Difference::Missing => Action::Create,
        Difference::Differs | Difference::Present if update => Action::Update,
        Difference::Extra if delete => Action::Delete,
        Difference::Same | Difference::Differs | Difference::Present | Difference::Extra => Action::Keep,
    }
}

fn act(api: &Api, store: &StoreId, line: Line, action: Action, scopes: &[Scope]) -> Result<(), Failure> {
    match (action, line.entry, line.id) {
        (Action::Create, Some(Entry { name, value, scopes: own, comment }), _) => {
            let scopes = own.unwrap_or_else(|| scopes.to_vec());
            api.send(&api.account.create_secret(store, &NewSecret { name, value, scopes, comment }))?;
        }
        (Action::Update, Some(Entry { value, scopes, comment, .. }), Some(id)) => {
            let changes = Changes { value: Some(value), scopes, comment };
            api.send(&api.account.update_secret(store, &id, &changes))?;
        }
        (Action::Delete, _, Some(id)) => api.send(&api.account.delete_secret(store, &id))?,
        _ => {}
    }
    Ok(())
}

fn word(action: Action, dry_run: bool) -> &'static str {
    match (action, dry_run) {
        (Action::Create, false) => "created",
        (Action::Create, true) => "would be created",
        (Action::Update, false) => "updated",
        (Action::Update, true) => "would be updated",
        (Action::Delete, false) => "deleted",
        (Action::Delete, true) => "would be deleted",
        (Action::Keep, _) => "kept",
    }
}

fn tone(action: Action, failed: bool) -> Tone {
    match action {
        _ if failed => Tone::Bad,
        Action::Create | Action::Update => Tone::Good,
        Action::Delete | Action::Keep => Tone::Odd,
    }
}
