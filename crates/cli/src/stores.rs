//! `ostiary stores`.

use clap::{Args, Subcommand};
use ostiary_secrets_store::Store;
use serde_json::json;

use crate::age::Age;
use crate::api::AccountArguments;
use crate::confirmation::is_confirmed;
use crate::failure::Failure;
use crate::output::Output;

/// List, create, show and delete stores.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Stores {
    #[command(flatten)]
    account: AccountArguments,
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
        /// What people call it.
        name: String,
    },
    /// Show one store.
    Get {
        /// The store's name or id.
        store: String,
    },
    /// Delete an empty store.
    Delete {
        /// The store's name or id.
        store: String,
        /// Delete all its secrets with it.
        #[arg(long)]
        force: bool,
        /// Delete without asking. Only a terminal is asked.
        #[arg(long)]
        yes: bool,
    },
}

impl Stores {
    /// # Errors
    /// Where the API does not do it.
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        let api = self.account.open()?;
        match self.operation {
            Operation::List => {
                let stores = api.all(&api.account.stores(None))?;
                if output.is_json() { output.json(&stores) } else { show(&stores, output) }
            }
            Operation::Create { name } => show_one(&api.send(&api.account.create_store(&name))?, output),
            Operation::Get { store } => {
                show_one(&api.send(&api.account.store(&api.store_named(&store)?.id))?, output)
            }
            Operation::Delete { store, force, yes } => {
                let store = api.store_named(&store)?;
                let question = format!(
                    "Delete the store `{}`{}?",
                    store.name,
                    if force { " with all its secrets" } else { "" }
                );
                if !yes && !is_confirmed(&question, "write --yes to delete without a question")? {
                    return Err(Failure::failed("nothing is deleted"));
                }
                api.delete_store(&store.id, force)?;
                if output.is_json() {
                    return output.json(&json!({ "deleted": [store.id] }));
                }
                output.line(format!("deleted {}", store.name))
            }
        }
    }
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
