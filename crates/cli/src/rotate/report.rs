//! Prints the progress and the result of a rotation.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::json;

use super::found::{Found, Holding, Verdict};
use super::plan::{Obstacle, Step};
use super::target::Target;
use crate::configuration::Binding;
use crate::failure::Failure;
use crate::output::{Output, Text, Tone};
use crate::shell::GivenOptions;

const WRITTEN: &str = "written";

/// An event of one source.
#[derive(Serialize)]
pub struct Event {
    /// Its position, from 1.
    source: usize,
    #[serde(rename = "event")]
    kind: &'static str,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
}

/// All events. As text, each event is printed at once, as a line; JSON is printed at the end.
pub struct Report<'a> {
    target: &'a Target,
    output: &'a mut Output,
    /// The options for the same account and configuration, for commands that are shown.
    given: GivenOptions,
    events: Vec<Event>,
}

impl Event {
    fn new(source: usize, kind: &'static str, text: &str) -> Self {
        Self { source: source.saturating_add(1), kind, text: text.to_owned(), status: None }
    }

    pub fn found(source: usize, what: &str) -> Self {
        Self::new(source, "found", what)
    }

    pub fn probed(source: usize, what: &str, status: Option<u16>) -> Self {
        Self { status, ..Self::new(source, "probed", what) }
    }

    pub fn controlled(source: usize, what: &str, status: Option<u16>) -> Self {
        Self { status, ..Self::new(source, "controlled", what) }
    }

    pub fn written(source: usize) -> Self {
        Self::new(source, WRITTEN, "the new value is written")
    }

    pub fn active(source: usize) -> Self {
        Self::new(source, "active", "the store says that it is active")
    }

    pub fn proved(source: usize) -> Self {
        Self::new(source, "proved", "the gateway reads the new value")
    }

    pub fn would(source: usize, what: &str) -> Self {
        Self::new(source, "would", what)
    }
}

impl<'a> Report<'a> {
    /// A report without events.
    pub fn new(target: &'a Target, given: GivenOptions, output: &'a mut Output) -> Self {
        Self { target, output, given, events: Vec::new() }
    }

    /// # Errors
    /// Returns an error if standard output cannot be written to.
    pub fn event(&mut self, event: Event) -> Result<(), Failure> {
        if !self.output.is_json() {
            let source = self.target.source_name(event.source.saturating_sub(1));
            self.output.line(format!("{source}: {}", event.text))?;
        }
        self.events.push(event);
        Ok(())
    }

    /// Prints the result and the next steps for the operator.
    ///
    /// # Errors
    /// [`Failure::Found`] if the new value is not in use, or would not be.
    pub fn end(self, step: Step, found: &[Found], is_rehearsal: bool) -> Result<(), Failure> {
        let (outcome, tone, advice) = match step {
            Step::Stop(obstacle) => ("stopped", Tone::Bad, self.stopped(obstacle, found)),
            _ if is_rehearsal => ("rehearsed", Tone::Good, "Nothing was written.".to_owned()),
            Step::Half => ("half", Tone::Odd, HALF.to_owned()),
            Step::Done | Step::Probe(_) | Step::Write(_) => ("done", Tone::Good, done(self.target)),
        };
        if self.output.is_json() {
            let end = json!({ "outcome": outcome, "advice": advice, "events": self.events });
            self.output.json(&end)?;
        } else if outcome == "rehearsed" {
            self.output.line(advice)?;
        } else {
            self.output.line(Text::default().toned(tone, outcome).plain(format!(". {advice}")))?;
        }
        if matches!(step, Step::Stop(_)) { Err(Failure::Found) } else { Ok(()) }
    }

