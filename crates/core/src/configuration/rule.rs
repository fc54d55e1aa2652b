//! Rules: `METHODS path-pattern`.

use super::text::{List, Text};
use crate::http::method::{Method, Methods};
use crate::http::path::{self, Below};

/// One line of `allow`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Rule {
    /// The text in `gateway.toml` and in the log.
    pub text: Text,
    /// The methods that it admits.
    pub methods: Methods,
    /// The paths that it admits.
    pub pattern: Pattern,
}

/// A path pattern, matched segment by segment on the percent-decoded path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Pattern {
    /// The segments between the slashes. `/v1/` has an empty last one, `/` has one empty one, and `/**` has none.
    pub segments: List<Segment>,
    /// Whether `/**` follows: zero or more further segments.
    pub open: bool,
}

/// One segment of a [`Pattern`], split at each `*` into literal texts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Segment {
    /// `ch_*` is `["ch_", ""]`, `*` is `["", ""]`, `charges` is `["charges"]`.
    pub literals: List<Text>,
}

impl Rule {
    /// Parses `METHODS path-pattern`, for a rule that is not in a file; `None` if the text is not a rule. The
    /// grammar accepts the same rules, and explains what is wrong with others.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (names, pattern) = text.split_once(' ')?;
        let methods = if names == "*" {
            Method::ORDINARY.into_iter().fold(Methods::NONE, Methods::with)
        } else {
            names
                .split(',')
                .try_fold(Methods::NONE, |methods, name| Some(methods.with(Method::parse(name)?)))?
        };
        let path = pattern.trim_start_matches(' ').strip_prefix('/')?;
        let is_rest = |segment: &str| segment.contains("**");
        let literal = path.strip_suffix("/**").unwrap_or(path);
        let is_sound = path == "**" || !literal.split('/').any(is_rest);
        is_sound.then(|| Self {
            text: Text::Owned(text.to_owned()),
            methods,
            pattern: Pattern::parse(pattern.trim_start_matches(' ')),
        })
    }

    /// Whether the rule admits a request for this path below the mount.
    #[must_use]
    pub fn admits(&self, method: Method, path: Below<'_>) -> bool {
        self.methods.contain(method) && self.pattern.admits(path)
    }
}

impl Pattern {
    /// Parses a pattern. The first slash is not a part of the first segment.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let (path, open) = match text.strip_suffix("/**") {
            Some(before) => {
                (before.strip_prefix('/').or(Some(before).filter(|before| !before.is_empty())), true)
            }
            None => (Some(text.strip_prefix('/').unwrap_or(text)), false),
        };
        Self {
            segments: path.map(|path| path.split('/').map(Segment::parse).collect()).unwrap_or_default(),
            open,
        }
    }

    /// Whether the pattern admits the path under every reading of servers, with one exception: where the pattern's last
    /// `*` ends a segment, a server that cuts that segment at an encoded `#` reads less than the rule admits, because
    /// names of rooms and channels begin with `#`.
    ///
    /// The time is linear in the length of the path.
    #[must_use]
    pub fn admits(&self, path: Below<'_>) -> bool {
        self.admits_as_written(path.segments())
            && (path.is_read_in_one_way() || self.admits_other_readings(path))
    }

    /// Whether the pattern matches the decoded segments of a path.
    #[must_use]
    pub fn admits_as_written<'p>(&self, mut segments: impl ExactSizeIterator<Item = &'p [u8]>) -> bool {
        let enough = if self.open {
            segments.len() >= self.segments.len()
        } else {
            segments.len() == self.segments.len()
        };
        // `/**` also matches the mount's root, whose only segment is empty.
        enough
            && self
                .segments
                .iter()
                .all(|pattern| segments.next().is_some_and(|segment| pattern.admits(segment)))
    }

    /// Whether the pattern also admits the path as it is read by servers that shorten segments. `/**` admits every
    /// reading of the rest.
    fn admits_other_readings(&self, path: Below<'_>) -> bool {
        let last = self.segments.len().saturating_sub(1);
        let mut segments = self.segments.iter().zip(path.segments()).enumerate();
        segments
            .all(|(position, (pattern, segment))| pattern.admits_other_readings(segment, position == last))
    }
}

