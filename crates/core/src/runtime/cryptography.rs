//! Operations with keys, which the runtime computes (Web Cryptography) in constant time.

use crate::configuration::{JwtAlgorithm, PublicKey};

/// The runtime's cryptography.
pub trait Cryptography {
    /// Imports a private key in PKCS#8 (RFC 5208); `None` if it is not a key for the algorithm.
    async fn import(&self, algorithm: JwtAlgorithm, key: &[u8]) -> Option<KeyHandle>;

    /// Signs with an imported key. An ECDSA signature is two numbers of 32 bytes each (RFC 7518 §3.4).
    async fn sign(&self, key: KeyHandle, algorithm: JwtAlgorithm, message: &[u8]) -> Option<Vec<u8>>;

    /// Whether the key verifies this signature of the message. Only the key's own algorithm is used.
    async fn verify(&self, key: &PublicKey, signature: &[u8], message: &[u8]) -> bool;

    /// Encrypts with AES-256-GCM (NIST SP 800-38D). The tag is at the end.
    async fn seal(&self, key: &[u8; 32], nonce: &[u8; 12], text: &[u8]) -> Option<Vec<u8>>;

    /// Decrypts the result of [`seal`](Self::seal); `None` if it is not authentic.
    async fn open(&self, key: &[u8; 32], nonce: &[u8; 12], sealed: &[u8]) -> Option<Vec<u8>>;
}

/// A key that the runtime has imported for one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyHandle(pub usize);
