//! The whole body of a caller's request, where something is made of it before it is sent.

use crate::configuration::Route;
use crate::refusal::Code;
use crate::runtime::ReceiveError;
use crate::runtime::signing::Signing;
use crate::secret_value::SecretBytes;

/// The body, which says that it is so many bytes long. It is no longer than the route has it, and as long as it says.
///
/// # Errors
/// [`Code::PayloadTooLarge`], and [`Code::BodyInvalid`] where it was cut off.
pub async fn receive<R: Signing>(
    runtime: &R,
    route: &Route,
    length: Option<u64>,
) -> Result<SecretBytes, Code> {
    let most = route.max_body.and_then(|most| u32::try_from(most).ok());
    let limit = most.map_or(route.body_limit, |most| most.min(route.body_limit));
    if length.is_some_and(|length| length > u64::from(limit)) {
        return Err(Code::PayloadTooLarge);
    }
    match runtime.body(limit, route.timeout).await {
        Ok(body) if length.is_some_and(|length| length != body.len() as u64) => Err(Code::BodyInvalid),
        Ok(body) => Ok(SecretBytes::new(body)),
        Err(ReceiveError::TooLarge) => Err(Code::PayloadTooLarge),
        Err(ReceiveError::Broken) => Err(Code::BodyInvalid),
    }
}
