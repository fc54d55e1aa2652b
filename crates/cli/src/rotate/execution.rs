//! Does what the plan says: looks, tries, writes, waits.

use std::time::Duration;

use ostiary_secrets_store::{Changes, NewSecret, Scope, Secret, SecretValue, Status};

use super::inspection::Inspection;
use super::patience::Patience;
use super::plan::{Found, Holding, Purpose, Step, Verdict, next};
use super::report::{Event, Report};
use super::trial::Trial;
use crate::configuration::Binding;
use crate::failure::Failure;
use crate::printable::Printable;

/// How many times in a row the gateway must have read the new value: several of its instances may answer.
const PROOFS: u32 = 3;

/// What a rotation needs.
pub struct Execution<'a> {
    /// Looks at sources.
    pub inspection: Inspection<'a>,
    /// Tries them at the upstream.
    pub trial: Trial<'a>,
    /// What they are for.
    pub purpose: Purpose,
    /// How long a written value may take until the gateway reads it.
    pub patience: Duration,
    /// Whether nothing is written, and what would be is told.
    pub is_rehearsal: bool,
}

impl Execution<'_> {
    /// Goes on until the plan says that there is nothing more to do. `found` is left as it is at the end.
    ///
    /// A rehearsal takes the steps that would be taken if all goes well: upstreams are asked, nothing is written.
    ///
    /// # Errors
    /// Where something failed. Run again, it goes on from there.
    pub fn run(&self, found: &mut Vec<Found>, report: &mut Report<'_>) -> Result<Step, Failure> {
        *found = self.inspection.look(report)?;
        let (mut rehearsed, mut is_controlled) = (Vec::new(), false);
        loop {
            let step = next(found, self.purpose);
            let (Step::Probe(source) | Step::Write(source)) = step else { return Ok(step) };
            let is_write = matches!(step, Step::Write(_));
            if is_write
                && !std::mem::replace(&mut is_controlled, true)
                && let Some(obstacle) = self.trial.control(found, report)?
            {
                return Ok(Step::Stop(obstacle));
            }
            let Some(known) = found.get_mut(source) else { return Ok(step) };
            *known = if is_write && self.is_rehearsal {
                let what = "would write the new value and wait until the gateway reads it";
                report.event(Event::would(source, what))?;
                rehearsed.push(source);
                Found { holding: Holding::New, verdict: Verdict::Unknown }
            } else if is_write {
                self.write(source, report)?
            } else if rehearsed.contains(&source) {
                report.event(Event::would(source, "would try it upstream"))?;
                Found { holding: Holding::New, verdict: Verdict::Accepted }
            } else {
                self.trial.probe(source, *known, report)?
            };
        }
    }

    fn write(&self, source: usize, report: &mut Report<'_>) -> Result<Found, Failure> {
        let Inspection { target, values, api, .. } = self.inspection;
        let patience = Patience::new(self.patience);
        let mut written = Vec::new();
        for (secret, new) in target.secrets.iter().zip(values) {
            let Some(binding) = secret.sources.get(source) else { continue };
            written.push((binding, self.put(binding, &new.value)?));
        }
        report.event(Event::written(source))?;

        for (binding, mut secret) in written {
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

    /// Changes the secret, or makes it where it is missing.
    fn put(&self, binding: &Binding, value: &SecretValue) -> Result<Secret, Failure> {
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
        Ok(api.send(&call)?)
    }
}
