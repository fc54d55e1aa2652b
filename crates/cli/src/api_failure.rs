//! The reasons why a call of the Secrets Store API has no result.

use std::error;
use std::fmt;

use http::StatusCode;
use ostiary_secrets_store::Error;

use crate::failure::Failure;
use crate::http_client::Unreached;
use crate::printable::Printable;

/// Why a call has no result.
#[derive(Debug)]
pub enum ApiFailure {
    /// No response was received.
    Unreached {
        /// Whether the call only reads.
        is_read: bool,
        /// The URL that was called.
        url: String,
        /// The reason.
        reason: Unreached,
    },
    /// The API refused.
    Refused {
        /// The method and the URL.
        request: String,
        /// The error of the API.
        error: Error,
        /// Whether an earlier attempt had no response, so that it may have been done.
        is_repeated: bool,
        /// What to do about it.
        hint: Option<String>,
    },
}

impl fmt::Display for ApiFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreached { is_read, url, reason } => {
                write!(formatter, "the Secrets Store API at {}: {reason}", Printable(url))?;
                if !is_read && reason.may_be_done() {
                    formatter.write_str("; whether it was done is not known")?;
                }
                Ok(())
            }
            Self::Refused { request, error, hint, .. } => {
                write!(formatter, "{} ({})", Printable(&error.to_string()), Printable(request))?;
                hint.as_ref().map_or(Ok(()), |hint| write!(formatter, "; {hint}"))
            }
        }
    }
}

impl ApiFailure {
    /// Whether the operation may have been done, although there was no response.
    pub fn may_be_done(&self) -> bool {
        matches!(self, Self::Unreached { reason, .. } if reason.may_be_done())
    }

    /// Whether a value may have been written. An error of the client (RFC 9110 §15.5) means that it was not.
    pub fn may_be_written(&self) -> bool {
        match self {
            Self::Unreached { .. } => self.may_be_done(),
            Self::Refused { error, is_repeated, .. } => {
                let status = error.status();
                *is_repeated || status == StatusCode::REQUEST_TIMEOUT || !status.is_client_error()
            }
        }
    }

    /// Whether the next call would fail too: there was no response, or the API asks for a longer wait than the limit.
    pub fn is_lasting(&self) -> bool {
        match self {
            Self::Unreached { .. } => true,
            Self::Refused { error, .. } => error.status() == StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

impl error::Error for ApiFailure {}

impl From<ApiFailure> for Failure {
    fn from(failure: ApiFailure) -> Self {
        Self::failed(failure)
    }
}
