//! Ranges of bytes (RFC 9110 §14).

use std::fmt;
use std::ops::Range;

/// One range of a `Range` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteRange {
    /// `first-last`, or `first-` to the end.
    From {
        /// The first byte.
        first: u64,
        /// The last byte; `None` for the end.
        last: Option<u64>,
    },
    /// `-length`: the last `length` bytes.
    Suffix(u64),
}

impl ByteRange {
    /// Parses a header with one byte range. `None` for several ranges, for other units, and for an invalid header; RFC
    /// 9110 §14.2 lets a server ignore all of them.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let (unit, range) = value.trim().split_once('=')?;
        let (first, last) = range.trim().split_once('-')?;
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        match (first, last) {
            ("", length) => Some(Self::Suffix(number(length)?)),
            (first, "") => Some(Self::From { first: number(first)?, last: None }),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Self::From { first, last: Some(last) })
            }
        }
    }

    /// The range with `before` more bytes at its beginning and `after` more at its end.
    #[must_use]
    pub const fn widened(self, before: u64, after: u64) -> Self {
        match self {
            Self::From { first, last: None } => {
                Self::From { first: first.saturating_sub(before), last: None }
            }
            Self::From { first, last: Some(last) } => {
                Self::From { first: first.saturating_sub(before), last: Some(last.saturating_add(after)) }
            }
            Self::Suffix(length) => Self::Suffix(length.saturating_add(before)),
        }
    }

    /// The bytes that it selects of a representation of `total` bytes; `None` if it selects none.
    #[must_use]
    pub fn positions(self, total: u64) -> Option<Range<u64>> {
        let range = match self {
            Self::From { first, last } => first..last.map_or(total, |last| last.saturating_add(1).min(total)),
            Self::Suffix(length) => total.saturating_sub(length)..total,
        };
        (range.start < range.end).then_some(range)
    }
}

impl fmt::Display for ByteRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::From { first, last: Some(last) } => write!(formatter, "bytes={first}-{last}"),
            Self::From { first, last: None } => write!(formatter, "bytes={first}-"),
            Self::Suffix(length) => write!(formatter, "bytes=-{length}"),
        }
    }
}

/// A `Content-Range` header in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentRange {
    /// The first byte.
    pub first: u64,
    /// The last byte.
    pub last: u64,
    /// The length of the whole; `None` if it is not known.
    pub total: Option<u64>,
}

impl ContentRange {
    /// Parses `bytes first-last/total` or `bytes first-last/*`.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let (unit, rest) = value.trim().split_once(' ')?;
        let (range, total) = rest.trim().split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let total = if total == "*" { None } else { Some(number(total)?) };
        let read = Self { first: number(first)?, last: number(last)?, total };
        let is_valid = unit.eq_ignore_ascii_case("bytes")
            && read.first <= read.last
            && read.total.is_none_or(|total| read.last < total);
        is_valid.then_some(read)
    }
}

impl fmt::Display for ContentRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last, total } = self;
        match total {
            Some(total) => write!(formatter, "bytes {first}-{last}/{total}"),
            None => write!(formatter, "bytes {first}-{last}/*"),
        }
    }
}

fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_of_bytes_is_read_and_nothing_else() {
        let from = |first, last| Some(ByteRange::From { first, last });
        for (value, expected) in [
            ("bytes=0-9", from(0, Some(9))),
            ("Bytes=5-5", from(5, Some(5))),
            ("bytes=7-", from(7, None)),
            ("bytes=-500", Some(ByteRange::Suffix(500))),
            ("bytes=9-0", None),
            ("bytes=0-1,3-4", None),
            ("bytes=", None),
            ("bytes=-", None),
            ("bytes=+1-2", None),
            ("bytes=1-99999999999999999999", None),
            ("items=0-1", None),
            ("0-1", None),
            ("", None),
        ] {
            assert_eq!(ByteRange::parse(value), expected, "{value}");
        }
    }

    #[test]
    fn a_range_selects_what_the_representation_has() {
        for (value, total, expected) in [
            ("bytes=0-9", 100, Some(0..10)),
            ("bytes=95-200", 100, Some(95..100)),
            ("bytes=100-", 100, None),
            ("bytes=-5", 3, Some(0..3)),
            ("bytes=-0", 3, None),
            ("bytes=0-0", 0, None),
        ] {
            assert_eq!(ByteRange::parse(value).unwrap().positions(total), expected, "{value} of {total}");
        }
    }

    #[test]
    fn a_content_range_is_read_and_written() {
        for (value, is_valid) in [
            ("bytes 0-9/100", true),
            ("bytes 0-9/*", true),
            ("bytes 9-0/100", false),
            ("bytes 0-100/100", false),
            ("bytes */100", false),
            ("items 0-9/100", false),
            ("bytes 0-9", false),
        ] {
            let read = ContentRange::parse(value);
            assert_eq!(read.map(|read| read.to_string()).as_deref(), is_valid.then_some(value), "{value}");
        }
    }
}
