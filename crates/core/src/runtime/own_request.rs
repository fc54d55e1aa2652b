//! Requests of the gateway's own: for a token, or for keys that anybody may read.

use crate::runtime::SendError;
use crate::runtime::plan::Plan;
use crate::secret_value::SecretBytes;

/// The way to servers that the gateway asks something itself.
pub trait OwnRequests {
    /// Sends a request with the headers and the body that the plan sets and no other, and waits for the whole response, of
    /// `limit` bytes at most. Redirects are not followed, no cache is looked at. The plan's deadline is for all of it.
    ///
    /// # Errors
    /// [`SendError::Unreachable`] also where the response ends before its announced length.
    async fn request(&self, plan: &Plan, limit: u32) -> Result<WholeResponse, SendError>;
}

/// A response with its body.
#[derive(Debug)]
pub struct WholeResponse {
    /// Its status.
    pub status: u16,
    /// Its `Cache-Control`.
    pub cache_control: Option<String>,
    /// Its body, which may hold a token.
    pub body: SecretBytes,
}
