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
use crate::confirmation::{check_answerable, is_confirmed};
use crate::failure::Failure;
use crate::output::{Output, Text, Tone};
use crate::printable::Printable;

const INSTEAD: &str = "write --yes to delete without being asked";

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
    /// There was no response: the action may have been done.
    Unknown(String),
    /// The gateway could not read the value, so it is not known whether it differs.
    Deferred(String),
    /// The API no longer answers.
    Untried,
    /// Not done, because something before it has failed or the user did not agree.
    Left,
}

impl Execution<'_> {
    /// # Errors
    /// [`Failure::Found`] if an action has failed or was not done.
    pub fn run(self, actions: Vec<(Line, Action)>, output: &mut Output) -> Result<(), Failure> {
        let (deletions, others): (Vec<_>, Vec<_>) =
            actions.into_iter().partition(|(_, action)| *action == Action::Delete);
        let asks = !(deletions.is_empty() || self.dry_run || self.confirmed);
        if asks {
            // The question comes after the first writes, so it is checked before them.
            check_answerable(INSTEAD)?;
        }
        let (mut rows, mut count) = (Vec::new(), Count::default());
        let mut is_over = false;
        self.api.begin_list();
        for (line, action) in others {
            let outcome = if is_over && action.writes() {
                Outcome::Untried
            } else {
                self.outcome(&action, &mut is_over, || self.perform(line.entry, line.id, &action))
            };
            count.add(&outcome);
            rows.push(say(line.name, line.difference, &action, outcome, output)?);
        }
        let answer = if count.is_clean() && asks { self.agreed(&deletions) } else { Ok(count.is_clean()) };
        let agreed = matches!(answer, Ok(true));
        // The time for the user's answer does not count.
        self.api.begin_list();
        for (line, action) in deletions {
            let outcome = if agreed && count.is_clean() {
                self.outcome(&action, &mut is_over, || self.perform(line.entry, line.id, &action))
            } else {
                Outcome::Left
            };
            count.add(&outcome);
            rows.push(say(line.name, line.difference, &action, outcome, output)?);
        }
        if output.is_json() {
            output.json(&rows)?;
        }
        // A question that failed is reported after what was done.
        answer?;
        count.end(output)
    }

    /// Whether the user agrees to delete these names.
    fn agreed(&self, deletions: &[(Line, Action)]) -> Result<bool, Failure> {
        let names: Vec<String> =
            deletions.iter().map(|(line, _)| Printable(&line.name).to_string()).collect();
        let question = format!("Delete {} from the store {}?", names.join(", "), self.store);
        is_confirmed(&question, INSTEAD)
    }

    /// Sets `is_over` if the next action would fail too.
    fn outcome(
        &self,
        action: &Action,
        is_over: &mut bool,
        perform: impl FnOnce() -> Result<(), ApiFailure>,
    ) -> Outcome {
        if let Action::Defer(outcome) = action {
            return Outcome::Deferred(outcome.clone());
        }
        if self.dry_run && action.writes() {
            return Outcome::Rehearsed;
        }
        match perform() {
            Ok(()) => Outcome::Done,
            Err(failure) => {
                *is_over = failure.is_lasting();
                let reason = failure.to_string();
                if failure.may_be_done() { Outcome::Unknown(reason) } else { Outcome::Failed(reason) }
            }
        }
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
        (_, Outcome::Failed(reason) | Outcome::Unknown(reason)) => Some(reason),
        (_, Outcome::Deferred(outcome)) => {
            Some(format!("the gateway could not read it ({outcome}), so it is not known whether it differs"))
        }
        (_, Outcome::Untried) => Some("not tried".to_owned()),
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
        (Action::Defer(_), _) | (_, Outcome::Deferred(_)) => ("kept", Tone::Bad),
        (_, Outcome::Unknown(_)) => ("unknown", Tone::Bad),
        (Action::Create, Outcome::Done) => ("created", Tone::Good),
        (Action::Create, Outcome::Rehearsed) => ("would be created", Tone::Good),
        (Action::Create, Outcome::Failed(_) | Outcome::Untried | Outcome::Left) => ("not created", Tone::Bad),
        (Action::Update, Outcome::Done) => ("updated", Tone::Good),
        (Action::Update, Outcome::Rehearsed) => ("would be updated", Tone::Good),
        (Action::Update, Outcome::Failed(_) | Outcome::Untried | Outcome::Left) => ("not updated", Tone::Bad),
        (Action::Delete, Outcome::Done) => ("deleted", Tone::Good),
        (Action::Delete, Outcome::Rehearsed) => ("would be deleted", Tone::Good),
        (Action::Delete, Outcome::Failed(_) | Outcome::Untried | Outcome::Left) => ("not deleted", Tone::Bad),
    }
}

/// The numbers of actions that have failed or were not done.
#[derive(Default)]
struct Count {
    failed: usize,
    unknown: usize,
    deferred: usize,
    untried: usize,
    left: usize,
}

impl Count {
    fn add(&mut self, outcome: &Outcome) {
        let count = match outcome {
            Outcome::Done | Outcome::Rehearsed => return,
            Outcome::Failed(_) => &mut self.failed,
            Outcome::Unknown(_) => &mut self.unknown,
            Outcome::Deferred(_) => &mut self.deferred,
            Outcome::Untried => &mut self.untried,
            Outcome::Left => &mut self.left,
        };
        *count = count.saturating_add(1);
    }

    /// Whether everything so far has succeeded.
    fn is_clean(&self) -> bool {
        self.failed == 0 && self.unknown == 0 && self.deferred == 0
    }

    fn end(&self, output: &mut Output) -> Result<(), Failure> {
        let Self { failed, unknown, deferred, untried, left } = self;
        if self.is_clean() && *left == 0 {
            return Ok(());
        }
        if self.is_clean() {
            output.note("Nothing was deleted.");
            return Err(Failure::Found);
        }
        let counts =
            [(failed, "failed"), (unknown, "unknown"), (deferred, "not compared"), (untried, "not tried")];
        let told: Vec<String> = counts
            .into_iter()
            .filter(|(count, _)| **count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        let stay = if *left == 0 {
            String::new()
        } else {
            format!(", so {left} that are not in the file were kept")
        };
        output.note(format!("{}{stay}; run the command again to continue", told.join(", ")));
        Err(Failure::Found)
    }
}
