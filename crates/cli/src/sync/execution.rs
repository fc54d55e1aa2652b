//! Executes the actions of a sync, and prints the results.
//!
//! Nothing is deleted unless everything before it has succeeded. So if a name has changed in the file, the new secret
//! exists before the old one is deleted.

use ostiary_secrets_store::{Changes, NewSecret, Scope, SecretId, StoreId};
use serde::Serialize;

use super::action::Action;
use super::comparison::{Difference, Line};
use crate::api::{Api, ApiFailure};
use crate::batch::Entry;
use crate::confirmation::is_confirmed;
use crate::failure::Failure;
use crate::output::{Output, Text, Tone};
use crate::printable::Printable;

/// The target and the options of the execution.
pub struct Execution<'a> {
    /// The API.
    pub api: &'a Api,
    /// The store.
    pub store: &'a StoreId,
    /// The scopes of new secrets.
    pub scopes: &'a [Scope],
    /// Whether the actions are only printed.
    pub dry_run: bool,
    /// Whether the user has agreed already.
    pub confirmed: bool,
}

/// The result for one name, for JSON.
#[derive(Serialize)]
struct Row {
    name: String,
    difference: Difference,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The outcome of one action.
enum Outcome {
    Done,
    Rehearsed,
    Failed(String),
    /// Not done, because something before it has failed or the user did not agree.
    Left,
}

impl Execution<'_> {
    /// # Errors
    /// [`Failure::Found`] if an action has failed or was not done.
    pub fn run(self, actions: Vec<(Line, Action)>, output: &mut Output) -> Result<(), Failure> {
        let (deletions, others): (Vec<_>, Vec<_>) =
            actions.into_iter().partition(|(_, action)| *action == Action::Delete);
        let mut rows = Vec::new();
        let mut failed = 0_usize;
        for (line, action) in others {
            let outcome = self.outcome(&action, || self.perform(line.entry, line.id, &action));
            failed = failed.saturating_add(usize::from(matches!(outcome, Outcome::Failed(_))));
            rows.push(say(line.name, line.difference, &action, outcome, output)?);
        }
        let agreed = failed == 0 && self.agreed(&deletions)?;
        let mut left = 0_usize;
        for (line, action) in deletions {
            let outcome = if agreed && failed == 0 {
                self.outcome(&action, || self.perform(line.entry, line.id, &action))
            } else {
                Outcome::Left
            };
            failed = failed.saturating_add(usize::from(matches!(outcome, Outcome::Failed(_))));
            left = left.saturating_add(usize::from(matches!(outcome, Outcome::Left)));
            rows.push(say(line.name, line.difference, &action, outcome, output)?);
        }
        if output.is_json() {
            output.json(&rows)?;
        }
        end(failed, left, output)
    }

    /// Whether the user agrees to delete these names.
    fn agreed(&self, deletions: &[(Line, Action)]) -> Result<bool, Failure> {
        if deletions.is_empty() || self.dry_run || self.confirmed {
            return Ok(true);
        }
        let names: Vec<String> =
            deletions.iter().map(|(line, _)| Printable(&line.name).to_string()).collect();
        let question = format!("Delete {} from the store {}?", names.join(", "), self.store);
        is_confirmed(&question, "write --yes to delete without being asked")
    }

    fn outcome(&self, action: &Action, perform: impl FnOnce() -> Result<(), ApiFailure>) -> Outcome {
        if self.dry_run && !matches!(action, Action::Keep | Action::Protect(_)) {
            return Outcome::Rehearsed;
        }
        perform().map_or_else(|failure| Outcome::Failed(failure.to_string()), |()| Outcome::Done)
    }

    fn perform(&self, entry: Option<Entry>, id: Option<SecretId>, action: &Action) -> Result<(), ApiFailure> {
        let Self { api, store, scopes, .. } = self;
        match (action, entry, id) {
            (Action::Create, Some(Entry { name, value, scopes: own, comment }), _) => {
                let scopes = own.unwrap_or_else(|| scopes.to_vec());
                let secret = NewSecret { name, value, scopes, comment };
                api.send(&api.account.create_secret(store, &secret)).map(drop)
            }
            (Action::Update, Some(Entry { value, scopes, comment, .. }), Some(id)) => {
                let changes = Changes { value: Some(value), scopes, comment };
                api.send(&api.account.update_secret(store, &id, &changes)).map(drop)
            }
            (Action::Delete, _, Some(id)) => api.delete(store, &[id]),
            _ => Ok(()),
        }
    }
}

fn say(
    name: String,
    difference: Difference,
    action: &Action,
    outcome: Outcome,
    output: &mut Output,
) -> Result<Row, Failure> {
    let (word, tone) = word(action, &outcome);
    let reason = match (action, outcome) {
        (_, Outcome::Failed(reason)) => Some(reason),
        (Action::Protect(places), _) => Some(format!("bound by {places}; use --delete-bound to delete it")),
        _ => None,
    };
    if !output.is_json() {
        let line = Text::from(format!("{} {}  ", difference.sign(), Printable(&name))).toned(tone, word);
        let reason = reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        output.line(line.plain(reason))?;
    }
    Ok(Row { name, difference, action: word, reason })
}

fn word(action: &Action, outcome: &Outcome) -> (&'static str, Tone) {
    match (action, outcome) {
        (Action::Keep | Action::Protect(_), _) => ("kept", Tone::Odd),
        (Action::Create, Outcome::Done) => ("created", Tone::Good),
        (Action::Create, Outcome::Rehearsed) => ("would be created", Tone::Good),
        (Action::Create, Outcome::Failed(_) | Outcome::Left) => ("not created", Tone::Bad),
        (Action::Update, Outcome::Done) => ("updated", Tone::Good),
        (Action::Update, Outcome::Rehearsed) => ("would be updated", Tone::Good),
        (Action::Update, Outcome::Failed(_) | Outcome::Left) => ("not updated", Tone::Bad),
        (Action::Delete, Outcome::Done) => ("deleted", Tone::Good),
        (Action::Delete, Outcome::Rehearsed) => ("would be deleted", Tone::Good),
        (Action::Delete, Outcome::Failed(_) | Outcome::Left) => ("not deleted", Tone::Bad),
    }
}

fn end(failed: usize, left: usize, output: &mut Output) -> Result<(), Failure> {
    match (failed, left) {
        (0, 0) => return Ok(()),
        (0, _) => output.note("Nothing was deleted."),
        (_, 0) => output.note(format!("{failed} failed; run the command again to continue")),
        (_, _) => output.note(format!(
            "{failed} failed, so {left} that are not in the file were kept; run the command again to continue"
        )),
    }
    Err(Failure::Found)
}
