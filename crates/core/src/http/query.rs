//! The query of a request. Parameters are removed and added; all others keep their bytes.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

/// All but the unreserved characters (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One parameter of a query, still encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// The name and the value, without the separator.
    raw: &'a str,
}

impl<'a> Parameter<'a> {
    /// The name, decoded as servers decode forms: `+` is a space, and escapes are decoded once.
    #[must_use]
    pub fn name(self) -> Cow<'a, [u8]> {
        decode_form(self.raw.split('=').next().unwrap_or(self.raw))
    }

    /// The whole parameter, decoded like the name.
    #[must_use]
    pub fn decoded(self) -> Cow<'a, [u8]> {
        decode_form(self.raw)
    }

    /// The value, decoded like the name; empty if there is no `=`.
    #[must_use]
    pub fn value(self) -> Cow<'a, [u8]> {
        decode_form(self.raw.split_once('=').map_or("", |(_, value)| value))
    }
}

/// The parameters of a query. `;` is a separator too, because some servers read it as one.
pub fn parameters(query: &str) -> impl Iterator<Item = Parameter<'_>> {
    query.split(['&', ';']).map(|raw| Parameter { raw })
}

/// The query without the parameters for which `drops` is true, each removed with one separator; `None` if nothing is
/// left.
pub fn without(query: &str, drops: impl Fn(Parameter<'_>) -> bool) -> Option<Cow<'_, str>> {
    if !parameters(query).any(&drops) {
        return Some(Cow::Borrowed(query));
    }
    let mut kept = String::with_capacity(query.len());
    let mut first = true;
    for piece in query.split_inclusive(['&', ';']) {
        let raw = piece.strip_suffix(['&', ';']).unwrap_or(piece);
        if drops(Parameter { raw }) {
            continue;
        }
        // A piece includes the separator that follows it, so `kept` ends with one unless the last piece was kept.
        if !first && !kept.ends_with(['&', ';']) {
            kept.push('&');
        }
        kept.push_str(piece);
        first = false;
    }
    // Removes the separator of the last kept piece, unless the query itself ended with one.
    if !query.ends_with(['&', ';']) && kept.ends_with(['&', ';']) {
        kept.pop();
    }
    (!first).then_some(Cow::Owned(kept))
}

/// Appends `name=value` to a query, both percent-encoded.
pub fn append(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    append_value(query, name);
    query.push('=');
    append_value(query, value);
}

/// Appends a name or a value, percent-encoded.
pub fn append_value(query: &mut String, value: &str) {
    query.extend(utf8_percent_encode(value, RESERVED));
}

/// Whether some server treats two decoded names as the same parameter.
///
/// ASP.NET ignores case. PHP drops spaces before a name, ends it at a NUL, and reads `.` and spaces as `_`. PHP, Rack
/// and the `qs` of Express read `key[]` and `key[0]` as members of `key`; beside a `key`, these replace it, form a list
/// with it, or make the request invalid.
#[must_use]
pub fn is_same_name(name: &[u8], other: &[u8]) -> bool {
    folded(name).eq(folded(other))
}

fn folded(name: &[u8]) -> impl Iterator<Item = u8> {
    let mut first = true;
    let name = name.iter().copied().skip_while(|byte| *byte == b' ');
    let name = name.take_while(move |byte| {
        // A bracket at the beginning belongs to the name.
        let ends = *byte == 0 || (*byte == b'[' && !first);
        first = false;
        !ends
    });
    name.map(|byte| if matches!(byte, b'.' | b' ') { b'_' } else { byte.to_ascii_lowercase() })
}

/// A name or a value decoded as servers decode forms: `+` is a space, escapes are decoded once.
#[must_use]
pub fn decode_form(raw: &str) -> Cow<'_, [u8]> {
    if raw.contains('+') {
        let spaced = raw.replace('+', " ");
        return Cow::Owned(percent_decode(spaced.as_bytes()).collect());
    }
    percent_decode(raw.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_key(query: &str) -> Option<String> {
        without(query, |parameter| *parameter.name() == *b"key").map(Cow::into_owned)
    }

    #[test]
    fn case_9_leaves_a_query_without_the_parameter_as_it_is() {
        let many = "p=&".repeat(10_001);
        for query in ["a=1&a=2;b=3", "a=%zz", "", "&", "a&&b", "=", "keys=1&xkey=2&KEY=3", "a=key=1", &many] {
            assert_eq!(without_key(query).as_deref(), Some(query), "{query}");
        }
    }

    #[test]
    fn case_10_finds_the_parameter_in_every_spelling() {
        for (query, rest) in [
            ("key=1", None),
            ("key", None),
            ("%6Bey=1", None),
            ("%6b%65%79=1", None),
            ("a=1&key=2", Some("a=1")),
            ("key=2&a=1", Some("a=1")),
            ("a=1&key=2&b=3", Some("a=1&b=3")),
            ("a=1;key=2;b=3", Some("a=1;b=3")),
            ("a=1;key=2&b=3", Some("a=1;b=3")),
            ("key=1&key=2;key=3", None),
            ("key=1&", None),
            ("a=1&key=2&", Some("a=1&")),
        ] {
            assert_eq!(without_key(query).as_deref(), rest, "{query}");
        }
        let spaced = without("a+b=1&a%20b=2&c=3", |parameter| *parameter.name() == *b"a b");
        assert_eq!(spaced.as_deref(), Some("c=3"));
    }

    #[test]
    fn case_10_names_that_a_server_files_under_one_parameter_are_the_same() {
        for name in ["key", "Key", "KEY", "key[]", "key[0]", "key[a][b]", "key[", " key", "key\0x", "kEy[]"] {
            assert!(is_same_name(name.as_bytes(), b"key"), "{name:?}");
        }
        for name in ["", "[key]", "keys", "ke", "key_", "key.x", "xkey", "key ", "[]", "key]"] {
            assert!(!is_same_name(name.as_bytes(), b"key"), "{name:?}");
        }
        assert!(is_same_name(b"api.key", b"api_key"));
        assert!(is_same_name(b"api key[]", b"API_key"));
        assert!(!is_same_name(b"api-key", b"api_key"));
        assert!(is_same_name(b"[key]", b"[Key]"));
    }

    #[test]
    fn cases_10_and_26_append_the_parameter_last_and_encoded() {
        let mut query = "a=1".to_owned();
        append(&mut query, "api key", "a&b=c+d%20${x} é~-._");
        assert_eq!(query, "a=1&api%20key=a%26b%3Dc%2Bd%2520%24%7Bx%7D%20%C3%A9~-._");
        let mut empty = String::new();
        append(&mut empty, "key", "v");
        assert_eq!(empty, "key=v");
    }

    proptest::proptest! {
        #[test]
        fn what_is_left_is_what_was_kept_in_its_order(query in "[ak=&;%6be y+]{0,24}") {
            let named = |parameter: Parameter<'_>| *parameter.name() == *b"k";
            let rest = without(&query, named).unwrap_or_default();
            let kept: Vec<_> = parameters(&query).filter(|parameter| !named(*parameter)).map(|parameter| parameter.raw).filter(|raw| !raw.is_empty()).collect();
            let left: Vec<_> = parameters(&rest).map(|parameter| parameter.raw).filter(|raw| !raw.is_empty()).collect();
            proptest::prop_assert_eq!(kept, left);
        }
    }
}
