//! Prints the progress and the result of a rotation.
//!
//! The file is longer than others, because it has the sentences for all results.

use std::fmt::Write as _;

use ostiary_secrets_store::Secret;
use serde::Serialize;
use serde_json::json;

use super::found::{Found, Holding, Loss, Verdict};
use super::plan::{Obstacle, Step};
use super::repair::{deletions, put_back};
use super::target::Target;
use super::written::Written;
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
    /// Whether the source had the new value before this run.
    #[serde(skip)]
    is_new: bool,
}

/// All events. As text, each event is printed at once, as a line; JSON is printed at the end.
pub struct Report<'a> {
    target: &'a Target,
    output: &'a mut Output,
    /// The options for the same account and configuration, for commands that are shown.
    given: GivenOptions,
    /// The stores' secrets before the first write.
    stored: Vec<Secret>,
    events: Vec<Event>,
    /// What is written.
    pub written: Written,
    /// Whether standard output was closed after a write. The rotation then continues, and tells its end on standard
    /// error.
    is_closed: bool,
}

impl Event {
    fn new(source: usize, kind: &'static str, text: &str) -> Self {
        Self { source: source.saturating_add(1), kind, text: text.to_owned(), status: None, is_new: false }
    }

    pub fn found(source: usize, holding: Holding) -> Self {
        let what = match holding {
            Holding::New => "holds the new value",
            Holding::Other => "holds another value",
            Holding::Unreadable => "holds no value",
            Holding::Unread => "could not be read",
        };
        Self { is_new: holding == Holding::New, ..Self::new(source, "found", what) }
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
        let (stored, events, written) = (Vec::new(), Vec::new(), Written::default());
        Self { target, output, given, stored, events, written, is_closed: false }
    }

    /// Keeps the scopes and comments of these secrets, for a command that restores one.
    pub fn know(&mut self, stored: Vec<Secret>) {
        self.stored = stored;
    }

    /// # Errors
    /// Returns an error if standard output cannot be written to, unless something is written to a store: an unread line
    /// must not end a rotation half way.
    pub fn event(&mut self, event: Event) -> Result<(), Failure> {
        let source = self.target.source_name(event.source.saturating_sub(1));
        let line = format!("{source}: {}", event.text);
        self.events.push(event);
        if self.output.is_json() || self.is_closed {
            return Ok(());
        }
        match self.output.line(line) {
            Err(Failure::Unread) if self.events.iter().any(|event| event.kind == WRITTEN) => {
                self.is_closed = true;
                Ok(())
            }
            result => result,
        }
    }

    /// Reports the failure with the events so far, if the output is JSON. Returns the failure.
    pub fn fail(self, failure: Failure) -> Failure {
        if !self.output.is_json() || self.events.is_empty() {
            return failure;
        }
        let end = json!({ "outcome": "failed", "advice": failure.to_string(), "events": self.events });
        // The failure itself is printed to standard error.
        let _ = self.output.json(&end);
        failure
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
            Step::Done | Step::Probe(_) | Step::Write(_) => ("done", Tone::Good, self.done()),
        };
        if self.is_closed {
            self.output.note(Text::default().toned(tone, outcome).plain(format!(". {advice}")));
        } else if self.output.is_json() {
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
        let is_doubtful = matches!(obstacle, Obstacle::Blind | Obstacle::Foreign(_) | Obstacle::Untold);
        let risk = self.risk(found, is_doubtful).map(|risk| format!("\n{risk}")).unwrap_or_default();
        format!("{}{risk}", self.reason(obstacle, found))
    }

