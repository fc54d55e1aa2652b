//! The path of a request. A path that two servers could read differently is refused.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// A path that every server splits into the same segments.
///
/// No segment is a dot segment or disappears under any of the known readings of servers: decoded once, split at `/` and
/// `\`, cut at `;`, at `?` or at `#`, and without dots and spaces at its end. `DESIGN.md` has the table of servers
/// ("How do servers read a path?"). Two ambiguities can remain: the route decides about a `%2F` between ordinary
/// segments ([`has_encoded_slash`](Self::has_encoded_slash)), and the rule about a segment that is longer to some
/// servers than to others ([`Below::is_read_in_one_way`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalPath<'a> {
    raw: &'a str,
    segments: Vec<Segment<'a>>,
    encoded_slash: bool,
    is_read_in_one_way: bool,
}

/// The text between two slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Segment<'a> {
    /// Percent-decoded once, for comparison only.
    decoded: Cow<'a, [u8]>,
    /// Where in the raw path the segment ends.
    end: usize,
}

/// Servers could split the path into different segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the path can be read in more than one way")]
pub struct AmbiguousPath;

impl<'a> CanonicalPath<'a> {
    /// Accepts a path that starts with a slash, as written in the request.
    pub fn parse(raw: &'a str) -> Result<Self, AmbiguousPath> {
        let rest = raw.strip_prefix('/').ok_or(AmbiguousPath)?;
        // By the URL Standard, a raw backslash is a slash, a raw `#` ends the path, and white space may be dropped.
        if rest.bytes().any(|byte| matches!(byte, b'\\' | b'#' | b'?' | ..=b' ')) || has_unicode_escape(rest)
        {
            return Err(AmbiguousPath);
        }
        let mut path =
            Self { raw, segments: Vec::with_capacity(8), encoded_slash: false, is_read_in_one_way: true };
        let mut end = 0;
        for segment in rest.split('/') {
            end += 1 + segment.len();
            let decoded: Cow<'a, [u8]> = percent_decode_str(segment).into();
            if decoded.iter().any(u8::is_ascii_control)
                || decoded.contains(&b'\\')
                || has_overlong_encoding(&decoded)
                || has_dot_segment(&decoded)
            {
                return Err(AmbiguousPath);
            }
            path.encoded_slash |= decoded.contains(&b'/');
            path.is_read_in_one_way &= without_end(&decoded).len() == decoded.len()
                && !decoded.iter().any(|byte| matches!(byte, b';' | b'?' | b'#'));
            path.segments.push(Segment { decoded, end });
        }
        Ok(path)
    }

    /// Whether a segment contains a `%2F`.
    #[must_use]
    pub fn has_encoded_slash(&self) -> bool {
        self.encoded_slash
    }

    /// The part of the path below a mount's prefix; `None` unless the path starts with the segments of the prefix.
    #[must_use]
    pub fn below(&self, prefix: &[Cow<'static, str>]) -> Option<Below<'_>> {
        let (mounted, rest) = self.segments.split_at_checked(prefix.len())?;
        let equal = mounted.iter().zip(prefix).all(|(segment, name)| *segment.decoded == *name.as_bytes());
        let raw = mounted.last().map_or(Some(self.raw), |last| self.raw.get(last.end..))?;
        equal.then_some(Below { raw, segments: rest, is_read_in_one_way: self.is_read_in_one_way })
    }
}

/// The part of a path below its mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Below<'a> {
    raw: &'a str,
    segments: &'a [Segment<'a>],
    is_read_in_one_way: bool,
}

impl<'a> Below<'a> {
    /// The text as written in the request; `/` for the mount itself.
    #[must_use]
    pub fn raw(&self) -> &'a str {
        if self.raw.is_empty() { "/" } else { self.raw }
    }

    /// The decoded segments; one empty one for the mount itself.
    #[must_use]
    pub fn segments(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + use<'a> {
        const ROOT: &[Segment<'static>] = &[Segment { decoded: Cow::Borrowed(b""), end: 0 }];
        let segments: &'a [Segment<'a>] = if self.segments.is_empty() { ROOT } else { self.segments };
        segments.iter().map(|segment| segment.decoded.as_ref())
    }

    /// Whether no known server shortens one of the segments.
    #[must_use]
    pub fn is_read_in_one_way(&self) -> bool {
        self.is_read_in_one_way
    }
}

