//! What forms of auth ask of a runtime that make something afresh, or put a credential into a body.

use crate::configuration::{Forms, JwtAlgorithm};
use crate::runtime::ReceiveError;
use crate::runtime::token_endpoint::TokenEndpoint;

/// What forms of auth ask for beyond secrets and the time.
pub trait Signing: TokenEndpoint {
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

    /// Imports a private key in PKCS#8 (RFC 5208); `None` where it is no key for the algorithm.
    async fn import(&self, algorithm: JwtAlgorithm, key: &[u8]) -> Option<KeyHandle>;

    /// Signs with an imported key: for ECDSA the two numbers, each in 32 bytes (RFC 7518 §3.4).
    async fn sign(&self, key: KeyHandle, algorithm: JwtAlgorithm, message: &[u8]) -> Option<Vec<u8>>;
}

/// A key that the runtime has imported for one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHandle(pub usize);
