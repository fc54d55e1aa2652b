//! One timer for everything that is awaited at the same time.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use crate::invocation::Invocation;
use crate::js;
use crate::waiter::Signal;

/// A deadline. Its timer is cleared when it is dropped.
pub(crate) struct Deadline {
    invocation: Invocation,
    passed: Signal,
    timer: f64,
}

impl Deadline {
    /// A deadline this many milliseconds from now.
    pub(crate) fn new(invocation: &Invocation, milliseconds: u32) -> Self {
        let passed = Signal::default();
        let timer = js::fulfill_after(milliseconds, invocation.waiter(&passed));
        Self { invocation: invocation.clone(), passed, timer }
    }

    /// The output of the future; `None` where the deadline passes first.
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

impl Drop for Deadline {
    fn drop(&mut self) {
        if !self.invocation.is_abandoned() {
            js::clear_timeout(self.timer);
        }
    }
}
