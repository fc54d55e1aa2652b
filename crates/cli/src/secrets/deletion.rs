//! `ostiary secrets delete`.

use clap::Args;
use ostiary_secrets_store::{Secret, SecretId};
use serde_json::json;

use crate::api::{Api, ChosenStore};
use crate::bound::Bound;
use crate::configuration::ConfigurationArguments;
use crate::confirmation::{can_be_asked, is_confirmed};
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
    /// Also delete secrets that wrangler's configuration binds in any environment.
    #[arg(long)]
    delete_bound: bool,
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
        self.spare_what_is_bound(&names, store, configuration, output)?;
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

    /// Warns of each secret that is bound. Only `--delete-bound` or a yes at the terminal deletes it, because a script
    /// cannot be asked.
    fn spare_what_is_bound(
        &self,
        names: &[&str],
        store: &ChosenStore,
        configuration: &ConfigurationArguments,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let warning = |text: String| Text::default().toned(Tone::Odd, "warning:").plain(text);
        let is_decided = self.delete_bound || (!self.yes && can_be_asked());
        let environments = match configuration.environments_if_present() {
            // The user has named the secrets, and may have no gateway at all.
            Ok(environments) => environments.unwrap_or_default(),
            Err(failure) if is_decided => {
                output.note(warning(format!(" what is bound is not known, since {failure}")));
                return Ok(());
            }
            Err(failure) => {
                return Err(Failure::usage(format_args!(
                    "nothing is deleted: what is bound is not known, since {failure}; name the Worker's configuration \
                     with --wrangler, or write --delete-bound"
                )));
            }
        };
        let bound = Bound::new(&environments, &store.id);
        let mut spared = Vec::new();
        for name in names {
            if let Some(places) = bound.places(name) {
                let name = Printable(name);
                output.note(warning(format!(
                    " `{name}` is bound by {places}: requests that need it fall back to its other sources, or fail"
                )));
                spared.push(format!("`{name}`"));
            }
        }
        if spared.is_empty() || is_decided {
            return Ok(());
        }
        Err(Failure::failed(format_args!(
            "nothing is deleted: wrangler's configuration binds {}; --delete-bound deletes it all the same",
            spared.join(", ")
        )))
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
