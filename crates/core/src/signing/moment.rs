//! The time and the nonce of one attempt.

use sha2::{Digest as _, Sha256};

use crate::configuration::TimeFormat;
use crate::encoding::hex;
use crate::request_id::RequestId;
use crate::runtime::clock::whole;

const DAY: u64 = 24 * 60 * 60;
const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The time of an attempt, and a nonce that no other attempt has.
#[derive(Clone, Debug, Default)]
pub struct Moment {
    /// Milliseconds since 1970.
    milliseconds: u64,
    nonce: String,
}

/// A date and time in UTC, split into its parts.
struct Civil {
    year: u64,
    /// From 1.
    month: u64,
    /// From 1.
    day: u64,
    weekday: &'static str,
    hour: u64,
    minute: u64,
    second: u64,
}

impl Moment {
    /// `now` is in milliseconds since 1970. The nonce is derived from the request's random id and the attempt's number,
    /// and does not disclose the id.
    #[must_use]
    pub fn new(now: f64, id: &RequestId, attempt: u32) -> Self {
        let digest = Sha256::new()
            .chain_update("ostiary nonce")
            .chain_update(id.as_str())
            .chain_update(attempt.to_le_bytes())
            .finalize();
        let nonce = hex(digest.first_chunk::<16>().map_or(&[], |half| half.as_slice()));
        Self { milliseconds: whole(now), nonce }
    }

    /// The nonce: 32 hexadecimal digits.
    #[must_use]
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The time in whole seconds since 1970.
    #[must_use]
    pub const fn seconds(&self) -> u64 {
        self.milliseconds / 1000
    }

    /// The time in this format.
    #[must_use]
    pub fn format(&self, format: TimeFormat) -> String {
        let Civil { year, month, day, weekday, hour, minute, second } = self.civil();
        match format {
            TimeFormat::Seconds => self.seconds().to_string(),
            TimeFormat::Milliseconds => self.milliseconds.to_string(),
            TimeFormat::Rfc3339 => {
                let rest = self.milliseconds % 1000;
                format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{rest:03}Z")
            }
            TimeFormat::HttpDate => {
                let name = usize::try_from(month - 1).ok().and_then(|month| MONTHS.get(month));
                let month = name.copied().unwrap_or_default();
                format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
            }
        }
    }

    /// `20261117T083000Z` (ISO 8601, basic format).
    #[must_use]
    pub fn basic(&self) -> String {
        let Civil { year, month, day, hour, minute, second, .. } = self.civil();
        format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
    }

    /// Howard Hinnant's `civil_from_days`, for times since 1970. Its years begin in March, so that the leap day is the
    /// last day.
    fn civil(&self) -> Civil {
        let (days, time) = (self.seconds() / DAY, self.seconds() % DAY);
        let since_year_0 = days + 719_468;
        let (era, of_era) = (since_year_0 / 146_097, since_year_0 % 146_097);
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let weekday = usize::try_from(days % 7).ok().and_then(|day| WEEKDAYS.get(day));
        Civil {
            year: era * 400 + year_of_era + u64::from(month <= 2),
            month,
            day: of_year - (153 * from_march + 2) / 5 + 1,
            weekday: weekday.copied().unwrap_or_default(),
            hour: time / 3600,
            minute: time / 60 % 60,
            second: time % 60,
        }
    }
}

