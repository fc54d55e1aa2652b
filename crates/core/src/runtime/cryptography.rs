//! What the runtime computes with keys (Web Cryptography): in constant time, and without code of the gateway's own.

use crate::configuration::{JwtAlgorithm, PublicKey};

/// The runtime's cryptography.
pub trait Cryptography {
    /// Imports a private key in PKCS#8 (RFC 5208); `None` where it is no key for the algorithm.
    async fn import(&self, algorithm: JwtAlgorithm, key: &[u8]) -> Option<KeyHandle>;

    /// Signs with an imported key: for ECDSA the two numbers, each in 32 bytes (RFC 7518 §3.4).
    async fn sign(&self, key: KeyHandle, algorithm: JwtAlgorithm, message: &[u8]) -> Option<Vec<u8>>;

    /// Whether this is a signature of the message that the key verifies, by the one algorithm of the key.
    async fn verify(&self, key: &PublicKey, signature: &[u8], message: &[u8]) -> bool;

    /// Encrypts and authenticates by AES-256-GCM (NIST SP 800-38D). The tag is at the end.
    async fn seal(&self, key: &[u8; 32], nonce: &[u8; 12], text: &[u8]) -> Option<Vec<u8>>;

    /// The text of what [`seal`](Self::seal) has made; `None` where it was made otherwise.
    async fn open(&self, key: &[u8; 32], nonce: &[u8; 12], sealed: &[u8]) -> Option<Vec<u8>>;
}

/// A key that the runtime has imported for one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHandle(pub usize);
