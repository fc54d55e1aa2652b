//! Probes the upstream with the sources.

use std::thread;
use std::time::Duration;

use super::found::{Found, Holding, Refusal, Verdict};
use super::inspection::held;
use super::judgement::{Judgement, ProbeRequest};
use super::plan::Obstacle;
use super::report::{Event, Report};
use super::target::{NewValue, Target};
use crate::failure::Failure;
use crate::operator::Operator;
use crate::patience::{PROOFS, Patience, Tries};
use crate::probed::Probed;

/// Probes the upstream with the sources.
pub struct Trial<'a> {
    /// The target that has the sources.
    pub target: &'a Target,
    /// The new value of each of the target's secrets, in their order.
    pub values: &'a [NewValue],
    /// The gateway that sends the requests.
    pub operator: &'a Operator,
    /// The probe; `None` for a caller's token.
    pub probe: Option<ProbeRequest>,
    /// The time limit until all instances of the gateway read the new value.
    pub patience: Duration,
    /// The pause between probes that must have the same result.
    pub pause: Duration,
}

impl Trial<'_> {
    /// Probes the upstream with the source, until enough probes in a row had the same result. Results that differ tell
    /// nothing: a single refusal must not spare a key that works, and a single acceptance must not prove the new one.
    ///
    /// # Errors
    /// Returns an error if the gateway does not do it, or reads another binding.
    pub fn probe(&self, source: usize, known: Found, report: &mut Report<'_>) -> Result<Found, Failure> {
        let (mut now, mut probed) = self.probe_once(source, known)?;
        let mut what = described(now.verdict, &probed);
        for _ in 1..repetitions(now) {
            thread::sleep(self.pause);
            let first = now.verdict;
            (now, probed) = self.probe_once(source, known)?;
            if now.verdict != first {
                what = format!("{what}; but later, it {}", described(now.verdict, &probed));
                now.verdict = Verdict::Undecided;
                break;
            }
        }
        report.event(Event::probed(source, &what, probed.status))?;
        Ok(now)
    }

    /// Probes the upstream with the source. The holding and the verdict come from the same response, so the verdict on
    /// an old value is not used for the new one.
    fn probe_once(&self, source: usize, known: Found) -> Result<(Found, Probed), Failure> {
        let request = self.request()?;
        let patience = Patience::new(self.patience);
        let mut tries = Tries::default();
        loop {
            let probed = request.send(self.operator, source)?;
            self.check_bindings(source, &probed)?;
            let mut now = self.found(request, &probed);
            // One instance of the gateway may be behind the others.
            if known.holding == Holding::New && now.holding != Holding::New {
                patience.wait(format_args!(
                    "the gateway reads the new value from {} only now and then",
                    self.target.source_name(source)
                ))?;
                continue;
            }
            // A source that had a value a moment ago must not be taken for an empty one.
            if (now.verdict == Verdict::Undecided || now.holding > known.holding) && tries.again() {
                continue;
            }
            if known.holding == Holding::Other && now.holding == Holding::Unreadable {
                now = Found { holding: Holding::Unread, verdict: Verdict::Undecided };
            }
            return Ok((now, probed));
        }
    }

    /// Makes the gateway send the control, with a wrong value that imitates the source's. Returns the refusal, or the
    /// reason why the probe tells nothing.
    ///
    /// # Errors
    /// Returns an error if the gateway does not do it, or reads another binding.
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
        self.probe.as_ref().ok_or_else(|| Failure::usage("a probe is needed: --probe \"GET /path\""))
    }

    /// Checks that the instance that answered reads the binding that is written.
    fn check_bindings(&self, source: usize, probed: &Probed) -> Result<(), Failure> {
        let places = self.values.iter().zip(&self.target.secrets);
        let mut places = places.filter_map(|(new, places)| Some((new, places.sources.get(source)?)));
        places.try_for_each(|(new, binding)| probed.check_binding(&new.secret, binding))
    }

    /// The state after a probe. If a value of these secrets is not valid in its place, nothing was sent and the source
    /// counts as refused. If another secret's value is not valid, or the store failed, the verdict is unknown.
    fn found(&self, request: &ProbeRequest, probed: &Probed) -> Found {
        let holding = self.values.iter().map(|new| held(probed, new)).max().unwrap_or(Holding::New);
        let is_unfit =
            |new: &NewValue| matches!(probed.outcome(&new.secret), "invalid" | "missing" | "empty");
        let is_unfit = probed.status.is_none() && self.values.iter().any(is_unfit);
        let verdict = if is_unfit && holding != Holding::Unread {
            Verdict::Unfit
        } else {
            request.judge(probed).verdict()
        };
        Found { holding, verdict }
    }
}

/// How many probes in a row must have this result. A value that is not sent has no second result.
fn repetitions(found: Found) -> u32 {
    match found.verdict {
        Verdict::Accepted if found.holding == Holding::New => PROOFS,
        Verdict::RefusedAs(_) => 2,
        _ => 1,
    }
}

fn described(verdict: Verdict, probed: &Probed) -> String {
    let answer = answer(probed);
    match verdict {
        Verdict::Accepted => format!("works: {answer}"),
        Verdict::Refused | Verdict::Waived | Verdict::RefusedAs(_) | Verdict::Unfit => {
            format!("does not work: {answer}")
        }
        Verdict::Unknown | Verdict::Restricted | Verdict::Undecided => {
            format!("may or may not work: {answer}")
        }
    }
}

fn answer(probed: &Probed) -> String {
    match probed.status {
        Some(status) if probed.refused => {
            format!("the upstream answered {status}, which refuses the key")
        }
        Some(status) if probed.undecided => {
            format!("the upstream answered {status}, and the gateway could not read the whole body")
        }
        Some(status) => format!("the upstream answered {status}"),
        None => probed.obstacle().unwrap_or_else(|| "there was no response".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_probe_without_a_clear_result_says_why() {
        let told = |report: serde_json::Value| {
            answer(&Probed::read(report.to_string().as_bytes(), [0; 32]).unwrap())
        };
        let unread = told(json!({ "status": 200, "refused": false, "undecided": true }));
        assert_eq!(unread, "the upstream answered 200, and the gateway could not read the whole body");
        let refused = told(json!({ "status": 200, "refused": true }));
        assert_eq!(refused, "the upstream answered 200, which refuses the key");
        assert_eq!(told(json!({ "status": 200, "refused": false })), "the upstream answered 200");
        assert_eq!(told(json!({ "failure": "upstream_timeout" })), "the gateway said upstream_timeout");
        assert_eq!(told(json!({})), "there was no response");
    }
}
