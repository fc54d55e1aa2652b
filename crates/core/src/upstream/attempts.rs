//! Steps 5 to 8 of a request's life: a credential, the plan, the upstream, and once more where that is right.
//!
//! Four things lead to another attempt, none of them once the caller has seen a byte of a response:
//!
//! 1. The upstream refuses the credential ([`refused`](super::refused)), and another source holds another value. The next
//!    source is resolved before the first response is given up; if it cannot be, the first response is returned.
//! 2. A token that was used before is refused. A fresh one is obtained with the same source.
//! 3. The connection fails before the head of a response, on a route with `retry`.
//! 4. The upstream asks for a later request, on a route with `retry` too: 429 or 503 with a short `Retry-After`.
//!
//! Another attempt needs the whole body of the request, if it has one. For 3 and 4 the method must also be idempotent, or
//! the request must carry an `Idempotency-Key`.

use std::rc::Rc;

use crate::configuration::{Failover, Placement};
use crate::log::{Event, FailoverOutcome};
use crate::redaction::{RequestedRange, Sent};
use crate::refusal::Code;
use crate::request::body::receive;
use crate::request::trace::Trace;
use crate::request_id::RequestId;
use crate::runtime::instrumented::Instrumented;
use crate::runtime::plan::Plan;
use crate::runtime::signing::{Signing, when};
use crate::runtime::status::check_status;
use crate::runtime::{Bindings, Clock, Network, RequestHead, SendError, UpstreamResponse};
use crate::secret_value::{SecretBytes, SecretValue};
use crate::secrets::credential::Credential;
use crate::secrets::readings::Readings;
use crate::secrets::resolver::{CredentialError, Resolver};
use crate::upstream::completion::complete;
use crate::upstream::planning::Forward;
use crate::upstream::refused::is_refused;

/// RFC 9110 §15.5.2.
const UNAUTHORIZED: u16 = 401;

const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The pause before the second attempt, in milliseconds; each later one is twice as long.
const FIRST_PAUSE: u32 = 100;

/// The longest `Retry-After` that is waited for, in milliseconds. A caller that is to wait longer knows better what to
/// do with its time.
const LONGEST_PAUSE: u32 = 5_000;

/// An upstream's answer, and what was put on the request for it.
pub struct Reply<'g, A> {
    /// The head of the response.
    pub response: A,
    /// The credential that it is the answer to.
    pub credential: Rc<Credential<'g>>,
    /// The range that was asked for, with its surroundings.
    pub range: Option<RequestedRange>,
}

/// Sends one request upstream, as often as it takes.
pub struct Attempts<'a, 'g, H, R> {
    /// What every attempt has in common.
    pub forward: &'a Forward<'a, H>,
    /// The runtime.
    pub runtime: &'g R,
    /// The sources of the route's auth.
    pub resolver: &'a mut Resolver<'g>,
    /// What has been read for this request.
    pub readings: &'a mut Readings<'g, R>,
    /// What the log will say.
    pub event: &'a mut Event<'g>,
    /// What is looked for in the answer, whichever attempt brings it.
    pub sent: &'a mut Sent<'g>,
    /// When the next source is tried; `None` for a request that carries no credential.
    pub failover: Option<&'a Failover>,
    /// Where the jitter of pauses and the nonces of signatures come from.
    pub request_id: &'a RequestId,
    /// What ties the attempts to a trace; `None` where the upstream is not told.
    pub trace: Option<&'a Trace>,
    /// The caller's body, once it has been read: to verify its signature, to sign it or to set a field in it.
    pub body: Option<Rc<SecretBytes>>,
}

