//! Why no token came of an exchange.

/// The error codes that token endpoints have (RFC 6749 §5.2, RFC 8707 §2). What else one says is not repeated: the log
/// holds no text of an upstream's.
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

/// Why no token came of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExchangeError {
    /// The request could not be signed.
    Unsigned,
    /// No response came.
    Unreachable,
    /// The whole response did not come in time.
    TimedOut,
    /// The response is too long.
    TooLarge,
    /// The token endpoint refused, with this status and perhaps one of its codes.
    Refused(u16, Option<&'static str>),
    /// The response with this status has no token, or the token does not fit where it is to be put.
    NoToken(Option<u16>),
}

impl ExchangeError {
    /// As it is in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unsigned => "unsigned",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timeout",
            Self::TooLarge => "too_large",
            Self::Refused(_, Some(code)) => code,
            Self::Refused(_, None) => "refused",
            Self::NoToken(_) => "no_token",
        }
    }

    /// The status of the response, where there is one.
    #[must_use]
    pub const fn status(self) -> Option<u16> {
        match self {
            Self::Refused(status, _) => Some(status),
            Self::NoToken(status) => status,
            Self::Unsigned | Self::Unreachable | Self::TimedOut | Self::TooLarge => None,
        }
    }

    /// The refusal with this status, whose body may have one of the codes.
    pub(super) fn refused(status: u16, code: Option<&str>) -> Self {
        Self::Refused(status, code.and_then(|code| CODES.into_iter().find(|known| *known == code)))
    }
}
