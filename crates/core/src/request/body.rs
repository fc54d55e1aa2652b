//! Reads the whole body of a caller's request, where its signature is verified, or where it is signed or changed before
//! it is sent. All other bodies stream.

use crate::configuration::Route;
use crate::refusal::Code;
use crate::runtime::BodyReadError;
use crate::runtime::auth_runtime::AuthRuntime;
use crate::secret_value::SecretBytes;

/// Reads the body. `length` is its `Content-Length`, in bytes. `total_timeout_ms` is the time for all of it, in milliseconds,
/// where its sender has not been authenticated.
///
/// # Errors
/// [`Code::PayloadTooLarge`] if it is longer than the route allows, and [`Code::BodyInvalid`] if it is shorter than its
/// `Content-Length`.
pub async fn read_body<R: AuthRuntime>(
    runtime: &R,
    route: &Route,
    length: Option<u64>,
    total_timeout_ms: Option<u32>,
) -> Result<SecretBytes, Code> {
    let most = route.max_body.and_then(|most| u32::try_from(most).ok());
    let limit = most.map_or(route.body_limit, |most| most.min(route.body_limit));
    if length.is_some_and(|length| length > u64::from(limit)) {
        return Err(Code::PayloadTooLarge);
    }
    match runtime.read_body(length, limit, route.timeout, total_timeout_ms).await {
        Ok(body) if length.is_some_and(|length| length != body.len() as u64) => Err(Code::BodyInvalid),
        Ok(body) => Ok(SecretBytes::new(body)),
        Err(BodyReadError::TooLarge) => Err(Code::PayloadTooLarge),
        Err(BodyReadError::Broken) => Err(Code::BodyInvalid),
    }
}
