//! One invocation of the Worker: the promises that it waits for, and how it ends if they are dropped.
//!
//! When a caller disconnects, the runtime drops everything that belongs to the request. The promises that the request
//! waits for never settle then; they are garbage-collected. A task that waits with `JsFuture` would never be freed,
//! because it and its callbacks refer to each other. Here only JavaScript refers to the request's
//! [`Waiter`](crate::waiter::Waiter) while the task waits, and the task ends when the waiter has been collected.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use crate::js;
use crate::waiter::{Task, WaitOutcome};

/// The state that all waits of one request share.
#[derive(Clone, Default)]
pub(crate) struct Invocation(Rc<Task>);

impl Invocation {
    /// Runs the future; `None` when nothing is left that could wake it.
    pub(crate) async fn run<F: Future>(&self, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        poll_fn(|context| {
            if self.is_abandoned() {
                return Poll::Ready(None);
            }
            self.0.runs(context.waker());
            let output = future.as_mut().poll(context);
            let waiter = self.0.has_run();
            if output.is_ready() {
                self.0.ended();
                // Otherwise it would stay until a full garbage collection.
                waiter.as_ref().map(js::free);
            }
            output.map(Some)
        })
        .await
    }

    /// The result of the promise.
    ///
    /// The awaiting code must not hold the promise, or anything that refers to it, because that would keep its waiter
    /// alive.
    #[expect(clippy::needless_pass_by_value, reason = "the awaiting code must not hold the promise")]
    pub(crate) fn result_of(
        &self,
        promise: Promise,
    ) -> impl Future<Output = Result<JsValue, JsValue>> + use<> {
        let signal = WaitOutcome::default();
        let (waiter, number) = self.wait(&signal);
        js::pass_result_to(&promise, &waiter, number);
        poll_fn(move |context| signal.poll(context))
    }

    /// The object that JavaScript calls to set the signal, and the number of the wait.
    pub(crate) fn wait(&self, signal: &WaitOutcome) -> (JsValue, u32) {
        self.0.wait(signal)
    }

    /// Whether nothing is left that could wake this request. The runtime's objects must not be used then: another
    /// request is being served, or none.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.0.is_abandoned()
    }
}
