//! What forms of auth ask of a runtime that make something afresh, or put a credential into a body.

use std::future::Future;

use futures::future::{LocalBoxFuture, OptionFuture};

use crate::configuration::Forms;
use crate::runtime::ReceiveError;
use crate::runtime::cache::Cache;
use crate::runtime::cryptography::Cryptography;
use crate::runtime::own_request::OwnRequests;

/// What the future yields where `is_used` says so. Where that is a `const { … }` and false, its code is not in the build:
/// the compiler does not translate what such a branch leads to, while the optimiser may miss that it is dead.
///
/// A future that awaits another one has a state for it, which the compiler keeps even where a constant says that it is
/// never reached. The box has none.
#[inline]
pub fn when<'f, F: Future + 'f>(
    is_used: bool,
    future: impl FnOnce() -> F,
) -> OptionFuture<LocalBoxFuture<'f, F::Output>> {
    is_used.then(|| Box::pin(future()) as LocalBoxFuture<'f, F::Output>).into()
}

/// What forms of auth ask for beyond secrets and the time.
pub trait Signing: Cache + Cryptography + OwnRequests {
    /// The forms that the configuration uses. No other form's method is called, and a form that is not used costs no
    /// code where this is a constant of the build.
    const FORMS: Forms;

    /// The whole body of the caller's request: of `limit` bytes at most, given up when it has made no progress for
    /// `within` milliseconds. Asked once, before the request is sent for the first time.
    ///
    /// # Errors
    /// [`ReceiveError::Broken`] also where the body ends before its announced length: a part of a body must never be
    /// signed.
    async fn body(&self, limit: u32, within: u32) -> Result<Vec<u8>, ReceiveError>;
}
