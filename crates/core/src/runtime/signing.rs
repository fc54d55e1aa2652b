//! The trait for forms of auth that sign requests, exchange tokens or change a body.

use std::future::Future;

use futures::future::{LocalBoxFuture, OptionFuture};

use crate::configuration::Forms;
use crate::runtime::ReceiveError;
use crate::runtime::cache::Cache;
use crate::runtime::cryptography::Cryptography;
use crate::runtime::own_request::OwnRequests;

/// Runs the future if `is_used`. Where that is a false `const { … }`, the build does not contain the future's code: the
/// compiler does not translate a branch that a constant excludes, while the optimiser may keep it.
///
/// The future is boxed, because an outer future would otherwise contain its state even where it never runs.
#[inline]
pub fn when<'f, F: Future + 'f>(
    is_used: bool,
    future: impl FnOnce() -> F,
) -> OptionFuture<LocalBoxFuture<'f, F::Output>> {
    is_used.then(|| Box::pin(future()) as LocalBoxFuture<'f, F::Output>).into()
}

/// The functions that some forms of auth need, besides secrets and the time.
pub trait Signing: Cache + Cryptography + OwnRequests {
    /// The forms that the configuration uses. The methods of other forms are not called, and the build does not contain
    /// their code.
    const FORMS: Forms;

    /// Reads the whole body of the caller's request: at most `limit` bytes, with an idle timeout of `within`
    /// milliseconds. Called once, before the first attempt.
    ///
    /// # Errors
    /// [`ReceiveError::Broken`] also where the body ends before its announced length, because a part of a body must
    /// never be signed.
    async fn body(&self, limit: u32, within: u32) -> Result<Vec<u8>, ReceiveError>;
}
