//! Reads the body of the operator's request.

use serde::de::DeserializeOwned;

use crate::refusal::Code;
use crate::runtime::{BodyReadError, OperatorRuntime};

/// The longest body, in bytes.
const LARGEST_BODY: u32 = 4_096;

/// The time until the body has arrived, in milliseconds.
const BODY_TIMEOUT: u32 = 10_000;

/// Reads and parses the body, which is JSON of this type. 400, 413
pub(super) async fn read_json<T: DeserializeOwned>(runtime: &impl OperatorRuntime) -> Result<T, Code> {
    let body = runtime.read_operator_body(LARGEST_BODY, BODY_TIMEOUT).await.map_err(|why| match why {
        BodyReadError::TooLarge => Code::PayloadTooLarge,
        BodyReadError::Broken => Code::OperationInvalid,
    })?;
    serde_json::from_str(body.expose()).map_err(|_| Code::OperationInvalid)
}