impl<'g, H: RequestHead, R: Bindings + Network + Clock + Signing + Instrumented> Attempts<'_, 'g, H, R> {
    /// Sends the request with this credential, and once more for as long as there is reason to. When no attempt is
    /// accepted the last answer of the upstream is the answer, whatever it is.
    pub async fn send(mut self, credential: Credential<'g>) -> Result<Reply<'g, R::Response>, Code> {
        let mut credential = Rc::new(credential);
        let mut standing: Option<Reply<'g, R::Response>> = None;
        let mut retries = retries(self.forward);
        let keep = self.keep(retries);
        loop {
            let mut plan = self.plan(&credential, keep);
            if let Err(why) = self.complete(&mut plan, &credential).await {
                self.resolver.unanswered();
                return standing.ok_or(why);
            }
            // How wide it has to be depends on the signature, which does not cover it.
            let range = self.widen_range(&mut plan);
            self.event.attempts += 1;
            let response = match self.runtime.send(&plan).await {
                Ok(response) => response,
                Err(SendError::Unreachable) if retries > 0 && self.can_repeat(keep).await => {
                    retries -= 1;
                    self.runtime.sleep(self.pause()).await;
                    continue;
                }
                Err(why) => {
                    self.resolver.unanswered();
                    return standing.ok_or_else(|| why.into());
                }
            };
            check_status(&response)?;
            let status = response.status();
            let later = retry_after(&response);
            let refused = is_refused(self.failover, &response, self.runtime).await;
            let reply = Reply { response, credential: Rc::clone(&credential), range };
            let is_stale = credential.is_reused && (refused || status == UNAUTHORIZED);
            let renewed = when(const { R::FORMS.reuse }, || self.renewed(is_stale, keep)).await;
            if let Some(renewed) = renewed.flatten() {
                credential = Rc::new(renewed);
                standing = Some(reply);
                continue;
            }
            if refused {
                self.resolver.refuse::<R>(&credential, status);
                match self.next(keep).await {
                    Ok(next) => credential = Rc::new(next),
                    Err(why) => {
                        self.event.failover = Some(why);
                        return Ok(reply);
                    }
                }
            } else if let Some(pause) = later.filter(|_| retries > 0)
                && self.can_repeat(keep).await
            {
                retries -= 1;
                // An upstream that says 0 does not mean that all shall come back at once.
                self.runtime.sleep(pause.max(self.pause())).await;
            } else {
                self.note_acceptance(status);
                return Ok(reply);
            }
            standing = Some(reply);
        }
    }

    fn plan(&self, credential: &Credential<'_>, keep: u32) -> Plan {
        let mut plan = Plan { keep, ..self.forward.plan(credential) };
        if let Some(trace) = self.trace.filter(|_| R::INSTRUMENTS.trace) {
            trace.put_on(&mut plan);
        }
        plan
    }

    /// A caller can force refusals, and what any error says of the credential only the upstream knows: 403 and 429 can
    /// come before it was looked at, or after.
    fn note_acceptance(&mut self, status: u16) {
        if self.resolver.has_refused() && status < 400 {
            self.event.failover = Some(FailoverOutcome::PrimaryRefused);
        }
    }

    /// Asks for what a secret may need on either side of the range that the caller wants.
    fn widen_range(&self, plan: &mut Plan) -> Option<RequestedRange> {
        let (name, wanted) = self.forward.range().filter(|_| self.forward.redacts)?;
        let range = RequestedRange::new(wanted, self.sent.needles(self.request_id).reach());
        plan.set.push((name.to_owned(), SecretValue::new(range.header())));
        Some(range)
    }

    /// The same credential with a token that no other request has used: the one that was refused may have been revoked.
    async fn renewed(&mut self, is_stale: bool, keep: u32) -> Option<Credential<'g>> {
        if !is_stale || !self.can_repeat(keep).await {
            return None;
        }
        let renewed = self.resolver.renew(self.readings, self.runtime).await.ok()?;
        if self.forward.redacts {
            self.sent.add_credential(&renewed);
        }
        Some(renewed)
    }

    /// The credential that is tried after the one that the upstream has just refused, or why there is none.
    async fn next(&mut self, keep: u32) -> Result<Credential<'g>, FailoverOutcome> {
        if !self.resolver.has_next() {
            return Err(FailoverOutcome::AllRefused);
        }
        if !self.can_repeat(keep).await {
            return Err(FailoverOutcome::NotReplayable);
        }
        let next = self.resolver.next(self.readings, self.runtime).await.map_err(|why| match why {
            CredentialError::Repeated => FailoverOutcome::AllRefused,
            CredentialError::Unavailable | CredentialError::Misconfigured => FailoverOutcome::NextUnavailable,
        })?;
        if self.forward.redacts {
            self.sent.add_credential(&next);
        }
        Ok(next)
    }

    /// Reads the body where the credential wants to see it, and puts on the plan what is made afresh for each attempt.
    async fn complete(&mut self, plan: &mut Plan, credential: &Credential<'g>) -> Result<(), Code> {
        if R::FORMS.body && self.reads_body() && credential.is_completed_later() {
            if self.body.is_none() {
                let received = || receive(self.runtime, self.forward.route, self.forward.length);
                let received = when(const { R::FORMS.body }, received).await.transpose()?;
                self.body = received.map(Rc::new);
            }
        }
        if R::FORMS.body {
            plan.body.clone_from(&self.body);
        }
        let (head, attempt) = (self.forward.head, self.event.attempts + 1);
        let signatures = complete(plan, head, credential, self.runtime, self.request_id, attempt).await?;
        if self.forward.redacts {
            for (name, value) in &signatures {
                self.sent.add(name, value.expose());
            }
        }
        Ok(())
    }

    fn reads_body(&self) -> bool {
        self.forward.has_body && self.forward.route.auth.iter().any(Placement::reads_body)
    }

    async fn can_repeat(&self, keep: u32) -> bool {
        !self.forward.has_body || self.body.is_some() || (keep > 0 && self.runtime.keeps_body().await)
    }

    /// Half of the pause is fixed and half is chance, so that callers who failed together do not come back together.
    fn pause(&self) -> u32 {
        let whole = FIRST_PAUSE << self.event.attempts.saturating_sub(1).min(5);
        whole / 2 + self.request_id.chance(self.event.attempts, whole / 2)
    }

    /// How much of the body is kept: nothing where there will be no other attempt, or where it is known to be too
    /// long for one.
    fn keep(&self, retries: u8) -> u32 {
        let renews = R::FORMS.reuse && self.forward.route.auth.iter().any(Placement::reuses);
        let another = retries > 0 || renews || (self.failover.is_some() && self.resolver.has_next());
        let limit = self.forward.route.replay_limit;
        let fits = self.forward.length.is_none_or(|length| length <= u64::from(limit));
        let is_at_hand = R::FORMS.body && (self.reads_body() || self.body.is_some());
        let streams = self.forward.has_body && !is_at_hand;
        if streams && another && fits { limit } else { 0 }
    }
}

/// How often a failed connection may be tried again. What is not idempotent may have been done already.
fn retries(forward: &Forward<'_, impl RequestHead>) -> u8 {
    let Some(retry) = forward.route.retry else { return 0 };
    // A key that stays behind, as `Connection` or the route may have it, protects nobody.
    let keyed = || {
        forward.head.header(IDEMPOTENCY_KEY).is_some_and(|key| !key.trim().is_empty())
            && forward.forwards(IDEMPOTENCY_KEY)
    };
    if forward.method.is_idempotent() || keyed() { retry.attempts.saturating_sub(1) } else { 0 }
}

/// What an upstream that is too busy asks for, in milliseconds, where it is short. A date is left to the caller: it
/// means a wait that is longer than this, or a clock that goes wrong.
fn retry_after(response: &impl UpstreamResponse) -> Option<u32> {
    if !matches!(response.status(), 429 | 503) {
        return None;
    }
    let seconds: u32 = response.header("retry-after")?.trim().parse().ok()?;
    seconds.checked_mul(1000).filter(|milliseconds| *milliseconds <= LONGEST_PAUSE)
}
