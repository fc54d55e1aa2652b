//! Code that only some builds contain, because only some configurations use it.

use std::future::Future;

use futures::future::{LocalBoxFuture, OptionFuture};

/// Runs the future if `is_used`. Where that is a false `const { … }`, the build does not contain the future's code: the
/// compiler does not translate a branch that a constant excludes, while the optimiser may keep it.
///
/// The future is boxed, because an outer future would otherwise contain its state even where it never runs.
#[inline]
pub fn if_built_in<'f, F: Future + 'f>(
    is_used: bool,
    future: impl FnOnce() -> F,
) -> OptionFuture<LocalBoxFuture<'f, F::Output>> {
    is_used.then(|| Box::pin(future()) as LocalBoxFuture<'f, F::Output>).into()
}
