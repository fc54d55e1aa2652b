//! Does what the plan says: looks, writes, waits, tries.

use std::thread;
use std::time::{Duration, Instant};

use ostiary_secrets_store::{Changes, NewSecret, Scope, Secret, SecretValue, Status};

use super::plan::{Found, Holding, Purpose, Step, Verdict, next};
use super::report::{Event, Report};
use super::target::{NewValue, Target};
use crate::api::Api;
use crate::configuration::Binding;
use crate::failure::Failure;
use crate::operator::{Operator, Probed};
use crate::output::Output;
use crate::printable::Printable;

/// How many times in a row the gateway must have read the new value: several of its instances may answer.
const PROOFS: u32 = 3;
/// Between two looks at something that is waited for.
const PAUSE: Duration = Duration::from_millis(500);
/// How often a source is read that fails, and an upstream asked that does not say whether the credential is any
/// good.
const TRIES: u32 = 3;

/// What a rotation needs.
pub struct Execution<'a> {
    /// What is rotated.
    pub target: &'a Target,
    /// For each of the target's secrets, in their order.
    pub values: &'a [NewValue],
    /// Where values are written.
    pub api: &'a Api,
    /// Where they are read.
    pub operator: &'a Operator,
    /// What they are tried with; `None` where they prove a caller.
    pub probe: Option<ProbeRequest>,
    /// What they are for.
    pub purpose: Purpose,
    /// How long a written value may take until the gateway reads it.
    pub patience: Duration,
}

/// A request that shows whether a credential is any good.
#[derive(Clone)]
pub struct ProbeRequest {
    /// The route whose credential it is.
    pub route: String,
    /// GET or HEAD.
    pub method: String,
    /// Below the mount, with its query.
    pub path: String,
    /// What the upstream answers to a good one.
    pub expected: u16,
    /// What it answers to one that is no good. Any other status says nothing of the credential.
    pub refused: Vec<u16>,
}

