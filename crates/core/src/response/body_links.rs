//! Rewrites links in the body of a response, from the upstream's URL to the mount's, while the body streams.

use memchr::memchr;

/// Replaces the upstream's URL with the mount's in a body of JSON or HTML, piece by piece.
///
/// The URL is the upstream's origin and base path. It is found where a path, a query, a fragment or the end of a text
/// follows it. Its slashes may be plain or escaped as in JSON (`\/`, which PHP writes, or `\u002f`); the slashes of the
/// mount's URL are written in the same way. All other bytes stay unchanged.
///
/// Only an incomplete URL is kept between two pieces, so the memory is bounded by the longest form of the URL. Each
/// byte is compared a fixed number of times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyLinks {
    upstream: String,
    mount: String,
    held: Vec<u8>,
}

/// The beginning of a text.
enum Found {
    /// Anything but the upstream's URL.
    Other,
    /// The upstream's URL, with its length in bytes and the form of its slashes.
    Url { length: usize, slash: Slash },
    /// An incomplete URL of the upstream.
    Beginning,
}

/// The form of a slash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slash {
    Plain,
    Escaped,
    Numbered,
}

impl Slash {
    const fn written(self) -> &'static str {
        match self {
            Self::Plain => "/",
            Self::Escaped => "\\/",
            Self::Numbered => "\\u002f",
        }
    }
}

impl BodyLinks {
    /// `upstream` is its origin and base path, and `mount` has a scheme and a host. Both have no slash at the end.
    #[must_use]
    pub const fn new(upstream: String, mount: String) -> Self {
        Self { upstream, mount, held: Vec::new() }
    }

    /// Takes the next piece of the body, and returns the bytes that are decided.
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        if self.held.is_empty() {
            return self.rewrite(piece, false);
        }
        let mut text = std::mem::take(&mut self.held);
        text.extend_from_slice(piece);
        self.rewrite(&text, false)
    }

    /// Returns the rest at the end of the body.
    pub fn finish(&mut self) -> Vec<u8> {
        let text = std::mem::take(&mut self.held);
        self.rewrite(&text, true)
    }

    fn rewrite(&mut self, text: &[u8], is_last: bool) -> Vec<u8> {
        let mut rewritten = Vec::with_capacity(text.len());
        let first = self.upstream.bytes().next().unwrap_or_default();
        let (mut rest, mut sought) = (text, text);
        while let Some(at) = memchr(first, sought) {
            let (_, candidate) = sought.split_at(at);
            let before = rest.len() - candidate.len();
            match self.find(candidate, is_last) {
                Found::Other => sought = candidate.get(1..).unwrap_or_default(),
                Found::Url { length, slash } => {
                    rewritten.extend_from_slice(rest.get(..before).unwrap_or_default());
                    rewritten.extend(self.mount.replace('/', slash.written()).bytes());
                    rest = candidate.get(length..).unwrap_or_default();
                    sought = rest;
                }
                Found::Beginning => {
                    rewritten.extend_from_slice(rest.get(..before).unwrap_or_default());
                    self.held.extend_from_slice(candidate);
                    return rewritten;
                }
            }
        }
        rewritten.extend_from_slice(rest);
        rewritten
    }

    fn find(&self, text: &[u8], is_last: bool) -> Found {
        let unfinished = if is_last { Found::Other } else { Found::Beginning };
        let mut rest = text;
        let mut slash = None;
        for byte in self.upstream.bytes() {
            let read = if byte == b'/' { read_slash(rest) } else { read_byte(byte, rest) };
            match read {
                Read::Past(after, written) => {
                    rest = after;
                    slash = slash.or(written);
                }
                Read::Short => return unfinished,
                Read::Different => return Found::Other,
            }
        }
        let length = text.len() - rest.len();
        let url = Found::Url { length, slash: slash.unwrap_or(Slash::Plain) };
        match ends_here(rest) {
            Some(true) => url,
            Some(false) => Found::Other,
            None if is_last && rest.is_empty() => url,
            None => unfinished,
        }
    }
}

/// The result of comparing one character of the URL.
enum Read<'t> {
    /// The character matches. The rest of the text, and the form of a slash.
    Past(&'t [u8], Option<Slash>),
    /// The text is too short to tell.
    Short,
    /// The text has another character.
    Different,
}

