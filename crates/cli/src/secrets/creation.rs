//! Creates the secrets of a file, one by one, and prints each result.

use std::collections::BTreeSet;
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use ostiary_secrets_store::{NewSecret, Scope, StoreId};
use serde::Serialize;

use crate::api::{Api, ApiFailure};
use crate::batch::{self, Entry};
use crate::failure::Failure;
use crate::output::{Output, Text, Tone};
use crate::value_check::ValueCheck;

/// The result for one secret.
#[derive(Serialize)]
struct Outcome {
    name: String,
    #[serde(rename = "outcome")]
    became: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Creates the secrets that do not exist, after all values have been checked. Existing secrets keep their values, so a
/// second run continues where the first has stopped. After a request without a response, or if the time is over, the
/// rest is not tried.
///
/// # Errors
/// Returns an error if the file cannot be read, or at least one secret could not be created.
pub fn from_file(
    api: &Api,
    store: &StoreId,
    path: &Path,
    scopes: &[Scope],
    check: &ValueCheck,
    output: &mut Output,
) -> Result<(), Failure> {
    let entries = batch::read(path)?;
    entries.iter().try_for_each(|entry| check.stored(store, &entry.name, &entry.value))?;
    let present: BTreeSet<String> = api.secrets(store)?.into_iter().map(|secret| secret.name).collect();
    let progress = progress(entries.len());
    let mut outcomes = Vec::with_capacity(entries.len());
    let mut is_over = false;
    api.begin_list();
    for entry in entries {
        progress.set_message(entry.name.to_string());
        outcomes.push(if is_over {
            Outcome::untried(entry.name.to_string(), &present)
        } else {
            let (outcome, is_last) = create(api, store, entry, &present, scopes);
            is_over = is_last;
            outcome
        });
        progress.inc(1);
    }
    progress.finish_and_clear();
    report(&outcomes, output)
}

/// A progress bar on standard error, if that is a terminal.
pub fn progress(length: usize) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(length).unwrap_or(u64::MAX));
    match ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

impl Outcome {
    fn present(name: String) -> Self {
        Self { name, became: "present", reason: None }
    }

    fn untried(name: String, present: &BTreeSet<String>) -> Self {
        if present.contains(&name) {
            return Self::present(name);
        }
        Self { name, became: "not tried", reason: None }
    }
}

/// Creates one secret. The second part is whether the next request would fail too.
fn create(
    api: &Api,
    store: &StoreId,
    entry: Entry,
    present: &BTreeSet<String>,
    scopes: &[Scope],
) -> (Outcome, bool) {
    let name = entry.name.to_string();
    if present.contains(&name) {
        return (Outcome::present(name), false);
    }
    let secret = NewSecret {
        name: entry.name,
        value: entry.value,
        scopes: entry.scopes.unwrap_or_else(|| scopes.to_vec()),
        comment: entry.comment,
    };
    match api.send(&api.account.create_secret(store, &secret)) {
        Ok(_) => (Outcome { name, became: "created", reason: None }, false),
        // Another client was faster, or the response to an earlier attempt was lost.
        Err(ApiFailure::Refused { error, .. }) if error.is_name_taken() => (Outcome::present(name), false),
        Err(failure) => {
            let became = if failure.may_be_done() { "unknown" } else { "failed" };
            (Outcome { name, became, reason: Some(failure.to_string()) }, failure.is_lasting())
        }
    }
}

fn report(outcomes: &[Outcome], output: &mut Output) -> Result<(), Failure> {
    if output.is_json() {
        output.json(&outcomes)?;
    } else {
        for Outcome { name, became, reason } in outcomes {
            let tone = match *became {
                "created" => Tone::Good,
                "present" => Tone::Odd,
                _ => Tone::Bad,
            };
            let reason = reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
            output.line(Text::default().toned(tone, *became).plain(format!(" {name}{reason}")))?;
        }
    }
    let told: Vec<String> = ["failed", "unknown", "not tried"]
        .into_iter()
        .map(|word| (outcomes.iter().filter(|outcome| outcome.became == word).count(), word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if told.is_empty() {
        return Ok(());
    }
    output.note(format!("of {}: {}; run the command again to continue", outcomes.len(), told.join(", ")));
    Err(Failure::Found)
}
