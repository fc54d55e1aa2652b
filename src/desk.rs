//! Where the pipeline leaves what it wants done, and finds what came of it.

use std::cell::RefCell;
use std::future::poll_fn;
use std::task::{Poll, Waker};

use ostiary_core::runtime::reading::Reading;
use ostiary_core::secret_value::SecretValue;
use web_sys::Response;

/// What came of a wish.
pub(crate) enum Arrived {
    Read(Reading),
    Answered(Response, SecretValue),
    Said(bool),
    /// A reading, or why there is none, after so many milliseconds.
    Measured(Box<Arrived>, u32),
    /// The request's body; `None` where it is longer than the limit.
    Received(Option<SecretValue>),
    Failed,
    TimedOut,
    TooLarge,
}

/// The wishes of one request. All that are pending at one time are one command.
#[derive(Default)]
pub(crate) struct Desk {
    command: RefCell<Vec<SecretValue>>,
    wishes: RefCell<Vec<Wish>>,
}

enum Wish {
    Pending(Waker),
    Arrived(Arrived),
    Taken,
}

impl Desk {
    /// Adds lines to the next command, `opening` before them if they are the first ones, and waits for what comes of
    /// it.
    pub(crate) async fn wish(&self, opening: impl FnOnce() -> String, lines: SecretValue) -> Arrived {
        let mut position = None;
        let mut wanted = Some((opening, lines));
        poll_fn(|context| {
            let mut wishes = self.wishes.borrow_mut();
            let Some(position) = position else {
                // Whatever was asked for by an earlier command has been taken by now.
                if wishes.iter().all(|wish| matches!(wish, Wish::Taken)) {
                    wishes.clear();
                }
                if let Some((opening, lines)) = wanted.take() {
                    let mut command = self.command.borrow_mut();
                    if command.is_empty() {
                        command.push(SecretValue::new(opening()));
                    }
                    command.push(lines);
                }
                position = Some(wishes.len());
                wishes.push(Wish::Pending(context.waker().clone()));
                return Poll::Pending;
            };
            let Some(wish) = wishes.get_mut(position) else { return Poll::Ready(Arrived::Failed) };
            match std::mem::replace(wish, Wish::Taken) {
                Wish::Arrived(arrived) => Poll::Ready(arrived),
                Wish::Taken => Poll::Ready(Arrived::Failed),
                Wish::Pending(_) => {
                    *wish = Wish::Pending(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// The command that has come together.
    pub(crate) fn command(&self) -> SecretValue {
        let pieces = self.command.take();
        SecretValue::new(pieces.iter().map(SecretValue::expose).collect::<Vec<_>>().join("\n"))
    }

    /// How long what came of the wish at this position took, in milliseconds.
    pub(crate) fn measured(&self, position: usize, milliseconds: u32) {
        if let Some(Wish::Arrived(arrived)) = self.wishes.borrow_mut().get_mut(position) {
            let reading = std::mem::replace(arrived, Arrived::Failed);
            *arrived = Arrived::Measured(Box::new(reading), milliseconds);
        }
    }

    /// What came of the wish at this position of the command.
    pub(crate) fn deliver(&self, position: usize, arrived: Arrived) {
        let mut wishes = self.wishes.borrow_mut();
        let waiting = wishes.get_mut(position).map(|wish| std::mem::replace(wish, Wish::Arrived(arrived)));
        drop(wishes);
        if let Some(Wish::Pending(waker)) = waiting {
            waker.wake();
        }
    }
}