    fn stopped(&self, obstacle: Obstacle, found: &[Found]) -> String {
        let name = |source| self.target.source_name(source);
        let written = self.written();
        match obstacle {
            Obstacle::Mistyped(source) => mistyped(source, found, self.target, &self.given),
            Obstacle::Undecided(source) => format!(
                "It is not known whether {} works. {written} Run the same again later with the same value, or \
                 change --probe or --expect.",
                name(source)
            ),
            Obstacle::Restricted(source) => format!(
                "{} is refused in another way than a wrong value. A valid key without permission for the probe is \
                 refused like this. {written} Choose a --probe that every key of that kind may send, or limit \
                 --refused to the statuses for a wrong key; --no-control treats all of them as a refusal of a wrong \
                 key.",
                capitalised(&name(source))
            ),
            Obstacle::Exposed(source, status) => format!(
                "{} comes before the one that works, and requests do not continue to that one after {status}, \
                 because the `failover` of a route with the secret does not include it: a wrong value there would \
                 fail requests. {written} Add {status} to `failover` (docs/rotation.md), deploy, and run the same again.",
                capitalised(&name(source))
            ),
            Obstacle::Unread(source) => format!(
                "The gateway could not read {}, which may have the only value that works, so no source is written. \
                 Run the same again later with the same value.",
                name(source)
            ),
            Obstacle::Blind => format!(
                "The upstream gives the same response to a wrong value, so the probe does not show whether a key \
                 works. {written} {SAY_IT}"
            ),
            Obstacle::Foreign(status) => format!(
                "The response to a wrong value, {status}, is neither the one to a valid key nor a known refusal; \
                 its reason may be the form of the value. {written} {SAY_IT} --refused {status} treats it as a \
                 refusal, and --no-control skips this check."
            ),
            Obstacle::Untold => format!(
                "The response to a wrong value does not show whether it was refused. {written} Run the same again \
                 later; --no-control skips this check."
            ),
            Obstacle::OnlySource => {
                "The secret has one source, and it works; a wrong value there would fail every request. \
                 Give it a second source in gateway.toml and deploy, then run the same again."
                    .to_owned()
            }
            Obstacle::NothingToPromote => {
                "No source holds this value. Run it without --finish first, with the same value.".to_owned()
            }
        }
    }

    /// A sentence with the sources that this run has written.
    fn written(&self) -> String {
        let written = self.events.iter().filter(|event| event.kind == WRITTEN);
        let names: Vec<String> =
            written.map(|event| self.target.source_name(event.source.saturating_sub(1))).collect();
        if names.is_empty() {
            return "Nothing was written.".to_owned();
        }
        format!("Only {} is written.", names.join(" and "))
    }
}

const SAY_IT: &str = "Choose another --probe or --expect, or describe the response to a refused key in the route's \
                      `failover = { when = … }` (docs/rotation.md lists providers), deploy, and run the same again.";

const HALF: &str = "Both tokens work. Give the new one to the caller; when nobody uses the old one any more, run \
                    the same with --finish and the same value, which ends the old one.";

fn done(target: &Target) -> String {
    match &target.route {
        Some(route) => {
            format!(
                "Every source holds the new value. Now revoke the old key at the provider that the route `{route}` \
                 leads to."
            )
        }
        None => "Every source holds the new token; the old one is no longer accepted.".to_owned(),
    }
}

/// The advice after a mistyped value. No command can read the old value, but the store can copy it.
fn mistyped(source: usize, found: &[Found], target: &Target, given: &GivenOptions) -> String {
    let only = if found.iter().filter(|one| one.holding == Holding::New).count() == 1 { "only " } else { "" };
    let name = target.source_name(source);
    let mut text = format!("The upstream refuses the new value, which {only}{name} holds.");
    let working = found.iter().position(|other| other.verdict == Verdict::Accepted);
    let Some(working) = working else {
        text.push_str(" No other source is known to work. Run the same again with the right value.");
        return text;
    };
    // Writing to a `String` cannot fail.
    let _ = write!(
        text,
        " {} works as before. Run the same again with the right value, or put a copy of the old one back:",
        capitalised(&target.source_name(working))
    );
    for secret in &target.secrets {
        if let (Some(from), Some(to)) = (secret.sources.get(working), secret.sources.get(source)) {
            text.push_str(&restored(from, to, given));
        }
    }
    text
}

fn restored(from: &Binding, to: &Binding, given: &GivenOptions) -> String {
    if from.store != to.store {
        return format!(
            "\n  # `{}` is in another store, and values cannot be copied between stores: type the old value",
            to.secret
        );
    }
    let secrets = || given.command("secrets").option("--store", to.store.as_str());
    let delete = secrets().words("delete").operands(&[to.secret.as_str()]);
    let duplicate = secrets().words("duplicate").operands(&[from.secret.as_str(), to.secret.as_str()]);
    format!("\n  {delete} && {duplicate}")
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
