//! Waiters: the objects with which JavaScript ends a wait.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use wasm_bindgen::prelude::*;

/// An event that happens once. Several futures can wait for it.
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

    /// Polls the signal. After it was ready, a further call waits for ever.
    pub(crate) fn poll(&self, context: &Context<'_>) -> Poll<Result<JsValue, JsValue>> {
        let outcome = self.0.borrow_mut().outcome.take();
        outcome.map_or_else(
            || {
                self.wake(context);
                Poll::Pending
            },
            Poll::Ready,
        )
    }

    /// Wakes the task of this context when the signal is set.
    pub(crate) fn wake(&self, context: &Context<'_>) {
        let wakers = &mut self.0.borrow_mut().wakers;
        if !wakers.iter().any(|known| known.will_wake(context.waker())) {
            wakers.push(context.waker().clone());
        }
    }

    fn set(&self, outcome: Result<JsValue, JsValue>) {
        let mut pending = self.0.borrow_mut();
        pending.outcome = Some(outcome);
        let wakers = std::mem::take(&mut pending.wakers);
        drop(pending);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Whether a future holds it, besides its waiter.
    fn is_awaited(&self) -> bool {
        Rc::strong_count(&self.0) > 1
    }
}

/// The task of one request, with its waiters.
#[derive(Default)]
pub(crate) struct Task {
    waker: RefCell<Option<Waker>>,
    /// The number of waiters that JavaScript holds.
    waiters: Cell<usize>,
    /// Whether the task has to be polled again.
    is_due: Cell<bool>,
    is_abandoned: Cell<bool>,
}

impl Task {
    /// Records that the task runs, and its waker.
    pub(crate) fn runs(&self, waker: &Waker) {
        self.is_due.set(false);
        let mut known = self.waker.borrow_mut();
        if !known.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *known = Some(waker.clone());
        }
    }

    /// Records that the task has ended. It cannot be abandoned then.
    pub(crate) fn ended(&self) {
        self.waker.take();
    }

    /// Whether the task has waited, and the last of its waiters has been collected.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.is_abandoned.get()
    }
}

/// The object that JavaScript calls when a wait ends. Rust does not hold it: when JavaScript no longer holds it either,
/// the wait will never end.
#[wasm_bindgen]
pub struct Waiter {
    signal: Signal,
    task: Rc<Task>,
}

impl Waiter {
    pub(crate) fn new(signal: &Signal, task: &Rc<Task>) -> Self {
        task.waiters.update(|waiters| waiters + 1);
        Self { signal: signal.clone(), task: Rc::clone(task) }
    }

    fn set(&self, outcome: Result<JsValue, JsValue>) {
        if self.signal.is_awaited() {
            self.task.is_due.set(true);
        }
        self.signal.set(outcome);
    }
}

#[wasm_bindgen]
impl Waiter {
    /// The promise is fulfilled, or the time has passed.
    pub fn fulfill(self, value: JsValue) {
        self.set(Ok(value));
    }

    /// The promise is rejected.
    pub fn reject(self, reason: JsValue) {
        self.set(Err(reason));
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let Task { waker, waiters, is_due, is_abandoned } = &*self.task;
        waiters.update(|waiters| waiters - 1);
        if waiters.get() > 0 || is_due.get() {
            return;
        }
        if let Some(waker) = waker.take() {
            is_abandoned.set(true);
            waker.wake();
        }
    }
}
