//! Reads the body of the operator's request.

use serde::de::DeserializeOwned;

use crate::refusal::Code;
use crate::runtime::{Console, ReceiveError};

/// The longest body, in bytes.
const LARGEST_BODY: u32 = 4_096;

/// The time until the body has arrived, in milliseconds.
const BODY_TIMEOUT: u32 = 10_000;

/// Reads and parses the body, which is JSON of this type. 400, 413
pub(super) async fn receive<T: DeserializeOwned>(console: &impl Console) -> Result<T, Code> {
    let body = console.receive(LARGEST_BODY, BODY_TIMEOUT).await.map_err(|why| match why {
        ReceiveError::TooLarge => Code::PayloadTooLarge,
        ReceiveError::Broken => Code::OperationInvalid,
    })?;
    serde_json::from_str(body.expose()).map_err(|_| Code::OperationInvalid)
}
