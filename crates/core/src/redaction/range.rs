//! Requests for a range of a body that is scanned.
//!
//! Whether a byte is covered depends on the bytes around it ([`Reach`]). So a range is requested with its surroundings,
//! scanned as a whole, and cut to what the caller wanted.

use std::ops::Range;

use super::needles::Reach;
use crate::http::range::{ByteRange, ContentRange};
use crate::refusal::Code;

/// A range that is requested with its surroundings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestedRange {
    wanted: ByteRange,
    asked: ByteRange,
    reach: Reach,
}

/// The part of the upstream's partial response that the caller gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// These bytes of the partial body, and the `Content-Range` that they have.
    Bytes(Range<u64>, ContentRange),
    /// No byte: the range begins after the end of the representation, whose length is given where it is known.
    Unsatisfiable(Option<u64>),
}

impl RequestedRange {
    /// The range that the caller wants, and the reach of the needles of its request.
    #[must_use]
    pub const fn new(wanted: ByteRange, reach: Reach) -> Self {
        Self { wanted, asked: wanted.widened(reach.before, reach.after), reach }
    }

    /// The `Range` header that is sent upstream.
    #[must_use]
    pub fn header(&self) -> String {
        self.asked.to_string()
    }

    /// The part of a response with this `Content-Range`. A response with another range than the requested one is
    /// refused, because its surroundings are missing.
    pub(super) fn part(&self, received: ContentRange, reach: Reach) -> Result<Part, Code> {
        let is_wide_enough = reach.before <= self.reach.before && reach.after <= self.reach.after;
        if !is_wide_enough || !self.is_asked(received) {
            return Err(Code::UpstreamInvalid);
        }
        let wanted = match (self.wanted, received.total) {
            (wanted, Some(total)) => wanted.positions(total),
            (wanted @ ByteRange::From { .. }, None) => wanted.positions(received.last.saturating_add(1)),
            (ByteRange::Suffix(_), None) => return Err(Code::UpstreamInvalid),
        };
        let Some(wanted) = wanted else { return Ok(Part::Unsatisfiable(received.total)) };
        let content_range = ContentRange { first: wanted.start, last: wanted.end - 1, total: received.total };
        let within = |position: u64| position.saturating_sub(received.first);
        Ok(Part::Bytes(within(content_range.first)..within(content_range.last) + 1, content_range))
    }

