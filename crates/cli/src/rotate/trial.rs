//! Tries sources at the upstream.

use std::time::Duration;

use super::found::{Found, Holding, Refusal, Verdict};
use super::inspection::held;
use super::judgement::{Judgement, ProbeRequest};
use super::patience::{Patience, Tries};
use super::plan::Obstacle;
use super::report::{Event, Report};
use super::target::{NewValue, Target};
use crate::failure::Failure;
use crate::operator::Operator;
use crate::probed::Probed;

/// Tries sources at the upstream.
pub struct Trial<'a> {
    /// Whose sources they are.
    pub target: &'a Target,
    /// For each of the target's secrets, in their order.
    pub values: &'a [NewValue],
    /// Has requests sent.
    pub operator: &'a Operator,
    /// What they are tried with; `None` where they prove a caller.
    pub probe: Option<ProbeRequest>,
    /// How long one instance of the gateway may be behind the others.
    pub patience: Duration,
}

impl Trial<'_> {
    /// Tries the source at the upstream. What it holds comes from the same reading as the verdict, so that a stale one
    /// is not taken for the new value.
    ///
    /// # Errors
    /// Where the gateway does not do it, or reads another binding.
    pub fn probe(&self, source: usize, known: Found, report: &mut Report<'_>) -> Result<Found, Failure> {
        let request = self.request()?;
        let patience = Patience::new(self.patience);
        let mut tries = Tries::default();
        loop {
            let probed = request.send(self.operator, source)?;
            self.check_bindings(source, &probed)?;
            let now = self.found(request, &probed);
            // One instance of the gateway may be behind the others.
            if known.holding == Holding::New && now.holding != Holding::New {
                patience.wait(format_args!(
                    "the gateway reads the new value from {} only now and then",
                    self.target.source_name(source)
                ))?;
                continue;
            }
            // A source that held a value a moment ago must not be taken for one that can be spared.
            if (now.verdict == Verdict::Undecided || now.holding > known.holding) && tries.again() {
                continue;
            }
            let answer = answer(&probed);
            let what = match now.verdict {
                Verdict::Accepted => format!("works: {answer}"),
                Verdict::Refused | Verdict::RefusedAs(_) => format!("does not work: {answer}"),
                Verdict::Unknown | Verdict::Restricted | Verdict::Undecided => {
                    format!("may or may not work: {answer}")
                }
            };
            report.event(Event::probed(source, &what, probed.status))?;
            return Ok(now);
        }
    }

    /// Has the probe sent with a value that is certainly wrong, like the one that the source holds. How the upstream
    /// refuses it; or why it cannot be known whether it tells it from a good one.
    ///
    /// # Errors
    /// Where the gateway does not do it, or reads another binding.
    pub fn control(
        &self,
        source: usize,
        report: &mut Report<'_>,
    ) -> Result<Result<Refusal, Obstacle>, Failure> {
        let request = self.request()?;
        let names: Vec<&str> = self.values.iter().map(|new| new.secret.as_str()).collect();
        let mut tries = Tries::default();
        loop {
            let probed = request.send_wrong(self.operator, source, &names)?;
            self.check_bindings(source, &probed)?;
            let (what, result) = match request.judge(&probed) {
                Judgement::Accepted => ("is accepted", Err(Obstacle::Blind)),
                Judgement::Refused(refusal) => ("is refused", Ok(refusal)),
                Judgement::Foreign(status) => {
                    ("is neither accepted nor refused", Err(Obstacle::Foreign(status)))
                }
                Judgement::Undecided if tries.again() => continue,
                Judgement::Undecided => ("may or may not be accepted", Err(Obstacle::Untold)),
            };
            let what = format!("a wrong value in its place {what}: {}", answer(&probed));
            report.event(Event::controlled(source, &what, probed.status))?;
            return Ok(result);
        }
    }

    fn request(&self) -> Result<&ProbeRequest, Failure> {
        self.probe.as_ref().ok_or_else(|| Failure::usage("say how to try the value: --probe \"GET /path\""))
    }

    /// Whether the instance that answered reads what is written.
    fn check_bindings(&self, source: usize, probed: &Probed) -> Result<(), Failure> {
        let places = self.values.iter().zip(&self.target.secrets);
        let mut places = places.filter_map(|(new, places)| Some((new, places.sources.get(source)?)));
        places.try_for_each(|(new, binding)| probed.check_binding(&new.secret, binding))
    }

    /// Where nothing was sent since a value of these does not fit its place, it is none that works. Where another
    /// secret's does not, or the store failed, that says nothing of them.
    fn found(&self, request: &ProbeRequest, probed: &Probed) -> Found {
        let holding = self.values.iter().map(|new| held(probed, new)).max().unwrap_or(Holding::New);
        let is_unfit =
            |new: &NewValue| matches!(probed.outcome(&new.secret), "invalid" | "missing" | "empty");
        let is_unfit = probed.status.is_none() && self.values.iter().any(is_unfit);
        let verdict = if is_unfit && holding != Holding::Unread {
            Verdict::Refused
        } else {
            request.judge(probed).verdict()
        };
        Found { holding, verdict }
    }
}

fn answer(probed: &Probed) -> String {
    match probed.status {
        Some(status) if probed.refused => {
            format!("the upstream answered {status}, with which it refuses a key")
        }
        Some(status) => format!("the upstream answered {status}"),
        None => probed.obstacle().unwrap_or_else(|| "nothing came back".to_owned()),
    }
}