impl Execution<'_> {
    /// Goes on until the plan says that there is nothing more to do. `found` is left as it is at the end.
    ///
    /// # Errors
    /// Where something failed. Run again, it goes on from there.
    pub fn run(
        &self,
        found: &mut Vec<Found>,
        report: &mut Report,
        output: &mut Output,
    ) -> Result<Step, Failure> {
        *found = self.look(report, output)?;
        loop {
            let step = next(found, self.purpose);
            let (Step::Probe(source) | Step::Write(source)) = step else { return Ok(step) };
            let Some(known) = found.get_mut(source) else { return Ok(step) };
            *known = match step {
                Step::Write(_) => self.write(source, report, output)?,
                _ => self.probe(source, *known, report, output)?,
            };
        }
    }

    /// The steps that would be taken if all goes well. Upstreams are asked, nothing is written.
    ///
    /// # Errors
    /// Where the gateway does not say what it reads.
    pub fn rehearse(
        &self,
        found: &mut Vec<Found>,
        report: &mut Report,
        output: &mut Output,
    ) -> Result<Step, Failure> {
        *found = self.look(report, output)?;
        let mut written = Vec::new();
        loop {
            let step = next(found, self.purpose);
            let (Step::Probe(source) | Step::Write(source)) = step else { return Ok(step) };
            let Some(known) = found.get_mut(source) else { return Ok(step) };
            *known = match step {
                Step::Write(_) => {
                    let what = "would write the new value and wait until the gateway reads it";
                    report.event(Event::would(source, what), self.target, output)?;
                    written.push(source);
                    Found { holding: Holding::New, verdict: Verdict::Unknown }
                }
                _ if written.contains(&source) => {
                    report.event(Event::would(source, "would try it upstream"), self.target, output)?;
                    Found { holding: Holding::New, verdict: Verdict::Accepted }
                }
                _ => self.probe(source, *known, report, output)?,
            };
        }
    }

    fn look(&self, report: &mut Report, output: &mut Output) -> Result<Vec<Found>, Failure> {
        let mut all = Vec::new();
        for source in 0..self.target.sources() {
            let holding = self.holding(source)?;
            let what = match holding {
                Holding::New => "holds the new value",
                Holding::Other => "holds another value",
                Holding::Unreadable => "cannot be read",
            };
            report.event(Event::found(source, what), self.target, output)?;
            all.push(Found { holding, verdict: Verdict::Unknown });
        }
        Ok(all)
    }

    /// What the gateway reads there now. A source that fails is asked again, since one that is only slow must not be
    /// taken for one that can be spared.
    fn holding(&self, source: usize) -> Result<Holding, Failure> {
        let mut tries = 1;
        loop {
            let holding = self.read(source)?;
            if holding != Holding::Unreadable || tries == TRIES {
                return Ok(holding);
            }
            tries += 1;
            thread::sleep(PAUSE);
        }
    }

    fn read(&self, source: usize) -> Result<Holding, Failure> {
        let mut holding = Holding::New;
        for (NewValue { secret, value }, places) in self.values.iter().zip(&self.target.secrets) {
            let read = self.operator.read(secret, source)?;
            // Otherwise the place that is written would not be the one that is proved.
            let binding = places.sources.get(source).map(|binding| binding.name.as_str());
            if read.binding(secret) != binding {
                return Err(Failure::failed(format_args!(
                    "the gateway's {} of `{secret}` is another one: it runs another gateway.toml, so deploy this one first",
                    self.target.source_name(source)
                )));
            }
            if read.proves(secret, value) {
                continue;
            }
            if !matches!(read.outcome(secret), "ok" | "invalid") {
                return Ok(Holding::Unreadable);
            }
            holding = Holding::Other;
        }
        Ok(holding)
    }

    /// Tries the source at the upstream. What it holds comes from the same reading as the verdict, so that a stale
    /// one is not taken for the new value.
    fn probe(
        &self,
        source: usize,
        known: Found,
        report: &mut Report,
        output: &mut Output,
    ) -> Result<Found, Failure> {
        let Some(request) = &self.probe else {
            return Err(Failure::usage("say how to try the value: --probe \"GET /path\""));
        };
        let deadline = Instant::now() + self.patience;
        let mut tries = 1;
        loop {
            let probed = self.operator.send(&request.route, &request.method, &request.path, source)?;
            let now = self.judge(&probed, request);
            // One instance of the gateway may be behind the others.
            if known.holding == Holding::New && now.holding != Holding::New {
                wait(
                    deadline,
                    &format!(
                        "the gateway reads the new value from {} only now and then",
                        self.target.source_name(source)
                    ),
                )?;
                continue;
            }
            if now.verdict == Verdict::Undecided && tries < TRIES {
                tries += 1;
                thread::sleep(PAUSE);
                continue;
            }
            let answer = match (&probed.status, &probed.failure) {
                (Some(status), _) => format!("the upstream answered {status}"),
                (None, Some(failure)) => format!("the gateway said {failure}"),
                (None, None) => "nothing came back".to_owned(),
            };
            let what = match now.verdict {
                Verdict::Accepted => format!("works: {answer}"),
                Verdict::Refused => format!("does not work: {answer}"),
                Verdict::Unknown | Verdict::Undecided => format!("may or may not work: {answer}"),
            };
            report.event(Event::probed(source, &what, probed.status), self.target, output)?;
            return Ok(now);
        }
    }

    fn judge(&self, probed: &Probed, request: &ProbeRequest) -> Found {
        let all = |holds: &dyn Fn(&NewValue) -> bool| self.values.iter().all(holds);
        let is_new = all(&|new| probed.proves(&new.secret, &new.value));
        let is_read = all(&|new| matches!(probed.outcome(&new.secret), "ok" | "invalid"));
        let holding = match (is_new, is_read) {
            (true, _) => Holding::New,
            (false, true) => Holding::Other,
            (false, false) => Holding::Unreadable,
        };
        let verdict = match (probed.status, probed.failure.as_deref()) {
            (Some(status), _) if status == request.expected => Verdict::Accepted,
            (Some(status), _) if request.refused.contains(&status) => Verdict::Refused,
            // What was read does not fit its place.
            (None, Some("secret_unavailable")) => Verdict::Refused,
            (Some(_) | None, _) => Verdict::Undecided,
        };
        Found { holding, verdict }
    }

    fn write(&self, source: usize, report: &mut Report, output: &mut Output) -> Result<Found, Failure> {
        let deadline = Instant::now() + self.patience;
        let mut written = Vec::new();
        for (secret, new) in self.target.secrets.iter().zip(self.values) {
            let Some(binding) = secret.sources.get(source) else { continue };
            written.push((binding, self.put(binding, &new.value)?));
        }
        report.event(Event::written(source), self.target, output)?;

        for (binding, mut secret) in written {
            while secret.status != Status::Active {
                let status = Printable(secret.status.as_str());
                wait(deadline, &format!("`{}` is still {status}", binding.secret))?;
                secret = self.api.send(&self.api.account.secret(&binding.store, &secret.id))?;
            }
        }
        report.event(Event::active(source), self.target, output)?;

        let mut proofs = 0;
        while proofs < PROOFS {
            if self.read(source)? == Holding::New {
                proofs += 1;
            } else {
                proofs = 0;
                wait(
                    deadline,
                    &format!(
                        "the gateway does not read the new value from {} yet",
                        self.target.source_name(source)
                    ),
                )?;
            }
        }
        report.event(Event::proved(source), self.target, output)?;
        Ok(Found { holding: Holding::New, verdict: Verdict::Unknown })
    }

    /// Changes the secret, or makes it where it is missing.
    fn put(&self, binding: &Binding, value: &SecretValue) -> Result<Secret, Failure> {
        let (api, store) = (self.api, &binding.store);
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

fn wait(deadline: Instant, missing: &str) -> Result<(), Failure> {
    if Instant::now() >= deadline {
        return Err(Failure::failed(format_args!(
            "{missing}; nothing is lost: run the same again with the same value, --wait makes it wait longer"
        )));
    }
    thread::sleep(PAUSE);
    Ok(())
}
