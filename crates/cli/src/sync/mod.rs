//! `ostiary sync`.

mod action;
mod comparison;
mod execution;
mod prover;

use std::path::PathBuf;

use clap::Args;
use ostiary_secrets_store::Scope;

use crate::api::StoreArguments;
use crate::batch;
use crate::bound::Bound;
use crate::configuration::ConfigurationArguments;
use crate::failure::Failure;
use crate::operator::OperatorArguments;
use crate::output::Output;
use crate::value_check::{ValueArguments, ValueCheck};
use action::{Action, Wanted};
use comparison::compare;
use execution::Execution;
use prover::{Proof, Prover};

/// Make a store match a file.
///
/// Missing secrets are created. The store returns no values, so existing secrets are only changed with --update. With
/// --gateway, the gateway proves which values are equal already, for secrets that it binds, and --update changes only
/// the others. A secret that the gateway binds and cannot read is kept. Nothing is deleted without --delete.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Sync {
    /// A JSON or dotenv file of values, by the store's names; `-` is standard input.
    #[arg(long, value_name = "PATH")]
    from: PathBuf,
    /// Change existing secrets, unless their values are proved to be equal.
    #[arg(long)]
    update: bool,
    #[command(flatten)]
    deletion: Deletion,
    #[command(flatten)]
    value: ValueArguments,
    /// Print what would be done, by name.
    #[arg(long)]
    dry_run: bool,
    /// The scopes of new secrets, separated by commas.
    #[arg(long, value_delimiter = ',', default_value = "workers", value_name = "SCOPES")]
    scopes: Vec<Scope>,
    /// The environment of wrangler's configuration that the gateway runs; without it, the top level.
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
  ostiary sync --from secrets.json --delete --dry-run

In the diff: + missing, = equal, ~ not equal, ? there, with a value that
nobody could compare, - not in the file.";

/// The options for deletions.
#[derive(Args)]
struct Deletion {
    /// Delete secrets that are not in the file, once everything else has succeeded. Secrets that wrangler's
    /// configuration binds in any environment are kept.
    #[arg(long)]
    delete: bool,
    /// Also delete secrets that wrangler's configuration binds.
    #[arg(long, requires = "delete")]
    delete_bound: bool,
    /// Delete without a confirmation.
    #[arg(long)]
    yes: bool,
}

impl Sync {
    /// # Errors
    /// The file or the store cannot be read, or at least one action has failed.
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        let entries = batch::read(&self.from)?;
        if self.deletion.delete && entries.is_empty() {
            return Err(Failure::usage(format_args!(
                "{} holds no secret, so --delete would empty the store; `ostiary secrets delete` deletes by name",
                self.from.display()
            )));
        }
        let (api, store) = self.store.open_for(&self.configuration)?;
        let prover = Prover::new(&self.configuration, self.env.as_deref(), self.operator, &api)?;
        let check = ValueCheck::new(&self.configuration, &self.value, output)?;
        check.store(&store, self.update || self.deletion.delete, output)?;
        let store = store.id;
        entries.iter().try_for_each(|entry| check.stored(&store, &entry.name, &entry.value))?;
        if let Some(prover) = &prover {
            prover.check_tokens(&store, &entries, self.update)?;
        }
        let wanted = Wanted { update: self.update, delete: self.deletion.delete };
        let bound = if self.deletion.delete && !self.deletion.delete_bound {
            Bound::new(
                &self
                    .configuration
                    .environments_of_gateway()
                    .map_err(|failure| unknown_bindings(&failure))?,
                &store,
            )
        } else {
            Bound::default()
        };
        let lines = compare(entries, api.secrets(&store)?, |entry| match &prover {
            Some(prover) => prover.prove(&store, entry),
            None => Ok(Proof::Unbound),
        })?;
        let decided = lines.into_iter().map(|line| {
            let action = Action::new(&line, wanted, &bound);
            (line, action)
        });
        let (dry_run, confirmed) = (self.dry_run, self.deletion.yes);
        let execution = Execution { api: &api, store: &store, scopes: &self.scopes, dry_run, confirmed };
        execution.run(decided.collect(), output)
    }
}

fn unknown_bindings(failure: &Failure) -> Failure {
    Failure::usage(format_args!(
        "--delete has to know what is bound, and {failure}; name the Worker's configuration with --wrangler, or write \
         --delete-bound"
    ))
}
