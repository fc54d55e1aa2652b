//! Which statuses can be returned.

use crate::refusal::Code;
use crate::runtime::UpstreamResponse;

/// Whether the answer's status can be passed on: the runtime builds answers from 200 to 599, and 101 only with
/// the WebSocket that it announces.
pub fn check_status(answer: &impl UpstreamResponse) -> Result<(), Code> {
    let passes = match answer.status() {
        101 => answer.is_web_socket(),
        status => (200..=599).contains(&status),
    };
    if passes { Ok(()) } else { Err(Code::UpstreamInvalid) }
}
