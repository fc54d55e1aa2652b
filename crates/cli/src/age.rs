//! Spans of time, such as the age of a secret.

use std::error::Error;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;

/// A span of time in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Age(u64);

/// In seconds: how far the clock of the API may be ahead.
const CLOCK_DIFFERENCE: i64 = 3_600;

impl Age {
    /// The span from a time in RFC 3339 format until now; `None` if the text is not a time, or is too far in the
    /// future.
    pub fn since(time: &str) -> Option<Self> {
        Self::between(time, Timestamp::now())
    }

    /// The span as a `Duration`.
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.0)
    }

    fn between(time: &str, now: Timestamp) -> Option<Self> {
        let time: Timestamp = time.parse().ok()?;
        let seconds = now.as_second().saturating_sub(time.as_second());
        (seconds >= -CLOCK_DIFFERENCE).then(|| Self(seconds.try_into().unwrap_or(0)))
    }
}

/// Shows the largest unit that fits.
impl fmt::Display for Age {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            seconds @ 0..60 => write!(formatter, "{seconds}s"),
            seconds @ 60..3_600 => write!(formatter, "{}m", seconds / 60),
            seconds @ 3_600..86_400 => write!(formatter, "{}h", seconds / 3_600),
            seconds => write!(formatter, "{}d", seconds / 86_400),
        }
    }
}

/// The text is not a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidAge;

impl fmt::Display for InvalidAge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("write a number and a unit: 90d, 12h, 30m or 10s")
    }
}

impl Error for InvalidAge {}

impl FromStr for Age {
    type Err = InvalidAge;

    fn from_str(text: &str) -> Result<Self, InvalidAge> {
        let unit = match text.chars().last() {
            Some('d') => 86_400,
            Some('h') => 3_600,
            Some('m') => 60,
            Some('s') => 1,
            _ => return Err(InvalidAge),
        };
        let number = text.strip_suffix(['d', 'h', 'm', 's']).and_then(|number| number.parse::<u64>().ok());
        number.and_then(|number| number.checked_mul(unit)).map(Self).ok_or(InvalidAge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_told_in_its_largest_unit() {
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        for (time, expected) in [
            ("2026-11-23T11:59:59.5Z", Some("1s")),
            ("2026-11-23T11:00:01Z", Some("59m")),
            ("2026-11-22T12:00:01Z", Some("23h")),
            ("2026-08-25T12:00:00Z", Some("90d")),
            ("2026-11-23T13:00:00Z", Some("0s")),
            ("2026-11-23T13:00:01Z", None),
            ("9999-01-01T00:00:00Z", None),
            ("", None),
            ("yesterday", None),
        ] {
            assert_eq!(Age::between(time, now).map(|age| age.to_string()).as_deref(), expected, "{time}");
        }
    }

    #[test]
    fn a_limit_has_a_unit() {
        assert_eq!("90d".parse(), Ok(Age(7_776_000)));
        assert!("90d".parse::<Age>().unwrap() > "12h".parse().unwrap());
        for text in ["", "90", "d", "-1d", "1w", "1.5d", "99999999999999999999d", "9é"] {
            assert!(text.parse::<Age>().is_err(), "{text}");
        }
    }
}
