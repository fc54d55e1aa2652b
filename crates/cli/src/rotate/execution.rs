//! Executes the steps of the plan.

use std::thread;
use std::time::Duration;

use ostiary_secrets_store::{Changes, NewSecret, Scope, Secret, SecretValue, Status};

use super::control::{example_for, exposure, parting};
use super::found::{Found, Holding, Loss, Refusal, Verdict};
use super::inspection::Inspection;
use super::plan::{Obstacle, Purpose, Step, next};
use super::report::{Event, Report};
use super::trial::Trial;
use super::written::Written;
use crate::configuration::Binding;
use crate::failure::Failure;
use crate::patience::{PROOFS, Patience};
use crate::printable::Printable;

/// The data of a rotation.
pub struct Execution<'a> {
    /// Reads the sources.
    pub inspection: Inspection<'a>,
    /// Probes the upstream with each source.
    pub trial: Trial<'a>,
    /// The purpose of the secrets.
    pub purpose: Purpose,
    /// Whether the control has to succeed before each write.
    pub is_controlled: bool,
    /// The sources that may be overwritten, whatever they hold.
    pub overwrite: Vec<usize>,
    /// The time limit until the gateway reads a written value.
    pub patience: Duration,
    /// The pause between two reads that must have the same result.
    pub pause: Duration,
    /// Whether the writes are only printed.
    pub is_rehearsal: bool,
}

/// The progress so far.
#[derive(Default)]
struct Course {
    /// The last source that had the new value before this run.
    held: Option<usize>,
    /// The sources that this run has written, or would have.
    written: Vec<usize>,
    /// The last response to the control.
    control: Option<Refusal>,
    /// Whether the control came after the last write.
    is_confirmed: bool,
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
        self.go_on(found, &mut course, report).map_err(|failure| {
            let risk = report.risk(found, false).map(|risk| format!("\n{risk}")).unwrap_or_default();
            report.written.explain(failure, &risk)
        })
    }

    fn go_on(
        &self,
        found: &mut Vec<Found>,
        course: &mut Course,
        report: &mut Report<'_>,
    ) -> Result<Step, Failure> {
        *found = self.inspection.look(report)?;
        for source in &self.overwrite {
            if let Some(known) = found.get_mut(*source).filter(|known| known.holding != Holding::New) {
                known.verdict = Verdict::Waived;
            }
        }
        loop {
            // A probe can find it too, if the first read came from an instance of the gateway that is behind.
            let is_held = |(source, known): &(usize, &Found)| {
                known.holding == Holding::New && !course.written.contains(source)
            };
            course.held = found.iter().enumerate().filter(is_held).map(|(source, _)| source).next_back();
            if let Some(control) = course.control {
                for known in &mut *found {
                    known.verdict = known.verdict.compared_with(control);
                }
            }
            let step = next(found, course.held, self.purpose);
            if let Some(example) = example_for(step, found).filter(|_| self.wants_control(step, course)) {
                match self.trial.control(example, report)? {
                    Ok(refusal) => course.control = Some(refusal),
                    Err(obstacle) => return Ok(Step::Stop(obstacle)),
                }
                course.is_confirmed = true;
                continue;
            }
            if let Some(obstacle) = self.obstacle(step, found, course)? {
                return Ok(Step::Stop(obstacle));
            }
            let (Step::Probe(source) | Step::Write(source)) = step else { return Ok(step) };
            let Some(known) = found.get_mut(source) else { return Ok(step) };
            *known = self.take(step, source, *known, course, report)?;
        }
    }

    /// Whether the control comes next. A rehearsal has written no value, so there may be none to imitate.
    fn wants_control(&self, step: Step, course: &Course) -> bool {
        let is_due =
            if matches!(step, Step::Stop(_)) { course.control.is_none() } else { !course.is_confirmed };
        let is_shown = !self.is_rehearsal || course.written.is_empty();
        self.is_controlled && is_due && is_shown
    }

    /// The reason not to do the step, which the state of the sources does not have.
    fn obstacle(&self, step: Step, found: &[Found], course: &Course) -> Result<Option<Obstacle>, Failure> {
        if matches!(self.purpose, Purpose::Injected { .. }) {
            let target = self.trial.target;
            let is_waived = |obstacle: &Obstacle| matches!(obstacle, Obstacle::ExposedUncontrolled(source) if self.overwrite.contains(source));
            let exposed = exposure(step, found, course.control, &target.other_routes);
            let exposed = exposed.filter(|obstacle| !is_waived(obstacle));
            let is_several = target.secrets.len() > 1;
            let control = course.control.filter(|_| is_several);
            return Ok(exposed.or_else(|| parting(step, found, control?, &target.other_routes)));
        }
        let Step::Write(source) = step else { return Ok(None) };
        self.inspection.check_operator(source)?;
        let is_kept = |known: &Found| known.loss() == Loss::Value;
        if let Some(holder) = course.held.filter(|_| found.get(source).is_some_and(is_kept))
            && self.inspection.may_be_newer(source, holder)?
        {
            return Ok(Some(Obstacle::Newer { holder, source }));
        }
        let is_first = found.iter().all(|known| known.holding != Holding::New);
        let is_asked = is_first && !self.overwrite.contains(&source);
        let is_half_done = is_asked && self.inspection.is_unlike_others(source, found)?;
        Ok(is_half_done.then_some(Obstacle::HalfDone(source)))
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
            course.written.push(source);
            Ok(Found { holding: Holding::New, verdict: Verdict::Unknown })
        } else if is_write {
            course.is_confirmed = false;
            course.written.push(source);
            self.write(source, report)
        } else if self.is_rehearsal && course.written.contains(&source) {
            report.event(Event::would(source, "would probe the upstream with it"))?;
            Ok(Found { holding: Holding::New, verdict: Verdict::Accepted })
        } else {
            self.trial.probe(source, known, report)
        }
    }

    fn write(&self, source: usize, report: &mut Report<'_>) -> Result<Found, Failure> {
        let Inspection { target, values, api, .. } = self.inspection;
        let patience = Patience::new(self.patience);
        let mut pending = Vec::new();
        for (secret, new) in target.secrets.iter().zip(values) {
            let Some(binding) = secret.sources.get(source) else { continue };
            pending.push((binding, self.put(source, binding, &new.value, &mut report.written)?));
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
                if proofs < PROOFS {
                    thread::sleep(self.pause);
                }
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
    fn put(
        &self,
        source: usize,
        binding: &Binding,
        value: &SecretValue,
        written: &mut Written,
    ) -> Result<Secret, Failure> {
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
        written.put(source, binding, || api.send(&call))
    }
}
