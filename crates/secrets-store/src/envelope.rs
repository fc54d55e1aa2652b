//! The envelope of every response.

use http::Response;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Fault};

/// The most faults that are kept. A refusal usually has one or two.
const MOST_FAULTS: usize = 10;

/// A parsed response.
#[derive(Deserialize)]
pub(crate) struct Envelope<T> {
    success: bool,
    #[serde(default)]
    errors: Vec<Fault>,
    #[serde(default = "Option::default")]
    pub(crate) result: Option<T>,
    #[serde(default)]
    pub(crate) result_info: Option<ResultInfo>,
}

/// The position of a page in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct ResultInfo {
    pub(crate) total_count: Option<u64>,
    pub(crate) total_pages: Option<u32>,
    pub(crate) per_page: Option<usize>,
}

impl<T: DeserializeOwned> Envelope<T> {
    /// Parses a body. No other function reads one.
    pub(crate) fn read(response: &Response<impl AsRef<[u8]>>) -> Result<Self, Error> {
        let (status, body) = (response.status(), response.body().as_ref());
        if status.is_success() {
            let envelope: Self = parse(status, body)?;
            return if envelope.success {
                Ok(envelope)
            } else {
                Err(Error::Refused { status, faults: few(envelope.errors) })
            };
        }
        // The result of a failure is null for every operation.
        let envelope: Envelope<serde::de::IgnoredAny> = parse(status, body)?;
        Err(Error::Refused { status, faults: few(envelope.errors) })
    }
}

/// The result of a response. A missing result is an error, and does not mean "none".
pub(crate) fn present<T>(result: Option<T>, response: &Response<&[u8]>) -> Result<T, Error> {
    result.ok_or(Error::Unreadable { status: response.status(), at: (1, 1) })
}

fn few(mut faults: Vec<Fault>) -> Vec<Fault> {
    faults.truncate(MOST_FAULTS);
    faults
}

/// Parses JSON. The parser's message can quote the body, so only the position is kept.
fn parse<T: DeserializeOwned>(status: http::StatusCode, body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body)
        .map_err(|error| Error::Unreadable { status, at: (error.line(), error.column()) })
}