/// Parses a UTC time in RFC 3339 format into seconds since 1970; `None` for any other text.
#[must_use]
pub fn seconds_of_rfc3339(text: &str) -> Option<u64> {
    let (date, time) = text.split_once(['T', 't'])?;
    let time = time.strip_suffix(['Z', 'z']).or_else(|| time.strip_suffix("+00:00"))?;
    let time = time.split('.').next().unwrap_or(time);
    let numbers = |text: &str, separator: char| -> Option<[u64; 3]> {
        let mut pieces = text.split(separator).map(|piece| piece.parse::<u64>().ok());
        let numbers = [pieces.next()??, pieces.next()??, pieces.next()??];
        pieces.next().is_none().then_some(numbers)
    };
    let ([year, month, day], [hour, minute, second]) = (numbers(date, '-')?, numbers(time, ':')?);
    let in_range = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !in_range {
        return None;
    }
    // Howard Hinnant's `days_from_civil`, the inverse of `civil`.
    let year = year - u64::from(month <= 2);
    let (era, year_of_era) = (year / 400, year % 400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    let days = (era * 146_097 + of_era).checked_sub(719_468)?;
    Some(days * DAY + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: u64) -> Moment {
        Moment { milliseconds, nonce: String::new() }
    }

    #[test]
    fn writes_the_time_in_each_format() {
        let moment = at(784_111_777_042);
        assert_eq!(moment.format(TimeFormat::Seconds), "784111777");
        assert_eq!(moment.format(TimeFormat::Milliseconds), "784111777042");
        assert_eq!(moment.format(TimeFormat::Rfc3339), "1994-11-06T08:49:37.042Z");
        // The example of RFC 9110 §5.6.7.
        assert_eq!(moment.format(TimeFormat::HttpDate), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(moment.basic(), "19941106T084937Z");
        assert_eq!(at(0).format(TimeFormat::Rfc3339), "1970-01-01T00:00:00.000Z");
        assert_eq!(at(951_782_400_000).format(TimeFormat::Rfc3339), "2000-02-29T00:00:00.000Z");
        // The years 2100, 2200 and 2300 have no leap day.
        for (seconds, date) in [
            (4_107_456_000, "21000228"),
            (4_107_542_400, "21000301"),
            (7_263_216_000, "22000301"),
            (10_418_889_600, "23000301"),
            (13_574_563_200, "24000229"),
        ] {
            assert_eq!(at(seconds * 1000).basic(), format!("{date}T000000Z"));
        }
    }

    #[test]
    fn a_nonce_is_another_for_each_attempt_and_each_request_and_does_not_hold_the_id() {
        let nonce = |id, attempt| Moment::new(0.0, &RequestId::new(id), attempt).nonce().to_owned();
        assert_eq!(nonce(7, 1), nonce(7, 1));
        assert_ne!(nonce(7, 1), nonce(7, 2));
        assert_ne!(nonce(7, 1), nonce(8, 1));
        assert_eq!(nonce(7, 1).len(), 32);
        assert!(!nonce(7, 1).contains("00000007"));
    }

    #[test]
    fn a_time_in_utc_is_read() {
        for (text, seconds) in [
            ("2016-07-11T22:14:10Z", Some(1_468_275_250)),
            ("2016-07-11T22:14:10.123+00:00", Some(1_468_275_250)),
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2016-07-11T22:14:10+02:00", None),
            ("2016-07-11 22:14:10Z", None),
            ("2016-13-11T22:14:10Z", None),
            ("1969-12-31T22:14:10Z", None),
            ("2016-07-11T22:14Z", None),
            ("2016-07-11T23:59:60Z", Some(1_468_281_600)),
            ("2016-07-11T23:59:61Z", None),
            ("2016-07-11T23:60:00Z", None),
            ("2016-07-11T24:00:00Z", None),
            ("", None),
        ] {
            assert_eq!(seconds_of_rfc3339(text), seconds, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn another_library_reads_the_same_time(milliseconds in 0..=253_370_764_800_000_u64) {
            let moment = at(milliseconds);
            let read: jiff::Timestamp = moment.format(TimeFormat::Rfc3339).parse().unwrap();
            proptest::prop_assert_eq!(u64::try_from(read.as_millisecond()).unwrap(), milliseconds);
            let seconds = seconds_of_rfc3339(&moment.format(TimeFormat::Rfc3339));
            proptest::prop_assert_eq!(seconds, Some(milliseconds / 1000));
            let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&read).unwrap();
            proptest::prop_assert_eq!(moment.format(TimeFormat::HttpDate), date);
        }
    }
}
