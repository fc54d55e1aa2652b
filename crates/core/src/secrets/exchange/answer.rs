//! The response of a token endpoint.

use serde::Deserialize;

use super::error::ExchangeError;
use crate::configuration::{Exchange, Text};
use crate::runtime::own_request::WholeResponse;
use crate::secret_value::SecretValue;
use crate::signing::body::member;
use crate::signing::moment::{Moment, seconds_of_rfc3339};

/// A number of at least this value (some 31 years) is a time since 1970; a smaller one is a time from now. In seconds.
const FIRST_TIME: f64 = 1e9;

/// A token and its expiry.
pub(super) struct Answer {
    pub(super) token: SecretValue,
    /// In seconds since 1970; `None` if the response does not tell.
    pub(super) expires: Option<u64>,
}

impl Answer {
    pub(super) fn read(
        form: &Exchange,
        response: &WholeResponse,
        moment: &Moment,
    ) -> Result<Self, ExchangeError> {
        let status = response.status;
        let text = std::str::from_utf8(response.body.expose()).unwrap_or_default();
        if !(200..300).contains(&status) {
            return Err(ExchangeError::rejected(status, error_code(text).as_deref()));
        }
        // Some endpoints refuse with status 200 and an error code.
        let token = member(text, &form.token).and_then(|raw| serde_json::from_str::<String>(raw).ok());
        let Some(token) = token.map(SecretValue::new).filter(|token| !token.expose().is_empty()) else {
            return Err(match error_code(text) {
                Some(code) => ExchangeError::rejected(status, Some(&code)),
                None => ExchangeError::NoToken(Some(status)),
            });
        };
        let expires =
            form.expires.as_ref().and_then(|path| member(text, path)).and_then(|raw| expiry(raw, moment));
        Ok(Self { token, expires })
    }
}

fn error_code(text: &str) -> Option<String> {
    let raw = member(text, &[Text::Borrowed("error")])?;
    serde_json::from_str(raw).ok()
}

/// Parses seconds from now or since 1970, as a number or a string, or a time in RFC 3339 format.
fn expiry(raw: &str, moment: &Moment) -> Option<u64> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Expiry {
        Number(f64),
        Text(String),
    }
    let number = match serde_json::from_str(raw).ok()? {
        Expiry::Number(number) => number,
        Expiry::Text(text) => match text.parse::<u32>() {
            Ok(number) => f64::from(number),
            Err(_) => return seconds_of_rfc3339(&text),
        },
    };
    if !(0.0..=1e15).contains(&number) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is in this range")]
    let seconds = number as u64;
    Some(if number < FIRST_TIME { moment.seconds() + seconds } else { seconds })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request_id::RequestId;

    #[test]
    fn an_expiry_is_a_time_from_now_or_since_1970() {
        let moment = Moment::new(1_700_000_000_000.0, &RequestId::new(7), 1);
        for (raw, expected) in [
            ("3600", Some(1_700_003_600)),
            ("3600.9", Some(1_700_003_600)),
            ("\"3600\"", Some(1_700_003_600)),
            ("0", Some(1_700_000_000)),
            ("999999999", Some(2_699_999_999)),
            ("1000000000", Some(1_000_000_000)),
            ("1700003600", Some(1_700_003_600)),
            ("\"1700003600\"", Some(1_700_003_600)),
            ("\"2016-07-11T22:14:10Z\"", Some(1_468_275_250)),
            ("-1", None),
            ("1e16", None),
            ("\"soon\"", None),
            ("null", None),
            ("[3600]", None),
        ] {
            assert_eq!(expiry(raw, &moment), expected, "{raw}");
        }
    }
}
