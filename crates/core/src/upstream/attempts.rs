//! Steps 5 to 8 of a request: resolve a credential, plan, send, and repeat where that is right.
//!
//! Four situations lead to another attempt. All of them are before the caller has received a byte of a response:
//!
//! 1. The upstream rejects the credential ([`rejection`](super::rejection)), and another source holds another value.
//!    The next source is resolved before the first response is discarded; if it cannot be resolved, the first response
//!    is returned.
//! 2. The upstream rejects a token that was used before. A fresh one is obtained with the same source.
//! 3. The connection fails before the head of a response arrives, on a route with `retry`.
//! 4. The upstream asks to try later (429 or 503 with a short `Retry-After`), on a route with `retry`.
//!
//! Another attempt needs the whole body of the request, if it has one. For 3 and 4 the method must also be idempotent,
//! or the request must carry an `Idempotency-Key`.

use std::rc::Rc;

use crate::configuration::{Failover, Placement};
use crate::log::{Event, FailoverOutcome};
use crate::redaction::{InjectedSecrets, RequestedRange};
use crate::refusal::Code;
use crate::request::body::read_body;
use crate::request::trace::Trace;
use crate::request_id::RequestId;
use crate::runtime::auth_runtime::AuthRuntime;
use crate::runtime::feature::if_built_in;
use crate::runtime::instrumented::Instrumented;
use crate::runtime::plan::Plan;
use crate::runtime::{Bindings, Clock, Network, RequestHead, SendError, UpstreamResponse};
use crate::secret_value::{SecretBytes, SecretValue};
use crate::secrets::concurrent_reads::Readings;
use crate::secrets::credential::Credential;
use crate::secrets::credential_error::CredentialError;
use crate::secrets::fallback::Resolver;
use crate::upstream::attempt_signing::sign_attempt;
use crate::upstream::planning::Forward;
use crate::upstream::rejection::rejects_credential;

/// RFC 9110 §15.5.2.
const UNAUTHORIZED: u16 = 401;

const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The pause before the second attempt, in milliseconds. Each later pause is twice as long.
const FIRST_PAUSE: u32 = 100;

/// The longest `Retry-After` that the gateway waits for, in milliseconds. A longer one is returned to the caller, which
/// can use the time.
const LONGEST_PAUSE: u32 = 5_000;

/// An upstream's response, with the credential of its request.
pub struct Reply<'g, A> {
    /// The head of the response.
    pub response: A,
    /// The credential of the request.
    pub credential: Rc<Credential<'g>>,
    /// The range that was requested, with its surroundings.
    pub range: Option<RequestedRange>,
}

/// Sends one request upstream, with as many attempts as are needed.
pub struct Attempts<'a, 'g, H, R> {
    /// The parts of the request that every attempt shares.
    pub forward: &'a Forward<'a, H>,
    /// The runtime.
    pub runtime: &'g R,
    /// The sources of the route's auth.
    pub resolver: &'a mut Resolver<'g>,
    /// The secrets that have been read for this request.
    pub readings: &'a mut Readings<'g, R>,
    /// The log event of the request.
    pub event: &'a mut Event<'g>,
    /// The secrets that any attempt has sent, which are looked for in the response.
    pub injected: &'a mut InjectedSecrets<'g>,
    /// The conditions for trying the next source; `None` for a request that carries no credential.
    pub failover: Option<&'a Failover>,
    /// The seed for the jitter of pauses and the nonces of signatures.
    pub request_id: &'a RequestId,
    /// The trace of the request; `None` if the upstream gets no trace headers.
    pub trace: Option<&'a Trace>,
    /// The caller's body, once it has been read: to verify or make a signature, or to set a field in it.
    pub body: Option<Rc<SecretBytes>>,
}

