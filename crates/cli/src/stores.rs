//! `ostiary stores`.

use clap::{Args, Subcommand};
use ostiary_secrets_store::{Store, StoreId};
use serde_json::json;

use crate::age::Age;
use crate::api::AccountArguments;
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
  ostiary stores delete 023e105f4ecef8ad9ca31a8372d0c353";

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
        /// The store's id.
        id: StoreId,
    },
    /// Delete an empty store.
    Delete {
        /// The store's id.
        id: StoreId,
        /// Delete all its secrets with it.
        #[arg(long)]
        force: bool,
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
            Operation::Get { id } => show_one(&api.send(&api.account.store(&id))?, output),
            Operation::Delete { id, force } => {
                api.delete_store(&id, force)?;
                if output.is_json() {
                    return output.json(&json!({ "deleted": [id] }));
                }
                output.line(format!("deleted {id}"))
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