fn read_byte(byte: u8, text: &[u8]) -> Read<'_> {
    match text.split_first() {
        Some((first, rest)) if *first == byte => Read::Past(rest, None),
        Some(_) => Read::Different,
        None => Read::Short,
    }
}

fn read_slash(text: &[u8]) -> Read<'_> {
    for slash in [Slash::Plain, Slash::Escaped, Slash::Numbered] {
        let written = slash.written().as_bytes();
        let Some((found, rest)) = text.split_at_checked(written.len()) else {
            let is_beginning =
                written.get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text));
            if is_beginning {
                return Read::Short;
            }
            continue;
        };
        // The hexadecimal digit may be in upper case, but the `u` may not.
        if found == written || (slash == Slash::Numbered && found == b"\\u002F") {
            return Read::Past(rest, Some(slash));
        }
    }
    Read::Different
}

/// Whether the origin and base path end before this text; `None` if the text is too short to tell. A letter, a dot
/// or a colon would continue a host, a port or a path.
fn ends_here(text: &[u8]) -> Option<bool> {
    match text {
        [] => None,
        [b'\\', rest @ ..] => match rest {
            [] => None,
            [b'u', digits @ ..] => {
                let digits = digits.get(..4)?;
                let read =
                    std::str::from_utf8(digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
                Some(read.is_some_and(follows_a_path))
            }
            [_, ..] => Some(true),
        },
        [byte, ..] => Some(follows_a_path(*byte)),
    }
}

const fn follows_a_path(byte: u8) -> bool {
    matches!(
        byte,
        b'/' | b'?'
            | b'#'
            | b'"'
            | b'\''
            | b'<'
            | b'>'
            | b'\\'
            | b' '
            | b'\t'
            | b'\r'
            | b'\n'
            | b')'
            | b']'
            | b'}'
            | b'|'
            | b'`'
            | b','
            | b';'
            | b'&'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The length of `\u002f`: the most bytes after the upstream's URL that decide whether the URL ends there.
    const LONGEST_ESCAPE: usize = 6;

    fn links() -> BodyLinks {
        BodyLinks::new("https://api.example.com/v1".to_owned(), "https://gw.example/x/y".to_owned())
    }

    fn rewritten(links: &mut BodyLinks, pieces: &[&[u8]]) -> String {
        let slashes = links.upstream.bytes().filter(|byte| *byte == b'/').count();
        let longest_held = links.upstream.len() + slashes * (LONGEST_ESCAPE - 1) + LONGEST_ESCAPE - 1;
        let mut text: Vec<u8> = Vec::new();
        for piece in pieces {
            text.extend(links.push(piece));
            assert!(links.held.len() <= longest_held, "{}", links.held.len());
        }
        text.extend(links.finish());
        assert!(links.held.is_empty());
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn the_upstream_s_url_becomes_the_mount_s() {
        for (body, expected) in [
            (
                r#"{"next":"https://api.example.com/v1/x?page=2"}"#,
                r#"{"next":"https://gw.example/x/y/x?page=2"}"#,
            ),
            (r#"["https://api.example.com/v1"]"#, r#"["https://gw.example/x/y"]"#),
            (r#"["https://api.example.com/v1?a"]"#, r#"["https://gw.example/x/y?a"]"#),
            (r#"["https://api.example.com/v1#a"]"#, r#"["https://gw.example/x/y#a"]"#),
            (r#"["https:\/\/api.example.com\/v1\/x"]"#, r#"["https:\/\/gw.example\/x\/y\/x"]"#),
            (
                r#"["https:\u002f\u002Fapi.example.com\u002Fv1\u002fx"]"#,
                r#"["https:\u002f\u002fgw.example\u002fx\u002fy\u002fx"]"#,
            ),
            (r#""{\"u\":\"https://api.example.com/v1\"}""#, r#""{\"u\":\"https://gw.example/x/y\"}""#),
            (r#""see\nhttps://api.example.com/v1\nor""#, r#""see\nhttps://gw.example/x/y\nor""#),
            (r#""https://api.example.com/v1\u003fa""#, r#""https://gw.example/x/y\u003fa""#),
            (
                "<a href='https://api.example.com/v1/a'>https://api.example.com/v1</a>",
                "<a href='https://gw.example/x/y/a'>https://gw.example/x/y</a>",
            ),
            ("https://api.example.com/v1", "https://gw.example/x/y"),
            ("hhttps://https://api.example.com/v1/", "hhttps://https://gw.example/x/y/"),
        ] {
            assert_eq!(rewritten(&mut links(), &[body.as_bytes()]), expected);
        }
    }

    #[test]
    fn another_url_stays() {
        for body in [
            r#"["https://api.example.com/v10/x"]"#,
            r#"["https://api.example.com/v1.json"]"#,
            r#"["https://api.example.com/v2"]"#,
            r#"["https://api.example.com/"]"#,
            r#"["http://api.example.com/v1/x"]"#,
            r#"["https://api.example.com.evil.example/v1"]"#,
            r#"["https://api.example.com:8443/v1"]"#,
            r#"["https://api.example.com@evil.example/v1"]"#,
            r#"["https://api.example.com/v1\u0030"]"#,
            r#"["https:\\/\\/api.example.com\\/v1\\/x"]"#,
            r#"["https:\U002f\U002fapi.example.com/v1"]"#,
            "https://api.example.com/v",
            "https://api.example.com/v1\\u00",
            "h",
            "",
        ] {
            assert_eq!(rewritten(&mut links(), &[body.as_bytes()]), body);
        }
        let mut origin = BodyLinks::new("https://a.example".to_owned(), "https://gw.example".to_owned());
        for body in
            ["https://a.example.com/", "https://a.example:1/", "https://a.example@b/", "https://a.examples"]
        {
            assert_eq!(rewritten(&mut origin, &[body.as_bytes()]), body);
        }
        assert_eq!(rewritten(&mut origin, &[b"https://a.example/"]), "https://gw.example/");
    }

    /// A simpler implementation of the same function for a whole text.
    fn rewritten_at_once(text: &str) -> String {
        let mut rewritten = String::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let forms = ["/", "\\/", "\\u002f", "\\u002F"];
            let spellings =
                forms.iter().flat_map(|a| forms.iter().flat_map(move |b| forms.map(|c| (*a, *b, c))));
            let found = spellings.into_iter().find_map(|(a, b, c)| {
                let after = rest.strip_prefix(&format!("h:{a}{b}e{c}v"))?;
                let next = after.chars().next();
                let ends = match next {
                    Some('\\') if after.starts_with("\\u") => {
                        let digits = after.get(2..6).and_then(|digits| u32::from_str_radix(digits, 16).ok());
                        matches!(digits, Some(0x2f | 0x3f))
                    }
                    Some('\\') => after.len() > 1,
                    Some(next) => "/\"?".contains(next),
                    None => true,
                };
                ends.then(|| (after, a.replace('F', "f")))
            });
            if let Some((after, slash)) = found {
                rewritten.push_str(&"g:/m".replace('/', &slash));
                rest = after;
            } else {
                rewritten.push(first);
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
        rewritten
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(2_000))]
        #[test]
        fn the_pieces_of_a_body_do_not_matter(
            words in proptest::collection::vec(
                proptest::sample::select(&[
                    "h", ":", "/", "\\/", "\\u002f", "\\u002F", "e", "v", "\"", "?", ".", "\\", "u", "\\u003f", "\\u0041",
                    "h://e/v", "h:\\/\\/e\\/v", "h://e", "h:\\u002f/e\\u00",
                ][..]),
                0..24,
            ),
            cuts in proptest::collection::vec(0_usize..80, 0..8),
        ) {
            let body = words.concat();
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(body.len())).chain([0, body.len()]).collect();
            cuts.sort_unstable();
            let pieces: Vec<_> = cuts.windows(2).map(|ends| &body.as_bytes()[ends[0]..ends[1]]).collect();
            let mut links = BodyLinks::new("h://e/v".to_owned(), "g:/m".to_owned());
            proptest::prop_assert_eq!(rewritten(&mut links, &pieces), rewritten_at_once(&body));
        }
    }
}
