//! `ostiary secrets delete`.

use clap::Args;
use ostiary_secrets_store::{Secret, SecretId};
use serde_json::json;

use crate::api::{Api, ChosenStore};
use crate::bound::Bound;
use crate::configuration::ConfigurationArguments;
use crate::confirmation::is_confirmed;
use crate::failure::Failure;
use crate::output::{Output, Text, Tone};
use crate::printable::Printable;

/// The arguments of `ostiary secrets delete`.
#[derive(Args)]
pub struct DeleteArguments {
    /// The secrets' names, or with --id their ids.
    #[arg(required = true)]
    names: Vec<String>,
    /// The names are ids.
    #[arg(long)]
    id: bool,
    /// Delete without asking. There is a question only on a terminal.
    #[arg(long)]
    yes: bool,
}

impl DeleteArguments {
    /// # Errors
    /// Returns an error if a secret does not exist, the user does not agree, or the API refuses.
    pub fn run(
        self,
        api: &Api,
        store: &ChosenStore,
        configuration: &ConfigurationArguments,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let secrets = self.find(api, store)?;
        let names: Vec<&str> = secrets.iter().map(|secret| secret.name.as_str()).collect();
        let environments = configuration.environments_if_present().unwrap_or_else(|failure| {
            output.note(
                Text::default()
                    .toned(Tone::Odd, "warning:")
                    .plain(format!(" what is bound is not known, since {failure}")),
            );
            Vec::new()
        });
        let bound = Bound::new(&environments, &store.id);
        for name in &names {
            if let Some(places) = bound.places(name) {
                let name = Printable(name);
                output.note(Text::default().toned(Tone::Odd, "warning:").plain(format!(
                    " `{name}` is bound by {places}: requests that need it fall back to its other sources, or fail"
                )));
            }
        }
        let question = format!("Delete {} from the store `{}`?", names.join(", "), store.name);
        let question = Printable(&question).to_string();
        if !self.yes && !is_confirmed(&question, "write --yes to delete without a question")? {
            return Err(Failure::failed("nothing is deleted"));
        }
        let ids: Vec<SecretId> = secrets.iter().map(|secret| secret.id.clone()).collect();
        api.delete(&store.id, &ids)
            .map_err(|failure| store.failure(api, "delete", &names.join(", "), &failure))?;
        if output.is_json() {
            return output.json(&json!({ "deleted": ids, "names": names }));
        }
        output.line(format!("deleted {}", Printable(&names.join(", "))))
    }

    fn find(&self, api: &Api, store: &ChosenStore) -> Result<Vec<Secret>, Failure> {
        let find = |name: &String| {
            if self.id {
                let id = name.parse().map_err(Failure::usage)?;
                Ok(api.send(&api.account.secret(&store.id, &id))?)
            } else {
                api.secret_named(store, name)
            }
        };
        self.names.iter().map(find).collect()
    }
}