    fn reason(&self, obstacle: Obstacle, found: &[Found]) -> String {
        let name = |source| self.target.source_name(source);
        let written = self.written();
        match obstacle {
            Obstacle::Mistyped(source) => mistyped(source, found, self.target, &self.given, &self.stored),
            Obstacle::Undecided(source) => format!(
                "It is not known whether {} works. {written} Run the same again later with the same value, or \
                 change --probe or --expect.{}",
                name(source),
                waiver(source, found)
            ),
            Obstacle::ExposedUncontrolled(source) => format!(
                "{} comes before one that may serve requests, and without the control it is not known whether requests \
                 continue to that one after a wrong value. {written} Run the same without --no-control; or with \
                 --overwrite {}, if it may be written all the same.",
                capitalised(&name(source)),
                source.saturating_add(1)
            ),
            Obstacle::HalfDone(source) => format!(
                "The sources hold different tokens, so a rotation is half done, and a caller may use the one of {}. \
                 {written} Finish that rotation with --finish and its value; or run the same with --overwrite {}, if \
                 nobody uses that token.",
                name(source),
                source.saturating_add(1)
            ),
            Obstacle::Displaced { holder, source } => self.displaced(holder, source, found),
            Obstacle::Newer { holder, source } => self.newer(holder, source),
            Obstacle::Restricted(source) => format!(
                "{} is refused in another way than a wrong value. A valid key without permission for the probe is \
                 refused like this. {written} Choose a --probe that every key of that kind may send, or limit \
                 --refused to the statuses for a wrong key.{}",
                capitalised(&name(source)),
                waiver(source, found)
            ),
            Obstacle::Exposed(source, status) => format!(
                "{} comes before the one that works, and requests do not continue to that one after {status}, \
                 because the `failover` of a route with the secret does not include it: a wrong value there would \
                 fail requests. {written} Add {status} to `failover` (docs/rotation.md), deploy, and run the same again.",
                capitalised(&name(source))
            ),
            Obstacle::Parted(source, status) => format!(
                "{} serves requests, and its secrets are written one after the other: between the two writes, requests \
                 would fail with {status}, because the `failover` of a route with the secrets does not include it. \
                 {written} Add {status} to `failover` (docs/rotation.md), deploy, and run the same again.",
                capitalised(&name(source))
            ),
            Obstacle::Unread(source) => format!(
                "The gateway could not read {}, which may have the only value that works, so it is not overwritten. \
                 {written} Run the same again later with the same value; or with --overwrite {}, if nobody needs what it \
                 holds.",
                name(source),
                source.saturating_add(1)
            ),
            obstacle => reason_without_source(obstacle, &written),
        }
    }

    fn displaced(&self, holder: usize, source: usize, found: &[Found]) -> String {
        let is_needed = |known: &Found| known.loss() == Loss::Value || known.verdict == Verdict::Waived;
        let needed = (1_usize..).zip(found).filter(|(_, known)| is_needed(known));
        let needed: Vec<String> = needed.map(|(position, _)| position.to_string()).collect();
        let does = match found.get(source) {
            Some(known) if known.verdict == Verdict::Accepted => "works",
            _ => "may work",
        };
        format!(
            "{} held this value before this run, and {} {does} with another one, of which the store may have the only \
             copy. If an earlier run was interrupted, run the same with --overwrite {} to continue. If not, this value \
             may be the previous key, and that one the current key. {}",
            capitalised(&self.target.source_name(holder)),
            self.target.source_name(source),
            needed.join(","),
            self.written()
        )
    }

