//! What exchanges of credentials for tokens ask of a runtime.

use crate::runtime::SendError;
use crate::runtime::plan::Plan;
use crate::secret_value::SecretBytes;

/// The way to token endpoints, and what has been kept of what they said.
pub trait TokenEndpoint {
    /// Sends a request of the gateway's own, with the headers that the plan sets and no other, and waits for the whole
    /// response, of `limit` bytes at most. Redirects are not followed, no cache is looked at.
    async fn exchange(&self, plan: &Plan, limit: u32) -> Result<TokenResponse, SendError>;

    /// What has been kept under this name; `None` where nothing is, or where there is no place to keep anything.
    async fn find_token(&self, name: &str) -> Option<Vec<u8>>;

    /// Keeps a sealed token for so many seconds. Nothing is lost where that cannot be done.
    async fn keep_token(&self, name: &str, sealed: &[u8], seconds: u32);

    /// Encrypts and authenticates by AES-256-GCM (NIST SP 800-38D). The tag is at the end.
    async fn seal(&self, key: &[u8; 32], nonce: &[u8; 12], text: &[u8]) -> Option<Vec<u8>>;

    /// The text of what [`seal`](Self::seal) has made; `None` where it was made otherwise.
    async fn open(&self, key: &[u8; 32], nonce: &[u8; 12], sealed: &[u8]) -> Option<Vec<u8>>;
}

/// The whole response of a token endpoint.
#[derive(Debug)]
pub struct TokenResponse {
    /// Its status.
    pub status: u16,
    /// Its body, which may hold a token.
    pub body: SecretBytes,
}
