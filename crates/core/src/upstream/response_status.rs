//! The statuses that can be returned.

use crate::runtime::{SendError, UpstreamResponse};

/// Checks that the runtime can build a response with this status: 200 to 599, or 101 with a WebSocket.
///
/// # Errors
/// [`SendError::Invalid`] for any other status.
pub fn check_status(response: &impl UpstreamResponse) -> Result<(), SendError> {
    let passes = match response.status() {
        101 => response.is_web_socket(),
        status => (200..=599).contains(&status),
    };
    if passes { Ok(()) } else { Err(SendError::Invalid) }
}