impl<'g, H: RequestHead, R: Bindings + Network + Clock + AuthRuntime + Instrumented> Attempts<'_, 'g, H, R> {
    /// Sends the request with this credential, and repeats it while one of the four situations applies. If no attempt
    /// succeeds, the last response of the upstream is returned.
    pub async fn send_with_failover(
        mut self,
        credential: Credential<'g>,
    ) -> Result<Reply<'g, R::Response>, Code> {
        let mut credential = Rc::new(credential);
        let mut last_response: Option<Reply<'g, R::Response>> = None;
        let mut retries = retries(self.forward);
        let replay_limit = self.replay_limit(retries);
        loop {
            let mut plan = self.plan_attempt(&credential, replay_limit);
            if let Err(why) = self.prepare_attempt(&mut plan, &credential).await {
                return self.without_response(last_response, why);
            }
            // This follows the signature, because the width depends on the signature's length. The signature does not
            // cover the range.
            let range = self.widen_range(&mut plan);
            self.event.attempts += 1;
            let response = match self.runtime.send(&plan).await {
                Ok(response) => response,
                Err(SendError::Unreachable) if retries > 0 && self.buffer_for_replay(replay_limit).await => {
                    retries -= 1;
                    self.runtime.sleep(self.pause()).await;
                    continue;
                }
                Err(why) => return self.without_response(last_response, why.into()),
            };
            let status = response.status();
            let later = retry_after(&response);
            let rejected = rejects_credential(self.failover, &response, self.runtime).await;
            let reply = Reply { response, credential: Rc::clone(&credential), range };
            let is_stale = credential.is_reused && (rejected || status == UNAUTHORIZED);
            let renewed =
                if_built_in(const { R::FORMS.reuse }, || self.renewed(is_stale, replay_limit)).await;
            if let Some(renewed) = renewed.flatten() {
                credential = Rc::new(renewed);
                last_response = Some(reply);
                continue;
            }
            if rejected {
                self.resolver.mark_rejected::<R>(&credential, status);
                match self.next(replay_limit).await {
                    Ok(next) => credential = Rc::new(next),
                    Err(why) => {
                        self.event.failover = Some(why);
                        return Ok(reply);
                    }
                }
            } else if let Some(pause) = later.filter(|_| retries > 0)
                && self.buffer_for_replay(replay_limit).await
            {
                retries -= 1;
                // A `Retry-After` of 0 still gets a pause with jitter, so that not all callers return at once.
                self.runtime.sleep(pause.max(self.pause())).await;
            } else {
                self.record_failover(status);
                return Ok(reply);
            }
            last_response = Some(reply);
        }
    }

    /// The result of an attempt without a valid response: the last response, if there is one.
    fn without_response<T>(&mut self, last_response: Option<T>, why: Code) -> Result<T, Code> {
        self.resolver.mark_unanswered();
        last_response.ok_or(why)
    }

    fn plan_attempt(&self, credential: &Credential<'_>, replay_limit: u32) -> Plan {
        let mut plan = Plan { replay_limit, ..self.forward.plan(credential) };
        if let Some(trace) = self.trace.filter(|_| R::INSTRUMENTS.trace) {
            trace.put_on(&mut plan, self.forward.route);
        }
        plan
    }

    /// Records whether the upstream accepted the credential. Other statuses are not counted as refusals: a caller can
    /// provoke them, and 403 and 429 do not tell whether the upstream checked the credential.
    fn record_failover(&mut self, status: u16) {
        if self.resolver.has_rejected() && status < 400 {
            self.event.failover = Some(FailoverOutcome::Recovered);
        }
    }

    /// Widens the range that the caller wants by the longest form of a secret on either side. The range of a body that
    /// is not searched is forwarded as it is, because the response is not cut either.
    fn widen_range(&self, plan: &mut Plan) -> Option<RequestedRange> {
        let (name, wanted) = self.forward.range().filter(|_| self.injected.is_searched_in_bodies())?;
        let range = RequestedRange::new(wanted, self.injected.needles(self.request_id).reach());
        plan.set.push((name.to_owned(), SecretValue::new(range.header())));
        Some(range)
    }

    /// The same credential with a fresh token, because the rejected one may have been revoked.
    async fn renewed(&mut self, is_stale: bool, replay_limit: u32) -> Option<Credential<'g>> {
        if !is_stale || !self.buffer_for_replay(replay_limit).await {
            return None;
        }
        let renewed = self.resolver.renew(self.readings, self.runtime).await.ok()?;
        if self.forward.redacts {
            self.injected.add_credential(&renewed);
        }
        Some(renewed)
    }

    /// The credential that is tried after the one that the upstream has just rejected, or why there is none.
    async fn next(&mut self, replay_limit: u32) -> Result<Credential<'g>, FailoverOutcome> {
        if !self.resolver.has_next() {
            return Err(FailoverOutcome::AllRejected);
        }
        if !self.buffer_for_replay(replay_limit).await {
            return Err(FailoverOutcome::NotReplayable);
        }
        let next = self.resolver.next(self.readings, self.runtime).await.map_err(|why| match why {
            CredentialError::Repeated => FailoverOutcome::AllRejected,
            CredentialError::Unavailable | CredentialError::Misconfigured => FailoverOutcome::NextUnavailable,
        })?;
        if self.forward.redacts {
            self.injected.add_credential(&next);
        }
        Ok(next)
    }

    /// Reads the body where the credential needs it, and adds to the plan what is computed for each attempt.
    async fn prepare_attempt(&mut self, plan: &mut Plan, credential: &Credential<'g>) -> Result<(), Code> {
        let is_wanted = self.body.is_none() && self.buffers_request_body() && credential.is_completed_later();
        if R::FORMS.body && is_wanted {
            let read = || read_body(self.runtime, self.forward.route, self.forward.length, None);
            let body = if_built_in(const { R::FORMS.body }, read).await.transpose()?;
            self.body = body.map(Rc::new);
        }
        if R::FORMS.body {
            plan.body.clone_from(&self.body);
        }
        let (head, attempt) = (self.forward.head, self.event.attempts + 1);
        let signatures = sign_attempt(plan, head, credential, self.runtime, self.request_id, attempt).await?;
        if self.forward.redacts {
            for (name, value) in &signatures {
                self.injected.add(name, value.expose());
            }
        }
        Ok(())
    }

    fn buffers_request_body(&self) -> bool {
        self.forward.has_body && self.forward.route.auth.iter().any(Placement::buffers_request_body)
    }

    /// Makes the request ready to be sent again: the rest of a body that streams is read. Returns whether that worked.
    async fn buffer_for_replay(&self, replay_limit: u32) -> bool {
        !self.forward.has_body
            || self.body.is_some()
            || (replay_limit > 0 && self.runtime.buffer_for_replay().await)
    }

    /// The next pause, in milliseconds. Half of it is random, so that callers that failed together do not return
    /// together.
    fn pause(&self) -> u32 {
        let whole = FIRST_PAUSE << self.event.attempts.saturating_sub(1).min(5);
        whole / 2 + self.request_id.chance(self.event.attempts, whole / 2)
    }

    /// How much of the body is kept, in bytes: 0 where there will be no other attempt, or where the body is known to be
    /// too long.
    fn replay_limit(&self, retries: u8) -> u32 {
        let renews = R::FORMS.reuse && self.forward.route.auth.iter().any(Placement::reuses);
        let another = retries > 0 || renews || (self.failover.is_some() && self.resolver.has_next());
        let limit = self.forward.route.replay_limit;
        let fits = self.forward.length.is_none_or(|length| length <= u64::from(limit));
        let is_at_hand = R::FORMS.body && (self.buffers_request_body() || self.body.is_some());
        let streams = self.forward.has_body && !is_at_hand;
        if streams && another && fits { limit } else { 0 }
    }
}

/// How many times a request may be repeated after a failed connection: 0 unless it is idempotent, because the upstream
/// may have acted on it.
fn retries(forward: &Forward<'_, impl RequestHead>) -> u8 {
    let Some(retry) = forward.route.retry else { return 0 };
    // An `Idempotency-Key` that is not forwarded has no effect.
    let keyed = || {
        forward.head.header(IDEMPOTENCY_KEY).is_some_and(|key| !key.trim().is_empty())
            && forward.forwards(IDEMPOTENCY_KEY)
    };
    if forward.method.is_idempotent() || keyed() { retry.attempts.saturating_sub(1) } else { 0 }
}

/// The `Retry-After` of a busy upstream, in milliseconds, if it is short enough. A date is left to the caller: it
/// usually means a longer wait, or a clock that is wrong.
fn retry_after(response: &impl UpstreamResponse) -> Option<u32> {
    if !matches!(response.status(), 429 | 503) {
        return None;
    }
    let seconds: u32 = response.header("retry-after")?.trim().parse().ok()?;
    seconds.checked_mul(1000).filter(|milliseconds| *milliseconds <= LONGEST_PAUSE)
}
