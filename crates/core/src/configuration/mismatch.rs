//! Why none of a caller's rules admits a request.

use serde::Serialize;

use super::caller::Grantee;
use super::mount::Mount;
use super::route::Route;
use super::rule::Rule;
use super::upstream::Upstream;
use crate::http::method::Method;
use crate::http::path::Below;

/// What keeps a request from a rule that it nearly fits. It says nothing of the path itself, so it may be logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mismatch {
    /// A rule admits the path as it is written, and not as a server may read it that cuts segments short.
    OtherReading,
    /// A rule admits the path without its empty segments: it has a `//`.
    EmptySegment,
    /// A rule admits the path without the slash at its end.
    TrailingSlash,
    /// A rule admits the path with a slash at its end.
    MissingSlash,
    /// A rule admits the path without segments that the mount or the upstream's base path has already, or that stand
    /// there twice.
    RepeatedSegment,
    /// A rule admits the path with another method.
    Method,
    /// A rule admits the request, and the caller's signed token narrows itself to other ones.
    Token,
}

impl Mismatch {
    /// Every one, in the order in which they are looked for.
    pub const ALL: [Self; 7] = [
        Self::OtherReading,
        Self::EmptySegment,
        Self::TrailingSlash,
        Self::MissingSlash,
        Self::RepeatedSegment,
        Self::Method,
        Self::Token,
    ];

    /// As it stands in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OtherReading => "other_reading",
            Self::EmptySegment => "empty_segment",
            Self::TrailingSlash => "trailing_slash",
            Self::MissingSlash => "missing_slash",
            Self::RepeatedSegment => "repeated_segment",
            Self::Method => "method",
            Self::Token => "token",
        }
    }

    /// What is nearly right about a request that no rule of this grantee admits, and the rule that it nearly fits.
    ///
    /// A fixed number of other paths is tried, so a refusal costs no more than a few admissions.
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

/// The path without what it has in common with the end of its mount, without the upstream's base path, and without the
/// first segment that is written twice. `https://gw.example.com/openai/v1` as a base URL makes `/v1/v1/` of a client that adds
/// `/v1` itself.
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
