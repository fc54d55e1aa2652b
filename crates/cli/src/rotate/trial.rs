//! Tries sources at the upstream.

use std::time::Duration;

use super::inspection::held;
use super::patience::{Patience, Tries};
use super::plan::{Found, Holding, Obstacle, Verdict};
use super::report::{Event, Report};
use super::target::{NewValue, Target};
use crate::failure::Failure;
use crate::operator::{Operator, Probed, RouteRequest};

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
    /// Whether the probe has to tell a wrong value from a good one before anything is written.
    pub is_controlled: bool,
    /// How long one instance of the gateway may be behind the others.
    pub patience: Duration,
}

/// A request that shows whether a credential is any good.
#[derive(Clone)]
pub struct ProbeRequest {
    /// The route whose credential it is.
    pub route: String,
    /// Whose values are put on the request, where each caller has its own.
    pub caller: Option<String>,
    /// GET or HEAD.
    pub method: String,
    /// Below the mount, with its query.
    pub path: String,
    /// What the upstream answers to a good one.
    pub expected: u16,
    /// What it answers to one that is no good. Any other status says nothing of the credential.
    pub refused: Vec<u16>,
}

impl Trial<'_> {
    /// Tries the source at the upstream. What it holds comes from the same reading as the verdict, so that a stale one
    /// is not taken for the new value.
    ///
    /// # Errors
    /// Where the gateway does not do it.
    pub fn probe(&self, source: usize, known: Found, report: &mut Report<'_>) -> Result<Found, Failure> {
        let Some(request) = &self.probe else {
            return Err(Failure::usage("say how to try the value: --probe \"GET /path\""));
        };
        let patience = Patience::new(self.patience);
        let mut tries = Tries::default();
        loop {
            let probed = self.operator.send(&request.sent(), source)?;
            let now = self.found(request, &probed);
            // One instance of the gateway may be behind the others.
            if known.holding == Holding::New && now.holding != Holding::New {
                patience.wait(format_args!(
                    "the gateway reads the new value from {} only now and then",
                    self.target.source_name(source)
                ))?;
                continue;
            }
            if now.verdict == Verdict::Undecided && tries.again() {
                continue;
            }
            let answer = answer(&probed);
            let what = match now.verdict {
                Verdict::Accepted => format!("works: {answer}"),
                Verdict::Refused => format!("does not work: {answer}"),
                Verdict::Unknown | Verdict::Undecided => format!("may or may not work: {answer}"),
            };
            report.event(Event::probed(source, &what, probed.status))?;
            return Ok(now);
        }
    }

    /// Has the probe sent with a value that is certainly wrong. `None` where the upstream tells it from a good one, or
    /// it does not matter.
    ///
    /// # Errors
    /// Where the gateway does not do it.
    pub fn control(&self, found: &[Found], report: &mut Report<'_>) -> Result<Option<Obstacle>, Failure> {
        let Some(request) = self.probe.as_ref().filter(|_| self.is_controlled) else { return Ok(None) };
        // What can be read lends its length and its alphabet.
        let source = found
            .iter()
            .position(|source| matches!(source.holding, Holding::New | Holding::Other))
            .unwrap_or(0);
        let mut tries = Tries::default();
        loop {
            let probed = self.operator.send_wrong(&request.sent(), source)?;
            let (what, obstacle) = match (request.verdict(&probed), probed.status) {
                (Verdict::Accepted, _) => ("is accepted", Some(Obstacle::Blind)),
                (Verdict::Refused, _) => ("is refused", None),
                // Any other status than that of a good key tells them apart, unless it is about something else.
                (_, Some(status)) if status != 429 && status < 500 => ("is not accepted", None),
                _ if tries.again() => continue,
                _ => ("may or may not be accepted", Some(Obstacle::Untold)),
            };
            let what = format!("a wrong value in its place {what}: {}", answer(&probed));
            report.event(Event::controlled(source, &what, probed.status))?;
            return Ok(obstacle);
        }
    }

    /// Where nothing was sent, the value does not fit its place; unless the store failed, which says nothing of it.
    fn found(&self, request: &ProbeRequest, probed: &Probed) -> Found {
        let holding = self.values.iter().map(|new| held(probed, new)).max().unwrap_or(Holding::New);
        let is_unfit = probed.failure.as_deref() == Some("secret_unavailable") && holding != Holding::Unread;
        let verdict = if is_unfit { Verdict::Refused } else { request.verdict(probed) };
        Found { holding, verdict }
    }
}

impl ProbeRequest {
    fn sent(&self) -> RouteRequest<'_> {
        let Self { route, caller, method, path, .. } = self;
        RouteRequest { route, caller: caller.as_deref(), method, path }
    }

    /// What the upstream's answer says.
    fn verdict(&self, probed: &Probed) -> Verdict {
        match probed.status {
            Some(_) if probed.refused => Verdict::Refused,
            Some(status) if status == self.expected => Verdict::Accepted,
            Some(status) if self.refused.contains(&status) => Verdict::Refused,
            Some(_) | None => Verdict::Undecided,
        }
    }
}

fn answer(probed: &Probed) -> String {
    match (&probed.status, &probed.failure) {
        (Some(status), _) if probed.refused => {
            format!("the upstream answered {status}, with which it refuses a key")
        }
        (Some(status), _) => format!("the upstream answered {status}"),
        (None, Some(failure)) => format!("the gateway said {failure}"),
        (None, None) => "nothing came back".to_owned(),
    }
}