    fn newer(&self, holder: usize, source: usize) -> String {
        let name = self.target.source_name(source);
        format!(
            "{} holds this token, and {name} holds another one, which may be newer: the caller may use that one. \
             {} Run the same with the new token; or with --overwrite {}, if nobody uses the one of {name}.",
            capitalised(&self.target.source_name(holder)),
            self.written(),
            source.saturating_add(1)
        )
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

    fn done(&self) -> String {
        let Some(route) = &self.target.route else {
            return "Every source holds this token. The other one is no longer accepted; in other locations, that may take \
                    some minutes."
                .to_owned();
        };
        let names: Vec<String> =
            self.target.other_routes.iter().map(|other| format!("`{}`", other.name)).collect();
        let mut others = match names.as_slice() {
            [] => String::new(),
            [name] => format!(" The route {name} uses it too and was not probed."),
            names => format!(" The routes {} use it too and were not probed.", names.join(", ")),
        };
        for user in &self.target.other_users {
            // Writing to a `String` cannot fail.
            let _ = write!(others, " {user} uses it too and was not probed.");
        }
        let had = self.events.iter().filter(|event| event.is_new);
        let had: Vec<usize> = had.map(|event| event.source.saturating_sub(1)).collect();
        let sources = self.target.sources();
        if had.is_empty() {
            return format!(
                "Every source holds the new value.{others} Other locations may still read the old one: wait 5 minutes, \
                 and then revoke the old key at the provider that the route `{route}` leads to."
            );
        }
        let name = |source: &usize| self.target.source_name(*source);
        let had_names = had.iter().map(name).collect::<Vec<_>>().join(" and ");
        let rest: Vec<String> =
            (0..sources).filter(|source| !had.contains(source)).map(|at| name(&at)).collect();
        let overwritten = match rest.as_slice() {
            [] => " Nothing was written.".to_owned(),
            rest => format!(" The value that {} held before is overwritten.", rest.join(" and ")),
        };
        format!(
            "Every source holds this value, and {had_names} held it before this run.{overwritten}{others} So this run \
             cannot tell which key is the old one: before you revoke a key at the provider that the route `{route}` \
             leads to, make sure that it is not this one."
        )
    }

    /// A warning that requests may fail now, with the commands that prevent it: a source that has the new value, or a
    /// part of it, comes before one that serves requests without it. `is_doubtful` is whether the last results of the
    /// probe do not count.
    pub fn risk(&self, found: &[Found], is_doubtful: bool) -> Option<String> {
        let is_proved = |known: &Found| {
            !is_doubtful && known.holding == Holding::New && known.verdict == Verdict::Accepted
        };
        let is_proved_somewhere = found.iter().any(is_proved);
        let is_touched = |source: usize| !self.written.of_source(source, self.target).is_empty();
        let is_wrong = |source: usize, known: &Found| {
            if is_touched(source) {
                // Once one source has proved the new value, only a part of it is wrong in another one.
                let is_partial = self.written.is_partial(source, self.target);
                is_partial || !(is_proved(known) || is_proved_somewhere)
            } else {
                // A value from before this run is only wrong if it is refused like the control.
                known.holding == Holding::New && known.verdict == Verdict::Refused && !is_doubtful
            }
        };
        let (front, _) = found.iter().enumerate().find(|(source, known)| is_wrong(*source, known))?;
        let is_sure = is_doubtful || !is_touched(front);
        let serves = |source: usize, known: &Found, is_sure: bool| {
            let is_kept = known.holding == Holding::Other && !is_touched(source);
            let may_serve =
                if is_sure { known.verdict == Verdict::Accepted } else { known.verdict.may_serve() };
            (is_kept && may_serve) || (is_proved(known) && !is_wrong(source, known))
        };
        if found.iter().enumerate().take(front).any(|(source, known)| serves(source, known, true)) {
            return None;
        }
        let mut behind = found.iter().enumerate().skip(front.saturating_add(1));
        let (serving, known) = behind.find(|(source, known)| serves(*source, known, is_sure))?;
        let name = |source| self.target.source_name(source);
        let how = if is_proved(known) { "works" } else { "served them" };
        let mut text = format!(
            "Requests may fail now: {} comes before {}, which {how}. If it is deleted, requests use {} again:",
            name(front),
            name(serving),
            name(serving)
        );
        let mut wrong = self.written.of_source(front, self.target);
        if wrong.is_empty() {
            wrong = self.target.secrets.iter().filter_map(|secret| secret.sources.get(front)).collect();
        }
        text.push_str(&deletions(wrong.into_iter(), &self.given));
        Some(text)
    }
}

const SAY_IT: &str = "Choose another --probe or --expect, or describe the response to a refused key in the route's \
                      `failover = { when = … }` (docs/rotation.md lists providers), deploy, and run the same again.";

const HALF: &str = "The gateway reads both tokens. Wait 5 minutes for its other locations, and give the new one to the \
                    caller; when nobody uses the old one any more, run the same with --finish and the same value, which \
                    ends the old one.";

/// The reason that is not about one source.
fn reason_without_source(obstacle: Obstacle, written: &str) -> String {
    match obstacle {
        Obstacle::NoneWorks => format!(
            "No source is known to work, although one has a value: the probe may be wrong, or every key is dead. \
             {written} Check the path of --probe; if every key is really dead, run the same again with --all-dead."
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
             Give it a second source with `ostiary add source` and deploy, then run the same again."
                .to_owned()
        }
        Obstacle::NothingToPromote => {
            "No source holds this value. Run it without --finish first, with the same value.".to_owned()
        }
        // The reasons that are about one source have their own sentences.
        _ => written.to_owned(),
    }
}

/// The waiver for a source that has another value, for instance a mistyped one of an earlier run.
fn waiver(source: usize, found: &[Found]) -> String {
    if found.get(source).is_none_or(|known| known.holding != Holding::Other) {
        return String::new();
    }
    format!(" If nobody needs what it holds, --overwrite {} writes it.", source.saturating_add(1))
}

/// The advice after a mistyped value. No command can read the old value, but the store can copy it.
fn mistyped(
    source: usize,
    found: &[Found],
    target: &Target,
    given: &GivenOptions,
    stored: &[Secret],
) -> String {
    let only = if found.iter().filter(|one| one.holding == Holding::New).count() == 1 { "only " } else { "" };
    let name = target.source_name(source);
    let mut text = format!("The upstream refuses the new value, which {only}{name} holds.");
    let is_old = |other: &Found| other.holding == Holding::Other && other.verdict == Verdict::Accepted;
    let working = found.iter().position(is_old);
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
    text.push_str(&put_back(working, source, target, given, stored));
    text
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::target::TargetSecret;
    use super::*;
    use crate::configuration::Binding;

    #[test]
    fn a_part_of_a_value_in_front_of_the_whole_one_is_a_risk() {
        let source = |name: &str| Binding {
            name: name.to_uppercase(),
            store: "s".parse().unwrap(),
            secret: name.parse().unwrap(),
        };
        let secrets = [["i1", "i2"], ["k1", "k2"]];
        let secrets: Vec<_> =
            secrets.into_iter().map(|sources| TargetSecret { sources: sources.map(source).into() }).collect();
        let target =
            Target { secrets, route: None, caller: None, other_routes: Vec::new(), other_users: Vec::new() };
        let old = Found { holding: Holding::Other, verdict: Verdict::Accepted };
        let new = Found { holding: Holding::New, verdict: Verdict::Accepted };
        for (found, written, expected) in [
            // The second source has the whole pair, and the first one only the id.
            (&[old, new][..], &[(0, 1), (1, 1), (0, 0)][..], Some("delete --delete-bound i1")),
            (&[old, new], &[(0, 1), (1, 1), (0, 0), (1, 0)], None),
            (&[old, new], &[(0, 1), (1, 1)], None),
            // The part is behind the pair that serves.
            (&[old, old], &[(0, 1)], None),
        ] {
            let mut output = Output::to_terminal(true);
            let mut report = Report::new(&target, GivenOptions::default(), &mut output);
            for (secret, source) in written {
                report.written.put(*source, &target.secrets[*secret].sources[*source], || Ok(())).unwrap();
            }
            let told = report.risk(found, false);
            assert_eq!(told.is_some(), expected.is_some(), "{found:?} {written:?} {told:?}");
            assert!(told.unwrap_or_default().ends_with(expected.unwrap_or_default()));
        }
    }

    #[test]
    fn a_value_in_front_of_the_one_that_served_is_a_risk() {
        use Verdict::{Accepted, Refused, Undecided, Unknown};
        let binding = |name: &str| Binding {
            name: name.to_owned(),
            store: "s".parse().unwrap(),
            secret: name.to_lowercase().parse().unwrap(),
        };
        let secrets = vec![TargetSecret { sources: ["ONE", "TWO", "THREE"].map(binding).into() }];
        let target =
            Target { secrets, route: None, caller: None, other_routes: Vec::new(), other_users: Vec::new() };
        let new = |verdict| Found { holding: Holding::New, verdict };
        let other = |verdict| Found { holding: Holding::Other, verdict };
        let (certain, doubtful) = (false, true);
        for (found, written, is_doubtful, expected) in [
            (&[new(Refused), other(Accepted)][..], &[0][..], certain, Some((1, 2))),
            (&[new(Refused), other(Undecided)], &[0], certain, Some((1, 2))),
            // An earlier run may have written it: it is wrong if it is refused like the control.
            (&[new(Refused), other(Accepted)], &[], certain, Some((1, 2))),
            (&[new(Refused), other(Undecided)], &[], certain, None),
            (&[new(Unknown), other(Accepted)], &[], certain, None),
            (&[new(Undecided), other(Accepted)], &[], certain, None),
            (&[new(Refused), other(Accepted)], &[], doubtful, None),
            (&[new(Accepted), other(Accepted)], &[], doubtful, None),
            // The write may not be visible to the gateway yet.
            (&[other(Accepted), other(Accepted)], &[0], certain, Some((1, 2))),
            (&[other(Accepted), other(Accepted)], &[0, 1], certain, None),
            (&[new(Unknown), other(Refused), other(Accepted)], &[0], certain, Some((1, 3))),
            // The new value works, unless the probe tells nothing.
            (&[new(Accepted), other(Accepted)], &[0], certain, None),
            (&[new(Accepted), other(Accepted)], &[0], doubtful, Some((1, 2))),
            (&[new(Accepted), other(Undecided)], &[0], doubtful, None),
            // The same value works in another source.
            (&[other(Accepted), new(Accepted)], &[0, 1], certain, None),
            (&[other(Refused), new(Refused), other(Accepted)], &[1], certain, Some((2, 3))),
            // The value that serves comes first.
            (&[other(Accepted), new(Refused)], &[1], certain, None),
            (&[other(Accepted), new(Refused), other(Accepted)], &[1], certain, None),
            // Nothing served before either.
            (&[new(Refused), other(Refused)], &[0], certain, None),
            (&[other(Refused), other(Accepted)], &[], certain, None),
            (&[other(Accepted), other(Accepted)], &[], doubtful, None),
        ] {
            let mut output = Output::to_terminal(true);
            let mut report = Report::new(&target, GivenOptions::default(), &mut output);
            for source in written {
                report.written.put(*source, &target.secrets[0].sources[*source], || Ok(())).unwrap();
            }
            let told = report.risk(found, is_doubtful);
            let told = told.as_deref();
            assert_eq!(told.is_some(), expected.is_some(), "{found:?} {written:?} {is_doubtful}: {told:?}");
            let Some((told, (front, serving))) = told.zip(expected) else { continue };
            let (comes, before) = (format!("source {front} ("), format!(") comes before source {serving} ("));
            assert!(told.contains(&comes) && told.contains(&before), "{told}");
            let name = if front == 1 { "one" } else { "two" };
            assert!(told.ends_with(&format!("--store s delete --delete-bound {name}")), "{told}");
        }
    }
}