impl Segment {
    fn parse(text: &str) -> Self {
        Self { literals: text.split('*').map(|literal| Text::Owned(literal.to_owned())).collect() }
    }

    /// Whether the segment has the literals in their order, with at least one byte for each `*` between them.
    #[must_use]
    pub fn admits(&self, segment: &[u8]) -> bool {
        let Some((first, stars)) = self.literals.split_first() else {
            return segment.is_empty();
        };
        let Some(mut rest) = segment.strip_prefix(first.as_bytes()) else {
            return false;
        };
        let Some((last, middle)) = stars.split_last() else {
            return rest.is_empty();
        };
        // The leftmost match of each literal leaves the most text for the next.
        for literal in middle {
            let Some(after) = rest.split_first().and_then(|(_, room)| after_first(room, literal.as_bytes()))
            else {
                return false;
            };
            rest = after;
        }
        rest.len() > last.len() && rest.ends_with(last.as_bytes())
    }

    /// Whether the shortened readings of the segment are admitted too: without path parameters, without dots and spaces
    /// at its end, and before a `?` or `#`.
    ///
    /// A segment without `*` matches only itself. A server that cuts a path at `?` or `#` drops the later segments too,
    /// so such a segment has to be the pattern's last one. If no text follows the `*`, the reading before a `#` need
    /// not match, because names of rooms and channels begin with `#`.
    fn admits_other_readings(&self, segment: &[u8], is_last: bool) -> bool {
        let Some((_, after_star)) = self.literals.split_first().filter(|(_, stars)| !stars.is_empty()) else {
            return true;
        };
        let mut readings = vec![segment];
        let before_query = path::before_query(segment);
        if before_query.len() < segment.len() {
            if !is_last {
                return false;
            }
            let is_open_ended = after_star.iter().all(|literal| literal.is_empty());
            readings.push(if is_open_ended { path::before_question_mark(segment) } else { before_query });
        }
        readings.into_iter().all(|reading| {
            [reading, path::without_parameters(reading)]
                .into_iter()
                .all(|reading| self.admits(reading) && self.admits(path::without_end(reading)))
        })
    }
}

