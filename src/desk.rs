//! Where the pipeline leaves what it wants done, and finds what came of it.

use std::cell::RefCell;
use std::future::poll_fn;
use std::task::{Poll, Waker};

use web_sys::Response;

/// What came of a wish.
pub(crate) enum Arrived {
    Yielded(Option<String>),
    Answered(Response, String),
    Failed,
    TimedOut,
}

/// The wishes of one request. All that are pending at one time are one command.
#[derive(Default)]
pub(crate) struct Desk {
    command: RefCell<String>,
    wishes: RefCell<Vec<Wish>>,
}

enum Wish {
    Pending(Waker),
    Arrived(Arrived),
    Taken,
}

impl Desk {
    /// Adds a line to the next command, `opening` before it if it is the first one, and waits for what comes of it.
    pub(crate) async fn wish(&self, opening: impl FnOnce() -> String, line: &str) -> Arrived {
        let mut position = None;
        let mut opening = Some(opening);
        poll_fn(|context| {
            let mut wishes = self.wishes.borrow_mut();
            let Some(position) = position else {
                // Whatever was asked for by an earlier command has been taken by now.
                if wishes.iter().all(|wish| matches!(wish, Wish::Taken)) {
                    wishes.clear();
                }
                let mut command = self.command.borrow_mut();
                if command.is_empty() {
                    command.extend(opening.take().map(|opening| opening()));
                }
                command.push('\n');
                command.push_str(line);
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
    pub(crate) fn command(&self) -> String {
        self.command.take()
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
