//! One invocation of the Worker: the promises that it waits for, and its end when they are gone.
//!
//! When a caller disconnects the runtime drops everything that it holds for the request. The promises that the request
//! waits for never settle then; they are collected. A task that waits by `JsFuture` is never freed in that case, since
//! its callbacks are held from both sides. Here only JavaScript holds a [`Waiter`], and the task ends when the last of
//! its waiters has been collected.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use js_sys::Promise;
use wasm_bindgen::prelude::*;

use crate::js;

/// What all waits of one request share.
#[derive(Clone, Default)]
pub(crate) struct Invocation(Rc<State>);

#[derive(Default)]
struct State {
    task: RefCell<Option<Waker>>,
    /// How many waiters JavaScript holds.
    waiters: Cell<usize>,
    /// Whether the task has been woken and has not run yet.
    is_woken: Cell<bool>,
    is_abandoned: Cell<bool>,
}

impl Invocation {
    /// What the future comes to; `None` when nothing is left that could wake it.
    pub(crate) async fn run<F: Future>(&self, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        poll_fn(|context| {
            if self.is_abandoned() {
                return Poll::Ready(None);
            }
            self.0.is_woken.set(false);
            remember(&mut self.0.task.borrow_mut(), context.waker());
            future.as_mut().poll(context).map(Some)
        })
        .await
    }

    /// What the promise settles to. The promise is not kept: its waiter would be kept with it.
    #[expect(clippy::needless_pass_by_value, reason = "whoever waits must not hold the promise")]
    pub(crate) fn settled(&self, promise: Promise) -> Settled {
        let signal = Signal::default();
        js::settle(&promise, self.waiter(&signal));
        Settled(signal)
    }

    /// What JavaScript calls to set the signal.
    pub(crate) fn waiter(&self, signal: &Signal) -> Waiter {
        self.0.waiters.update(|waiters| waiters + 1);
        Waiter { signal: signal.clone(), invocation: self.clone() }
    }

    /// Whether the caller has gone. The runtime's objects must not be used any more: another request is being served,
    /// or none.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.0.is_abandoned.get()
    }
}

/// Something that happens once, at which several futures can wait.
#[derive(Clone, Default)]
pub(crate) struct Signal(Rc<RefCell<Pending>>);

#[derive(Default)]
struct Pending {
    outcome: Option<Result<JsValue, JsValue>>,
    wakers: Vec<Waker>,
}

impl Signal {
    pub(crate) fn is_set(&self) -> bool {
        self.0.borrow().outcome.is_some()
    }

    /// Wakes the task of this context when the signal is set.
    pub(crate) fn wake(&self, context: &Context<'_>) {
        let wakers = &mut self.0.borrow_mut().wakers;
        if !wakers.iter().any(|known| known.will_wake(context.waker())) {
            wakers.push(context.waker().clone());
        }
    }

    fn set(&self, outcome: Result<JsValue, JsValue>) -> Vec<Waker> {
        let mut pending = self.0.borrow_mut();
        pending.outcome = Some(outcome);
        std::mem::take(&mut pending.wakers)
    }
}

/// See [`Invocation::settled`].
pub(crate) struct Settled(Signal);

impl Future for Settled {
    type Output = Result<JsValue, JsValue>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = self.0.0.borrow_mut().outcome.take();
        outcome.map_or_else(
            || {
                self.0.wake(context);
                Poll::Pending
            },
            Poll::Ready,
        )
    }
}

/// JavaScript's end of a wait.
#[wasm_bindgen]
pub struct Waiter {
    signal: Signal,
    invocation: Invocation,
}

#[wasm_bindgen]
impl Waiter {
    /// The promise is fulfilled.
    pub fn fulfill(self, value: JsValue) {
        self.set(Ok(value));
    }

    /// The promise is rejected.
    pub fn reject(self, reason: JsValue) {
        self.set(Err(reason));
    }

    fn set(&self, outcome: Result<JsValue, JsValue>) {
        let wakers = self.signal.set(outcome);
        if !wakers.is_empty() {
            self.invocation.0.is_woken.set(true);
        }
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let State { task, waiters, is_woken, is_abandoned } = &*self.invocation.0;
        waiters.update(|waiters| waiters - 1);
        if waiters.get() == 0 && !is_woken.get() {
            is_abandoned.set(true);
            if let Some(task) = task.take() {
                task.wake();
            }
        }
    }
}

fn remember(known: &mut Option<Waker>, waker: &Waker) {
    if !known.as_ref().is_some_and(|known| known.will_wake(waker)) {
        *known = Some(waker.clone());
    }
}
