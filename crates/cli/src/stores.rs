//! `ostiary stores`.

use clap::{Args, Subcommand};
use ostiary_secrets_store::Store;
use serde_json::json;

use crate::age::Age;
use crate::api::{AccountArguments, Api, ApiFailure, ChosenStore};
use crate::bound::Bound;
use crate::configuration::ConfigurationArguments;
use crate::confirmation::{can_be_asked, is_confirmed};
use crate::failure::Failure;
use crate::output::{Output, Text, Tone};
use crate::printable::Printable;

/// List, create, show and delete stores.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Stores {
    #[command(flatten)]
    account: AccountArguments,
    #[command(flatten)]
    configuration: ConfigurationArguments,
    #[command(subcommand)]
    operation: Operation,
}

const EXAMPLES: &str = "\
Examples:
  ostiary stores list
  ostiary stores create production
  ostiary stores delete production
  ostiary stores list --local";

#[derive(Subcommand)]
enum Operation {
    /// List all stores.
    List,
    /// Create a store.
    Create {
        /// The store's name.
        name: String,
    },
    /// Show one store.
    Get {
        /// The store's name or id.
        store: String,
    },
    /// Delete an empty store.
    Delete(DeleteArguments),
}

#[derive(Args)]
struct DeleteArguments {
    /// The store's name or id.
    store: String,
    /// Also delete all its secrets. If no question can be asked, this needs --yes.
    #[arg(long)]
    force: bool,
    /// Delete it even if wrangler's configuration binds secrets in it, or is not known.
    #[arg(long, requires = "force")]
    delete_bound: bool,
    /// Delete without asking. There is a question only on a terminal.
    #[arg(long)]
    yes: bool,
}

impl Stores {
    /// # Errors
    /// Returns an error if the API refuses.
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        let api = self.account.open_for(&self.configuration)?;
        match self.operation {
            Operation::List => {
                let stores = api.all(&api.account.stores(None))?;
                if output.is_json() { output.json(&stores) } else { show(&stores, output) }
            }
            Operation::Create { name } => {
                let store = api.send(&api.account.create_store(&name)).map_err(|failure| {
                    Failure::failed(format_args!("cannot create the store `{}`: {failure}", Printable(&name)))
                })?;
                show_one(&store, output)
            }
            Operation::Get { store } => {
                show_one(&api.send(&api.account.store(&api.store_named(&store)?.id))?, output)
            }
            Operation::Delete(delete) => delete.run(&api, &self.configuration, output),
        }
    }
}

impl DeleteArguments {
    fn run(
        self,
        api: &Api,
        configuration: &ConfigurationArguments,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let store = api.store_named(&self.store)?;
        if self.force {
            self.spare_what_is_bound(&store, configuration, output)?;
            if !self.yes && !can_be_asked() {
                return Err(Failure::usage(
                    "--force deletes all secrets of the store, and no question can be asked; write --yes to delete them",
                ));
            }
        }
        let with = if self.force { " with all its secrets" } else { "" };
        let question = format!("Delete the store `{}`{with}?", store.name);
        if !self.yes && !is_confirmed(&question, "write --yes to delete without a question")? {
            return Err(Failure::failed("nothing is deleted"));
        }
        api.delete_store(&store.id, self.force).map_err(|failure| not_deleted(&store, &failure))?;
        if output.is_json() {
            return output.json(&json!({ "deleted": [store.id] }));
        }
        output.line(format!("deleted {}", Printable(&store.name)))
    }

    /// Warns of each secret that is bound. Without `--delete-bound` this is an error, because the user has not named
    /// these secrets.
    fn spare_what_is_bound(
        &self,
        store: &ChosenStore,
        configuration: &ConfigurationArguments,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let environments = match configuration.environments_of_gateway() {
            Ok(environments) => environments,
            Err(_) if self.delete_bound => return Ok(()),
            Err(failure) => {
                return Err(Failure::usage(format_args!(
                    "--force has to know what is bound, and {failure}; name the Worker's configuration with --wrangler, \
                     or write --delete-bound"
                )));
            }
        };
        let bound = Bound::new(&environments, &store.id);
        let mut count = 0_usize;
        for (name, places) in bound.all() {
            count = count.saturating_add(1);
            output.note(Text::default().toned(Tone::Odd, "warning:").plain(format!(
                " `{name}` is bound by {places}: requests that need it fall back to its other sources, or fail"
            )));
        }
        if count == 0 || self.delete_bound {
            return Ok(());
        }
        Err(Failure::failed(format_args!(
            "nothing is deleted: wrangler's configuration binds {count} of the secrets in the store `{}`; \
             --delete-bound deletes it all the same",
            Printable(&store.name)
        )))
    }
}

fn not_deleted(store: &ChosenStore, failure: &ApiFailure) -> Failure {
    Failure::failed(format_args!("cannot delete the store `{}`: {failure}", Printable(&store.name)))
}

fn show_one(store: &Store, output: &mut Output) -> Result<(), Failure> {
    if output.is_json() { output.json(store) } else { show(std::slice::from_ref(store), output) }
}

fn show(stores: &[Store], output: &mut Output) -> Result<(), Failure> {
    let age = |time: &str| Age::since(time).map_or("?".to_owned(), |age| age.to_string());
    let row = |store: &Store| {
        vec![store.name.clone(), store.id.to_string(), age(&store.created), age(&store.modified)]
    };
    output.table(&["NAME", "ID", "AGE", "CHANGED"], &stores.iter().map(row).collect::<Vec<_>>())
}