/// The segment before its path parameters, as Java servers read it (RFC 3986 §3.3).
#[must_use]
pub fn without_parameters(segment: &[u8]) -> &[u8] {
    segment.split(|byte| *byte == b';').next().unwrap_or(segment)
}

/// The segment before a `?` or a `#`, as a server reads it that parses the decoded path as a URL.
#[must_use]
pub fn before_query(segment: &[u8]) -> &[u8] {
    segment.split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or(segment)
}

/// The segment before a `?`.
#[must_use]
pub fn before_question_mark(segment: &[u8]) -> &[u8] {
    segment.split(|byte| *byte == b'?').next().unwrap_or_default()
}

/// The segment without dots and spaces at its end, which Windows drops from file names.
#[must_use]
pub fn without_end(segment: &[u8]) -> &[u8] {
    let length = segment.iter().rposition(|byte| !matches!(byte, b'.' | b' ')).map_or(0, |last| last + 1);
    segment.get(..length).unwrap_or(segment)
}

fn has_dot_segment(decoded: &[u8]) -> bool {
    decoded.split(|byte| *byte == b'/').any(|part| {
        let name = without_parameters(part);
        let shortest = before_query(name);
        // A server with path parameters reads `;x` as an empty segment, and a `*` reads it as two characters. Windows
        // reads `...` and a space as empty, and `.. ` as `..`. A segment may begin with `#` or `?`, as names of rooms
        // and channels do.
        name.is_empty() && !part.is_empty() || without_end(shortest).is_empty() && !shortest.is_empty()
    })
}