    fn is_asked(&self, received: ContentRange) -> bool {
        let ContentRange { first, last, total } = received;
        let is_to_the_end = total.is_some_and(|total| last + 1 == total);
        match self.asked {
            ByteRange::From { first: asked, last: Some(until) } => {
                first == asked && last <= until && (last == until || is_to_the_end)
            }
            ByteRange::From { first: asked, last: None } => first == asked && is_to_the_end,
            ByteRange::Suffix(length) => {
                is_to_the_end && total.is_some_and(|total| first == total.saturating_sub(length))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REACH: Reach = Reach { before: 10, after: 5 };

    fn part(wanted: &str, received: &str) -> Result<Part, Code> {
        let range = RequestedRange::new(ByteRange::parse(wanted).unwrap(), REACH);
        range.part(ContentRange::parse(received).unwrap(), REACH)
    }

    fn bytes(within: Range<u64>, content_range: &str) -> Part {
        Part::Bytes(within, ContentRange::parse(content_range).unwrap())
    }

    #[test]
    fn case_50_a_range_is_asked_for_with_its_surroundings_and_cut() {
        let asked = |wanted| RequestedRange::new(ByteRange::parse(wanted).unwrap(), REACH).header();
        assert_eq!(asked("bytes=20-29"), "bytes=10-34");
        assert_eq!(asked("bytes=3-4"), "bytes=0-9");
        assert_eq!(asked("bytes=20-"), "bytes=10-");
        assert_eq!(asked("bytes=-7"), "bytes=-17");

        assert_eq!(part("bytes=20-29", "bytes 10-34/100"), Ok(bytes(10..20, "bytes 20-29/100")));
        assert_eq!(part("bytes=20-29", "bytes 10-34/*"), Ok(bytes(10..20, "bytes 20-29/*")));
        assert_eq!(part("bytes=3-4", "bytes 0-9/100"), Ok(bytes(3..5, "bytes 3-4/100")));
        assert_eq!(part("bytes=20-29", "bytes 10-24/25"), Ok(bytes(10..15, "bytes 20-24/25")));
        assert_eq!(part("bytes=20-", "bytes 10-99/100"), Ok(bytes(10..90, "bytes 20-99/100")));
        assert_eq!(part("bytes=-7", "bytes 83-99/100"), Ok(bytes(10..17, "bytes 93-99/100")));
        assert_eq!(part("bytes=-7", "bytes 0-4/5"), Ok(bytes(0..5, "bytes 0-4/5")));
    }

    #[test]
    fn case_50_a_range_after_the_end_selects_nothing() {
        assert_eq!(part("bytes=20-29", "bytes 10-19/20"), Ok(Part::Unsatisfiable(Some(20))));
        assert_eq!(part("bytes=-0", "bytes 90-99/100"), Ok(Part::Unsatisfiable(Some(100))));
    }

    #[test]
    fn case_50_a_part_lies_within_what_was_received() {
        const LONGEST: u64 = 9;
        let reach = Reach { before: 2, after: 1 };
        let numbers = || 0..=LONGEST;
        let totals = || numbers().map(Some).chain([None]);
        let wanted = numbers().flat_map(|first| totals().map(move |last| ByteRange::From { first, last }));
        let (mut whole, mut cut) = (0, 0);
        for wanted in wanted.chain(numbers().map(ByteRange::Suffix)) {
            let range = RequestedRange::new(wanted, reach);
            for (first, last) in numbers().flat_map(|first| (first..=LONGEST).map(move |last| (first, last)))
            {
                for total in totals().filter(|total| total.is_none_or(|total| last < total)) {
                    let Ok(part) = range.part(ContentRange { first, last, total }, reach) else { continue };
                    let expected = wanted.positions(total.unwrap_or(last + 1));
                    let expected = expected.map(|wanted| (wanted.start - first..wanted.end - first, wanted));
                    let received = match part {
                        Part::Bytes(within, range) => Some((within, range.first..range.last + 1)),
                        Part::Unsatisfiable(_) => None,
                    };
                    assert_eq!(received, expected, "{wanted:?} {first}-{last}/{total:?}");
                    let Some((within, _)) = received else { continue };
                    assert!(within.end <= last + 1 - first, "{wanted:?} {first}-{last}/{total:?}");
                    let is_whole = within.end - within.start == last + 1 - first;
                    (whole, cut) = (whole + u32::from(is_whole), cut + u32::from(!is_whole));
                }
            }
        }
        assert!(whole > 10 && cut > 10, "{whole} {cut}");
    }

    #[test]
    fn case_50_a_part_that_was_not_asked_for_is_refused() {
        for (wanted, received) in [
            ("bytes=20-29", "bytes 20-29/100"),
            ("bytes=20-29", "bytes 10-29/100"),
            ("bytes=20-29", "bytes 10-40/100"),
            ("bytes=20-29", "bytes 11-34/100"),
            ("bytes=20-", "bytes 10-98/100"),
            ("bytes=20-", "bytes 10-99/*"),
            ("bytes=-7", "bytes 82-98/100"),
            ("bytes=-7", "bytes 93-99/100"),
            ("bytes=-7", "bytes 83-99/*"),
        ] {
            assert_eq!(part(wanted, received), Err(Code::UpstreamInvalid), "{wanted} {received}");
        }
        let range = RequestedRange::new(ByteRange::Suffix(7), REACH);
        let received = ContentRange::parse("bytes 83-99/100").unwrap();
        let farther = Reach { before: 11, after: 5 };
        assert_eq!(range.part(received, farther), Err(Code::UpstreamInvalid));
    }
}
