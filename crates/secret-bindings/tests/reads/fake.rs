//! Fake bindings with simulated time, which advances when every future waits.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Poll, Waker};

use ostiary_secret_bindings::{Bindings, ReadError, SecretValue};

/// The result of a read after its duration.
#[derive(Clone, Copy)]
pub enum Then {
    Value(&'static str),
    Error(ReadError),
}

/// Bindings by name, each with its duration in milliseconds.
pub struct Fake<'n> {
    bindings: BTreeMap<&'n str, (u32, Then)>,
    now: Cell<u32>,
    /// The time at which each pending read ends, and the waker of its future.
    pending: RefCell<Vec<(u32, Waker)>>,
    started: RefCell<Vec<(String, u32)>>,
    deadlines: Cell<usize>,
}

impl<'n> Fake<'n> {
    pub fn new(bindings: impl IntoIterator<Item = (&'n str, u32, Then)>) -> Self {
        Self {
            bindings: bindings.into_iter().map(|(name, time, then)| (name, (time, then))).collect(),
            now: Cell::new(0),
            pending: RefCell::default(),
            started: RefCell::default(),
            deadlines: Cell::new(0),
        }
    }

    /// Runs the future. When it waits, the time advances to the next end of a read.
    pub async fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|context| match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(output),
            Poll::Pending => {
                self.advance();
                Poll::Pending
            }
        })
        .await
    }

    pub fn now(&self) -> u32 {
        self.now.get()
    }

    /// The number of deadlines that have been made.
    pub fn deadlines(&self) -> usize {
        self.deadlines.get()
    }

    /// The binding of each read, and the time at which it began.
    pub fn started(&self) -> Vec<(String, u32)> {
        self.started.borrow().clone()
    }

    #[expect(clippy::expect_used, reason = "a test that waits for nothing has to fail, or it would hang")]
    fn advance(&self) {
        let pending = self.pending.take();
        let next = pending.iter().map(|(end, _)| *end).min().expect("something is read");
        self.now.set(next);
        let (ended, waiting): (Vec<_>, Vec<_>) = pending.into_iter().partition(|(end, _)| *end == next);
        self.pending.replace(waiting);
        for (_, waker) in ended {
            waker.wake();
        }
    }

    async fn wait_until(&self, end: u32) {
        let mut waits = false;
        poll_fn(|context| {
            if self.now.get() >= end {
                return Poll::Ready(());
            }
            if !waits {
                waits = true;
                self.pending.borrow_mut().push((end, context.waker().clone()));
            }
            Poll::Pending
        })
        .await;
    }
}

impl Bindings for Fake<'_> {
    type Deadline = u32;

    fn deadline(&self, milliseconds: u32) -> u32 {
        self.deadlines.set(self.deadlines.get() + 1);
        self.now.get() + milliseconds
    }

    async fn read(&self, binding: &str, deadline: &u32) -> Result<SecretValue, ReadError> {
        self.started.borrow_mut().push((binding.to_owned(), self.now.get()));
        let (time, then) = *self.bindings.get(binding).ok_or(ReadError::Failed)?;
        let end = self.now.get().saturating_add(time);
        self.wait_until(end.min(*deadline)).await;
        match then {
            _ if end > *deadline => Err(ReadError::TimedOut),
            Then::Value(text) => SecretValue::parse(text.to_owned()),
            Then::Error(error) => Err(error),
        }
    }
}