/// Whether the path contains an escape such as `%u002e`. It is not a percent-encoding, but IIS and Jetty before version
/// 10 decode it.
fn has_unicode_escape(path: &str) -> bool {
    path.split('%').skip(1).any(|after| {
        let digits = after.strip_prefix(['u', 'U']).and_then(|rest| rest.as_bytes().get(..4));
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// Whether a character has an overlong UTF-8 encoding (RFC 3629 §3): old decoders read `C0 AF` as a slash. Other bytes
/// that are not UTF-8 are accepted, because names in Latin-1 exist.
fn has_overlong_encoding(decoded: &[u8]) -> bool {
    decoded.windows(2).any(|pair| {
        matches!(
            pair,
            [0xc0 | 0xc1, 0x80..=0xbf]
                | [0xe0, 0x80..=0x9f]
                | [0xf0, 0x80..=0x8f]
                | [0xf8, 0x80..=0x87]
                | [0xfc, 0x80..=0x83]
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn below<'a>(path: &'a CanonicalPath<'a>, prefix: &[&'static str]) -> Option<(&'a str, Vec<&'a [u8]>)> {
        let prefix: Vec<_> = prefix.iter().map(|name| Cow::Borrowed(*name)).collect();
        path.below(&prefix).map(|below| (below.raw(), below.segments().collect()))
    }

    #[test]
    fn cases_1_and_2_reject_dot_segments_in_every_spelling() {
        for raw in [
            "/p/../x",
            "/p/./x",
            "/p/..",
            "/..",
            "/p/%2e%2e/x",
            "/p/%2E./x",
            "/p/.%2e/x",
            "/p/..%2fx",
            "/p/..%2Fx",
            "/p/a%2f..",
            "/p/a%2f..%2fb",
            "/p/a%2f%2e%2fb",
            "/p/..;/x",
            "/p/..;a=b/x",
            "/p/..%3b/x",
            "/p/.;/x",
            "/p/a%2f..;x",
            "/p/;x",
            "/p/;/x",
            "/p/%3bx",
            "/p/..\\x",
            "/p/a\\b",
            "/p/..%5cx",
            "/p/a%5cb",
            "/p/a%5Cb",
            "/p/..%20/x",
            "/p/.%20",
            "/p/%20/x",
            "/p/.../x",
            "/p/...",
            "/p/..%20;x",
            "/p/..%3fx",
            "/p/..%23x",
            "/p/.%3F",
            "/p/a%2f..%23",
            "/p/%u002e%u002e/x",
            "/p/a%U002fb",
            "/p/..%c0%afx",
            "/p/%c0%ae%c0%ae/x",
            "/p/%C1%9C",
            "/p/%e0%80%af",
            "/p/%f0%80%80%af",
            "/p/%f8%80%80%80%af",
            "/p/%fc%80%80%80%80%af",
        ] {
            assert_eq!(CanonicalPath::parse(raw), Err(AmbiguousPath), "{raw}");
        }
    }

    #[test]
    fn rejects_control_characters_and_what_ends_a_path() {
        for raw in ["", "p", "*", "/ ", "/a\tb", "/a%00b", "/a%0d%0ab", "/a%7fb", "/a#b", "/a?b"] {
            assert_eq!(CanonicalPath::parse(raw), Err(AmbiguousPath), "{raw:?}");
        }
    }

    #[test]
    fn case_3_decodes_once() {
        let path = CanonicalPath::parse("/p/%252e%252e%252f").unwrap();
        assert_eq!(below(&path, &["p"]), Some(("/%252e%252e%252f", vec![&b"%2e%2e%2f"[..]])));
    }

    #[test]
    fn accepts_dots_and_escapes_that_mean_themselves() {
        for raw in [
            "/", "//", "/...a", "/a..b", "/.a", "/a;b", "/%zz", "/%", "/a%20b", "/%ff", "/a;..", "/a...",
            "/a%20", "/%23room", "/%3Fx", "/a%23..", "/%u00", "/%unsafe", "/%c3%a9", "/%c0", "/%c0x", "/a+b",
            "/+",
        ] {
            assert!(CanonicalPath::parse(raw).is_ok(), "{raw}");
        }
    }

    #[test]
    fn case_51_tells_of_a_segment_that_some_servers_cut_short() {
        let in_one_way = |raw| CanonicalPath::parse(raw).unwrap().below(&[]).unwrap().is_read_in_one_way();
        for raw in ["/a;b", "/a%3bb", "/a%23b", "/a%3Fb/c", "/a.", "/a%20/c", "/%23a"] {
            assert!(!in_one_way(raw), "{raw}");
        }
        for raw in ["/", "//", "/a.b", "/.a", "/a%20b", "/a+b", "/a:b"] {
            assert!(in_one_way(raw), "{raw}");
        }
    }

    #[test]
    fn case_2_tells_of_a_slash_between_ordinary_segments() {
        assert!(CanonicalPath::parse("/p/a%2Fb").unwrap().has_encoded_slash());
        assert!(!CanonicalPath::parse("/p/a/b").unwrap().has_encoded_slash());
        assert!(!CanonicalPath::parse("/p/a%252fb").unwrap().has_encoded_slash());
    }

    #[test]
    fn case_4_a_prefix_matches_whole_segments() {
        for raw in ["/simpleevil", "/p.evil.com/", "/p@evil.com/", "/p:9999/", "//p", "/P/x"] {
            let path = CanonicalPath::parse(raw).unwrap();
            assert_eq!(below(&path, &["p"]), None, "{raw}");
        }
    }

    #[test]
    fn case_8_the_mount_itself_is_its_root() {
        for (raw, prefix, rest, segments) in [
            ("/p", &["p"][..], "/", vec![""]),
            ("/p/", &["p"], "/", vec![""]),
            ("/%70/x", &["p"], "/x", vec!["x"]),
            ("/p//evil.com/x", &["p"], "//evil.com/x", vec!["", "evil.com", "x"]),
            ("/p/q/x/", &["p", "q"], "/x/", vec!["x", ""]),
            ("/p/x%20y", &["p"], "/x%20y", vec!["x y"]),
            ("/p/x", &[], "/p/x", vec!["p", "x"]),
            ("/", &[], "/", vec![""]),
        ] {
            let path = CanonicalPath::parse(raw).unwrap();
            let segments: Vec<&[u8]> = segments.iter().map(|segment| segment.as_bytes()).collect();
            assert_eq!(below(&path, prefix), Some((rest, segments)), "{raw}");
        }
    }

    proptest::proptest! {
        #[test]
        fn the_url_standard_leaves_an_accepted_path_its_segments(raw in "/[a.%2eE5cf/;\\\\ é]{0,16}") {
            if let Ok(path) = CanonicalPath::parse(&raw) {
                let url = url::Url::parse("https://gw.example.com").unwrap().join(&format!("https://gw.example.com{raw}")).unwrap();
                let standard: Vec<Vec<u8>> = url.path_segments().unwrap().map(|segment| percent_decode_str(segment).collect()).collect();
                let ours: Vec<Vec<u8>> = path.below(&[]).unwrap().segments().map(<[u8]>::to_vec).collect();
                proptest::prop_assert_eq!(standard, ours);
            }
        }
    }
}
