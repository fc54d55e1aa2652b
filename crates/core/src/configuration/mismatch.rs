//! The reason why none of a caller's rules admits a request.

use serde::Serialize;

use super::caller::Grantee;
use super::mount::Mount;
use super::route::Route;
use super::rule::Rule;
use super::upstream::Upstream;
use crate::http::method::Method;
use crate::http::path::Below;

/// The difference between a request and a rule that nearly admits it. It contains no part of the path, so it may be
/// logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mismatch {
    /// A rule admits the path as it is written, but not as it is read by a server that shortens segments.
    OtherReading,
    /// A rule admits the path without its empty segments: it has a `//`.
    EmptySegment,
    /// A rule admits the path without the slash at its end.
    TrailingSlash,
    /// A rule admits the path with a slash at its end.
    MissingSlash,
    /// A rule admits the path without segments that repeat the mount, the upstream's base path, or the segment before.
    RepeatedSegment,
    /// A rule admits the path with another method.
    Method,
    /// A rule admits the request, but none admits the second resource that a header names.
    OtherResource,
    /// A rule admits the request, but the caller's signed token is limited to other requests.
    Token,
}

impl Mismatch {
    /// Every mismatch, in the order in which they are checked.
    pub const ALL: [Self; 8] = [
        Self::OtherReading,
        Self::EmptySegment,
        Self::TrailingSlash,
        Self::MissingSlash,
        Self::RepeatedSegment,
        Self::Method,
        Self::OtherResource,
        Self::Token,
    ];

    /// The name for the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OtherReading => "other_reading",
            Self::EmptySegment => "empty_segment",
            Self::TrailingSlash => "trailing_slash",
            Self::MissingSlash => "missing_slash",
            Self::RepeatedSegment => "repeated_segment",
            Self::Method => "method",
            Self::OtherResource => "other_resource",
            Self::Token => "token",
        }
    }

    /// Finds the mismatch of a request that no rule of this grantee admits, and the rule that nearly admits it.
    ///
    /// The number of paths that are tried is fixed, so a refusal costs only a few matches.
    #[must_use]
    pub fn find<'r>(
        route: &'r Route,
        mount: &Mount,
        to: Grantee,
        method: Method,
        path: Below<'_>,
    ) -> Option<(Self, &'r Rule)> {
        let rules = || route.rules(to);
        let written: Vec<&[u8]> = path.segments().collect();
        let admitting = |segments: &[&[u8]]| {
            let admits = |rule: &&Rule| {
                rule.methods.contain(method) && rule.pattern.admits_as_written(segments.iter().copied())
            };
            rules().find(admits)
        };
        let found = |mismatch, segments: &[&[u8]]| admitting(segments).map(|rule| (mismatch, rule));
        found(Self::OtherReading, &written)
            .or_else(|| found(Self::EmptySegment, &without_empty(&written)))
            .or_else(|| found(Self::TrailingSlash, written.strip_suffix(&[&b""[..]])?))
            .or_else(|| found(Self::MissingSlash, &[written.as_slice(), &[b""]].concat()))
            .or_else(|| {
                let shorter = without_repetition(&written, mount, &route.upstream);
                shorter.into_iter().find_map(|segments| found(Self::RepeatedSegment, &segments))
            })
            .or_else(|| {
                let rule = rules().find(|rule| rule.pattern.admits(path))?;
                Some((Self::Method, rule))
            })
    }
}

fn without_empty<'p>(segments: &[&'p [u8]]) -> Vec<&'p [u8]> {
    let last = segments.len().saturating_sub(1);
    let kept = segments.iter().enumerate().filter(|(at, segment)| *at == last || !segment.is_empty());
    kept.map(|(_, segment)| *segment).collect()
}

/// The path in three variants: without the segments that repeat the end of the mount, without the upstream's base path,
/// and without the first doubled segment. For example, a client that adds `/v1` itself makes `/v1/v1/` of the base URL
/// `https://gw.example.com/openai/v1`.
fn without_repetition<'p>(segments: &[&'p [u8]], mount: &Mount, upstream: &Upstream) -> Vec<Vec<&'p [u8]>> {
    let mut shorter: Vec<Vec<&[u8]>> = Vec::new();
    let base = match upstream {
        Upstream::Fixed(url) => url.base.as_ref(),
        Upstream::Variable(_) => "",
    };
    let prefix: Vec<&[u8]> = mount.prefix.iter().map(|segment| segment.as_bytes()).collect();
    let base: Vec<&[u8]> = base.split('/').skip(1).map(str::as_bytes).collect();
    for before in [prefix, base] {
        for start in 0..before.len() {
            let end = before.get(start..).unwrap_or_default();
            let (first, rest) = segments.split_at_checked(end.len()).unwrap_or_default();
            if !rest.is_empty() && first.iter().zip(end).all(|(one, other)| one == other) {
                shorter.push(rest.to_vec());
            }
        }
    }
    if let Some(twice) = segments.windows(2).position(|pair| matches!(pair, [one, other] if one == other)) {
        let (before, after) = segments.split_at_checked(twice).unwrap_or((segments, &[]));
        shorter.push(before.iter().chain(after.iter().skip(1)).copied().collect());
    }
    shorter
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_the_log_is_the_serialised_one() {
        for mismatch in Mismatch::ALL {
            assert_eq!(serde_json::to_value(mismatch).unwrap(), mismatch.as_str());
        }
    }
}
