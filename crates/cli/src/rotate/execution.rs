//! Executes the steps of the plan.

use std::time::Duration;

use ostiary_secrets_store::{Changes, NewSecret, Scope, Secret, SecretValue, Status};

use super::control::{example_for, exposure};
use super::found::{Found, Holding, Refusal, Verdict};
use super::inspection::Inspection;
use super::patience::Patience;
use super::plan::{Purpose, Step, next};
use super::report::{Event, Report};
use super::trial::Trial;
use super::written::Written;
use crate::configuration::Binding;
use crate::failure::Failure;
use crate::printable::Printable;

/// How many times in a row the gateway must have read the new value. Its responses may come from several instances.
const PROOFS: u32 = 3;

/// The data of a rotation.
pub struct Execution<'a> {
    /// Reads the sources.
    pub inspection: Inspection<'a>,
    /// Probes the upstream with each source.
    pub trial: Trial<'a>,
    /// The purpose of the secrets.
    pub purpose: Purpose,
    /// Whether the control has to succeed before anything is written.
    pub is_controlled: bool,
    /// The time limit until the gateway reads a written value.
    pub patience: Duration,
    /// Whether the writes are only printed.
    pub is_rehearsal: bool,
}

/// The progress so far.
#[derive(Default)]
struct Course {
    written: Written,
    /// The sources that would have been written.
    rehearsed: Vec<usize>,
    /// The response to the control.
    control: Option<Refusal>,
}

impl Execution<'_> {
    /// Executes steps until the plan has no more. At the end, `found` has the last state.
    ///
    /// A rehearsal assumes that each write succeeds. It probes the upstream and writes nothing.
    ///
    /// # Errors
    /// Returns an error if a step failed. The next run continues from there.
    pub fn run(&self, found: &mut Vec<Found>, report: &mut Report<'_>) -> Result<Step, Failure> {
        let mut course = Course::default();
        self.go_on(found, &mut course, report).map_err(|failure| course.written.explain(failure))
    }

    fn go_on(
        &self,
        found: &mut Vec<Found>,
        course: &mut Course,
        report: &mut Report<'_>,
    ) -> Result<Step, Failure> {
        *found = self.inspection.look(report)?;
        loop {
            if let Some(control) = course.control {
                for known in &mut *found {
                    known.verdict = known.verdict.compared_with(control);
                }
            }
            let step = next(found, self.purpose);
            if let Some(example) = example_for(step, found).filter(|_| self.wants_control(course)) {
                match self.trial.control(example, report)? {
                    Ok(refusal) => course.control = Some(refusal),
                    Err(obstacle) => return Ok(Step::Stop(obstacle)),
                }
                continue;
            }
            let others = &self.trial.target.other_failovers;
            if let Some(obstacle) = course.control.and_then(|control| exposure(step, found, control, others))
            {
                return Ok(Step::Stop(obstacle));
            }
            let (Step::Probe(source) | Step::Write(source)) = step else { return Ok(step) };
            let Some(known) = found.get_mut(source) else { return Ok(step) };
            *known = self.take(step, source, *known, course, report)?;
        }
    }

    /// Whether the control comes next. A rehearsal has written no value, so there may be none to imitate.
    fn wants_control(&self, course: &Course) -> bool {
        self.is_controlled && course.control.is_none() && course.rehearsed.is_empty()
    }

    fn take(
        &self,
        step: Step,
        source: usize,
        known: Found,
        course: &mut Course,
        report: &mut Report<'_>,
    ) -> Result<Found, Failure> {
        let is_write = matches!(step, Step::Write(_));
        if is_write && self.is_rehearsal {
            let what = "would write the new value and wait until the gateway reads it";
            report.event(Event::would(source, what))?;
            course.rehearsed.push(source);
            Ok(Found { holding: Holding::New, verdict: Verdict::Unknown })
        } else if is_write {
            self.write(source, &mut course.written, report)
        } else if course.rehearsed.contains(&source) {
            report.event(Event::would(source, "would probe the upstream with it"))?;
            Ok(Found { holding: Holding::New, verdict: Verdict::Accepted })
        } else {
            self.trial.probe(source, known, report)
        }
    }

    fn write(&self, source: usize, written: &mut Written, report: &mut Report<'_>) -> Result<Found, Failure> {
        let Inspection { target, values, api, .. } = self.inspection;
        let patience = Patience::new(self.patience);
        let mut pending = Vec::new();
        for (secret, new) in target.secrets.iter().zip(values) {
            let Some(binding) = secret.sources.get(source) else { continue };
            pending.push((binding, self.put(binding, &new.value, written)?));
        }
        report.event(Event::written(source))?;

        for (binding, mut secret) in pending {
            while secret.status != Status::Active {
                let status = Printable(secret.status.as_str());
                patience.wait(format_args!("`{}` is still {status}", binding.secret))?;
                secret = api.send(&api.account.secret(&binding.store, &secret.id))?;
            }
        }
        report.event(Event::active(source))?;

        let mut proofs = 0;
        while proofs < PROOFS {
            if self.inspection.read(source)? == Holding::New {
                proofs += 1;
            } else {
                proofs = 0;
                patience.wait(format_args!(
                    "the gateway does not read the new value from {} yet",
                    target.source_name(source)
                ))?;
            }
        }
        report.event(Event::proved(source))?;
        Ok(Found { holding: Holding::New, verdict: Verdict::Unknown })
    }

    /// Changes the secret, or creates it if it is missing.
    fn put(&self, binding: &Binding, value: &SecretValue, written: &mut Written) -> Result<Secret, Failure> {
        let (api, store) = (self.inspection.api, &binding.store);
        let value = SecretValue::parse(value.expose().to_owned()).map_err(Failure::failed)?;
        let present = api.secrets(store)?.into_iter().find(|secret| secret.name == binding.secret.as_str());
        let call = match present {
            Some(secret) => {
                let changes = Changes { value: Some(value), ..Changes::default() };
                api.account.update_secret(store, &secret.id, &changes)
            }
            None => api.account.create_secret(
                store,
                &NewSecret {
                    name: binding.secret.clone(),
                    value,
                    scopes: vec![Scope::Workers],
                    comment: None,
                },
            ),
        };
        written.put(binding, || Ok(api.send(&call)?))
    }
}
