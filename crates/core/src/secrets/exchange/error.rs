//! The reasons why an exchange yields no token.

/// The error codes of token endpoints (RFC 6749 §5.2, RFC 8707 §2). Other texts are not logged, because the log
/// contains no text of an upstream.
const CODES: [&str; 9] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "invalid_scope",
    "invalid_target",
    "unauthorized_client",
    "unsupported_grant_type",
    "temporarily_unavailable",
    "server_error",
];

/// The reason why an exchange yielded no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExchangeError {
    /// The request could not be signed.
    Unsigned,
    /// No response arrived.
    Unreachable,
    /// The response did not arrive completely within its time.
    TimedOut,
    /// The response is too long.
    TooLarge,
    /// The token endpoint rejected the credential with this status, and one of the codes if its response has one.
    Rejected(u16, Option<&'static str>),
    /// The response with this status has no token, or the token does not fit where it is to be put.
    NoToken(Option<u16>),
}

impl ExchangeError {
    /// The name for the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timeout",
            Self::TooLarge => "too_large",
            Self::Rejected(_, Some(code)) => code,
            Self::Rejected(_, None) => "refused",
            Self::NoToken(_) => "no_token",
        }
    }

    /// The status of the response; `None` if there is no response.
    #[must_use]
    pub const fn status(self) -> Option<u16> {
        match self {
            Self::Rejected(status, _) => Some(status),
            Self::NoToken(status) => status,
            Self::Unsigned | Self::Unreachable | Self::TimedOut | Self::TooLarge => None,
        }
    }

    /// A rejection with this status and the error code of its body.
    pub(super) fn rejected(status: u16, code: Option<&str>) -> Self {
        Self::Rejected(status, code.and_then(|code| CODES.into_iter().find(|known| *known == code)))
    }
}