fn after_first<'a>(text: &'a [u8], literal: &[u8]) -> Option<&'a [u8]> {
    let at = text.windows(literal.len().max(1)).position(|window| window == literal)?;
    text.get(at + literal.len()..)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::http::path::CanonicalPath;

    fn pattern(text: &'static str) -> Pattern {
        let (text, open) = match text.strip_suffix("/**") {
            Some(text) => (text, true),
            None => (text, false),
        };
        let segments = text.split('/').skip(1);
        let segments =
            segments.map(|segment| Segment { literals: segment.split('*').map(Cow::Borrowed).collect() });
        Pattern { segments: segments.collect(), open }
    }

    fn admits(text: &'static str, raw: &str) -> bool {
        pattern(text).admits(CanonicalPath::parse(raw).unwrap().below(&[]).unwrap())
    }

    #[test]
    fn admits_what_the_pattern_says() {
        for (pattern, path) in [
            ("/", "/"),
            ("/**", "/"),
            ("/**", "/a"),
            ("/**", "//"),
            ("/v1/**", "/v1"),
            ("/v1/**", "/v1/"),
            ("/v1/**", "/v1/a/b/"),
            ("/v1/charges", "/v1/charges"),
            ("/v1/charges", "/v1/ch%61rges"),
            ("/v1/*", "/v1/x"),
            ("/v1/*", "/v1/a%20"),
            ("/v1/*/capture", "/v1/ch_1/capture"),
            ("/ch_*", "/ch_1"),
            ("/*.json", "/a.json"),
            ("/*.json", "/.json.json"),
            ("/a*b*c", "/axbxc"),
            ("/a*b*c", "/abbbc"),
            ("/a*b*c", "/axbbc"),
            ("/*a*", "/aaa"),
            ("/v1/**", "/v1/a%2Fb"),
            ("/v1/*", "/v1/a%2Fb"),
            ("/é", "/%C3%A9"),
            ("/files/*.json", "/files/a.json;b.json"),
            ("/v1/*", "/v1/a;v=1"),
            ("/v1/*", "/v1/%23room"),
            ("/v1/*", "/v1/a%3Fb"),
            ("/v1/*", "/v1/%23a%3Fb"),
            ("/v1/**", "/v1/%3Fx"),
            ("/v1/ch_*", "/v1/ch_1%23"),
            ("/v1/*/x", "/v1/a;b/x"),
            ("/v1/**", "/v1/a%23b/c;d/e."),
            ("/v1/a;b", "/v1/a;b"),
            ("/v1/a.", "/v1/a."),
            ("/*/**", "/a;b/c%3fd"),
        ] {
            assert!(admits(pattern, path), "{pattern} {path}");
        }
    }

    #[test]
    fn admits_nothing_else() {
        for (pattern, path) in [
            ("/", "/a"),
            ("/a", "/a/"),
            ("/a/", "/a"),
            ("/a", "/A"),
            ("/v1/**", "/"),
            ("/v1/**", "/v10"),
            ("/v1/**", "/x/v1"),
            ("/v1/*", "/v1"),
            ("/v1/*", "/v1/"),
            ("/v1/*", "/v1/a/b"),
            ("/v1/a/b", "/v1/a%2Fb"),
            ("/ch_*", "/ch_"),
            ("/*.json", "/.json"),
            ("/a*b", "/ab"),
            ("/a*b*c", "/abc"),
            ("/a*b*c", "/axbc"),
            ("/*a*", "/aa"),
            ("/v1/charges", "/v1/ch%2561rges"),
            ("/files/*.json", "/files/private.key;.json"),
            ("/files/*.json", "/files/private.key%3B.json"),
            ("/files/*.json", "/files/private.key%3f.json"),
            ("/files/*.json", "/files/private.key%23.json"),
            ("/files/*.json", "/files/private.key%3F;.json"),
            ("/files/*.json", "/files/private.key;%23.json"),
            ("/files/*.json", "/files/%23.json"),
            ("/files/a*b*c", "/files/axb;c"),
            ("/files/*.", "/files/private.key."),
            ("/files/*x*.json", "/files/private%23x1.json"),
            ("/files/*/meta", "/files/private.key%3f/meta"),
            ("/files/*/meta/**", "/files/private.key%23/meta/x"),
            ("/files/*/*", "/files/private.key%3f/x"),
            // A server that cuts at `?` reads the parent.
            ("/v1/*", "/v1/%3Fx"),
            ("/v1/*", "/v1/%3f%23x"),
            ("/v1/ch_*", "/v1/ch_%3Fx"),
            ("/v1/*/**", "/v1/%3Fx"),
            ("/ch_*", "/ch_;x"),
            ("/ch_*", "/ch_."),
            ("/ch_*", "/ch_%20."),
            ("/ch_*", "/ch_.;x"),
        ] {
            assert!(!admits(pattern, path), "{pattern} {path}");
        }
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_a_matcher_that_tries_everything(pattern in "[ab*]{0,6}", text in "[ab]{0,8}") {
            fn tries(pattern: &[u8], text: &[u8]) -> bool {
                match pattern.split_first() {
                    None => text.is_empty(),
                    Some((b'*', rest)) => (1..=text.len()).any(|taken| tries(rest, &text[taken..])),
                    Some((byte, rest)) => text.first() == Some(byte) && tries(rest, &text[1..]),
                }
            }
            proptest::prop_assume!(!pattern.contains("**"));
            let segment = Segment { literals: pattern.split('*').map(|literal| Cow::Owned(literal.to_owned())).collect() };
            proptest::prop_assert_eq!(segment.admits(text.as_bytes()), tries(pattern.as_bytes(), text.as_bytes()));
        }
    }
}
