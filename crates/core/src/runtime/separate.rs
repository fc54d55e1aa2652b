//! Parts of a request's life that are functions of their own in the compiled module.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// Awaits a future that is compiled as a function of its own.
///
/// The optimiser otherwise merges a future that is awaited at one place into the function that awaits it, so that a
/// whole request is one function. V8 compiles a function of WebAssembly at its first call, and all of it: the first
/// request would wait for the code of every step, also of those that it does not take. A function with many variables
/// also takes longer to compile than the same code in several functions.
pub async fn separate<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|context| poll(future.as_mut(), context)).await
}

#[inline(never)]
fn poll<F: Future>(future: Pin<&mut F>, context: &mut Context<'_>) -> Poll<F::Output> {
    future.poll(context)
}
