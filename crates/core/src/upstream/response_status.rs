//! The statuses that can be returned.

use crate::refusal::Code;
use crate::runtime::UpstreamResponse;

/// Checks that the runtime can build a response with this status: 200 to 599, or 101 with a WebSocket.
pub fn check_status(answer: &impl UpstreamResponse) -> Result<(), Code> {
    let passes = match answer.status() {
        101 => answer.is_web_socket(),
        status => (200..=599).contains(&status),
    };
    if passes { Ok(()) } else { Err(Code::UpstreamInvalid) }
}
