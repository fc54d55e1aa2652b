//! The two kinds of time limits of the edge, for everything that it awaits in Rust.
//!
//! - A [`Deadline`] is fixed: it passes so many milliseconds after it was made. Reads and rate limits that begin
//!   together share one (`shared_deadline` in `request_context.rs`); a later read has a new one. The time of a read is
//!   `secret_timeout` of the configuration, which `secret_reading.rs` applies. The cache, the gateway's own requests,
//!   pauses between attempts and the operator's requests have their own.
//! - An [`IdleDeadline`] moves: it passes when one of several waits takes too long. Callers' bodies that
//!   are read as a whole have one (`auth_runtime.rs`).
//!
//! The time limits of bodies that stream are in JavaScript: `IdleTimer` in `js/timers.js`.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use js_sys::Date;

use crate::invocation::Invocation;
use crate::js;
use crate::waiter::WaitOutcome;

/// A fixed deadline. Its timer is cleared when it is dropped.
pub(crate) struct Deadline {
    invocation: Invocation,
    passed: WaitOutcome,
    timer: f64,
}

impl Deadline {
    /// A deadline this many milliseconds from now.
    pub(crate) fn new(invocation: &Invocation, milliseconds: u32) -> Self {
        let passed = WaitOutcome::default();
        let (waiter, number) = invocation.wait(&passed);
        let timer = js::fulfill_after(milliseconds, &waiter, number);
        Self { invocation: invocation.clone(), passed, timer }
    }

    /// The output of the future; `None` if the deadline passes first.
    pub(crate) async fn within<F: Future>(&self, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            if self.passed.is_set() {
                return Poll::Ready(None);
            }
            self.passed.wake(context);
            Poll::Pending
        })
        .await
    }

    /// Waits until the deadline has passed.
    pub(crate) async fn passed(&self) {
        self.within(std::future::pending::<()>()).await;
    }
}

/// A time limit for each of several waits, one after another. Its timer is set again when it has fired, and not for
/// each wait, because setting a timer is expensive.
pub(crate) struct IdleDeadline {
    milliseconds: u32,
    current: Deadline,
}

impl IdleDeadline {
    /// Passes this many milliseconds after the beginning of a wait.
    pub(crate) fn new(invocation: &Invocation, milliseconds: u32) -> Self {
        Self { milliseconds, current: Deadline::new(invocation, milliseconds) }
    }

    /// The output of the future; `None` if it takes longer.
    pub(crate) async fn within<F: Future>(&mut self, future: F) -> Option<F::Output> {
        let end = Date::now() + f64::from(self.milliseconds);
        let mut future = pin!(future);
        loop {
            if let Some(output) = self.current.within(future.as_mut()).await {
                return Some(output);
            }
            let left = (end - Date::now()).ceil();
            if left <= 0.0 {
                return None;
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "positive, and no longer than the deadline"
            )]
            let left = left as u32;
            self.current = Deadline::new(&self.current.invocation.clone(), left);
        }
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        if !self.invocation.is_abandoned() {
            js::clear_timeout(self.timer);
        }
    }
}
