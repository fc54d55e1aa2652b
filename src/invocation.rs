//! One invocation of the Worker: the promises that it waits for, and its end when they are gone.
//!
//! When a caller disconnects, the runtime drops everything that it holds for the request. The promises that the request
//! waits for never settle then; they are collected. A task that waits by `JsFuture` would never be freed, since it and
//! its callbacks hold each other from both sides. Here only JavaScript holds the
//! [`Waiter`](crate::waiter::Waiter) while the task waits, and the task ends when that has been collected.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use crate::js;
use crate::waiter::{Signal, Task};

/// What all waits of one request share.
#[derive(Clone, Default)]
pub(crate) struct Invocation(Rc<Task>);

impl Invocation {
    /// What the future comes to; `None` when nothing is left that could wake it.
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
                // Left to the collector it would stay until memory is short.
                waiter.as_ref().map(js::free);
            }
            output.map(Some)
        })
        .await
    }

    /// What the promise settles to.
    ///
    /// Who awaits this must not hold the promise, nor anything that leads to it: that would hold its waiter.
    #[expect(clippy::needless_pass_by_value, reason = "nobody who waits may hold the promise")]
    pub(crate) fn settled(&self, promise: Promise) -> impl Future<Output = Result<JsValue, JsValue>> + use<> {
        let signal = Signal::default();
        let (waiter, number) = self.wait(&signal);
        js::settle(&promise, &waiter, number);
        poll_fn(move |context| signal.poll(context))
    }

    /// What JavaScript calls to set the signal, and by which number.
    pub(crate) fn wait(&self, signal: &Signal) -> (JsValue, u32) {
        self.0.wait(signal)
    }

    /// Whether nothing is left that could wake this request. The runtime's objects must not be used then: another
    /// request is being served, or none.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.0.is_abandoned()
    }
}
