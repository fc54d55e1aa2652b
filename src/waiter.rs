//! The waiter: the object with which JavaScript ends the waits of a request.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use wasm_bindgen::prelude::*;

/// The outcome of a wait, which is set once. Several futures can wait for it.
#[derive(Clone, Default)]
pub(crate) struct WaitOutcome(Rc<RefCell<Pending>>);

#[derive(Default)]
struct Pending {
    outcome: Option<Result<JsValue, JsValue>>,
    wakers: Vec<Waker>,
}

impl WaitOutcome {
    pub(crate) fn is_set(&self) -> bool {
        self.0.borrow().outcome.is_some()
    }

    /// Polls the outcome. After it was ready, a further call waits for ever.
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

    /// Wakes the task of this context when the outcome is set.
    pub(crate) fn wake(&self, context: &Context<'_>) {
        let wakers = &mut self.0.borrow_mut().wakers;
        if !wakers.iter().any(|known| known.will_wake(context.waker())) {
            wakers.push(context.waker().clone());
        }
    }

    /// Returns whether that wakes a task.
    fn set(&self, outcome: Result<JsValue, JsValue>) -> bool {
        let mut pending = self.0.borrow_mut();
        pending.outcome = Some(outcome);
        let wakers = std::mem::take(&mut pending.wakers);
        drop(pending);
        let woken = wakers.len();
        wakers.into_iter().for_each(Waker::wake);
        woken > 0
    }

    /// Whether a future holds it, besides the task.
    fn is_awaited(&self) -> bool {
        Rc::strong_count(&self.0) > 1
    }
}

/// The task of one request, with its waits.
#[derive(Default)]
pub(crate) struct Task {
    waker: RefCell<Option<Waker>>,
    /// The waits that have not ended, by number.
    waits: RefCell<Vec<(u32, WaitOutcome)>>,
    last: Cell<u32>,
    /// The JavaScript object of its [`Waiter`], from the call that wakes the task until the task has run, for new
    /// waits. While the task waits, only JavaScript refers to the object.
    waiter: RefCell<Option<JsValue>>,
    /// The number of waiters. A second one is created only if the task runs without having been woken by the first.
    waiters: Cell<usize>,
    is_abandoned: Cell<bool>,
}

impl Task {
    /// Records that the task runs, and its waker.
    pub(crate) fn runs(&self, waker: &Waker) {
        let mut known = self.waker.borrow_mut();
        if !known.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *known = Some(waker.clone());
        }
    }

    /// Records that the task has run. The caller drops the waiter.
    pub(crate) fn has_run(&self) -> Option<JsValue> {
        self.waiter.take()
    }

    /// Records that the task has ended. It cannot be abandoned then.
    pub(crate) fn ended(&self) {
        self.waker.take();
    }

    /// The object that JavaScript calls to set the signal, and the number of the wait.
    pub(crate) fn wait(self: &Rc<Self>, signal: &WaitOutcome) -> (JsValue, u32) {
        let number = self.last.get().wrapping_add(1);
        self.last.set(number);
        let mut waits = self.waits.borrow_mut();
        waits.retain(|(_, signal)| signal.is_awaited());
        waits.push((number, signal.clone()));
        let mut waiter = self.waiter.borrow_mut();
        (waiter.get_or_insert_with(|| Waiter::new(self).into()).clone(), number)
    }

    /// Whether the task has waited, and the last of its waiters has been collected.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.is_abandoned.get()
    }

    fn end_wait(&self, waiter: JsValue, number: u32, outcome: Result<JsValue, JsValue>) {
        let mut waits = self.waits.borrow_mut();
        let Some(at) = waits.iter().position(|(known, _)| *known == number) else { return };
        let (_, signal) = waits.swap_remove(at);
        drop(waits);
        if signal.set(outcome) {
            self.waiter.replace(Some(waiter));
        }
    }
}

/// The object that JavaScript calls when a wait of a request ends. All waits share it, because to create an object with
/// a finalizer is expensive. Rust does not refer to it while the request waits: when JavaScript no longer refers to it
/// either, no wait will ever end.
#[wasm_bindgen]
pub struct Waiter(Rc<Task>);

impl Waiter {
    fn new(task: &Rc<Task>) -> Self {
        task.waiters.update(|waiters| waiters + 1);
        Self(Rc::clone(task))
    }
}

#[wasm_bindgen]
impl Waiter {
    /// The promise of the wait is fulfilled, or the time has passed. `waiter` is this object.
    pub fn fulfill(&self, waiter: JsValue, number: u32, value: JsValue) {
        self.0.end_wait(waiter, number, Ok(value));
    }

    /// The promise of the wait is rejected.
    pub fn reject(&self, waiter: JsValue, number: u32, reason: JsValue) {
        self.0.end_wait(waiter, number, Err(reason));
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let Task { waker, waiters, is_abandoned, .. } = &*self.0;
        waiters.update(|waiters| waiters - 1);
        if waiters.get() > 0 {
            return;
        }
        if let Some(waker) = waker.take() {
            is_abandoned.set(true);
            waker.wake();
        }
    }
}
