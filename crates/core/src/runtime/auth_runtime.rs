//! What authentication needs of a runtime besides secrets and the time: a cache, cryptography, requests of the
//! gateway's own, and the body of the caller's request.

use crate::configuration::Forms;
use crate::runtime::body_read_error::BodyReadError;
use crate::runtime::cache::Cache;
use crate::runtime::cryptography::Cryptography;
use crate::runtime::own_request::OwnRequests;

/// The functions with which some forms of auth sign requests, verify signatures, exchange tokens or change a body.
pub trait AuthRuntime: Cache + Cryptography + OwnRequests {
    /// The forms that the configuration uses. The methods of other forms are not called, and the build does not contain
    /// their code.
    const FORMS: Forms;

    /// Reads the whole body of the caller's request: at most `limit` bytes, with an idle timeout of `timeout_ms`
    /// milliseconds and a timeout of `total_timeout_ms` milliseconds for all of it. Called once, before the first attempt.
    /// `length` is its `Content-Length`: after so many bytes, the end of the body need not be awaited (RFC 9112,
    /// section 6.3).
    ///
    /// # Errors
    /// [`BodyReadError::Broken`] also where the body ends before its announced length, because a part of a body must
    /// never be signed.
    async fn read_body(
        &self,
        length: Option<u64>,
        limit: u32,
        timeout_ms: u32,
        total_timeout_ms: Option<u32>,
    ) -> Result<Vec<u8>, BodyReadError>;
}
