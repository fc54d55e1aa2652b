//! The gateway's own requests: to token endpoints, to issuers of keys, and to the APIs of the account.

use crate::runtime::SendError;
use crate::runtime::plan::Plan;
use crate::secret_value::SecretBytes;

/// Sends the gateway's own requests.
pub trait OwnRequests {
    /// Sends a request with only the headers and the body that the plan sets, and waits for the whole response of at
    /// most `limit` bytes. Redirects are not followed, and no cache is used. The plan's timeout covers everything.
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
    /// Its body, which may contain a token.
    pub body: SecretBytes,
}
