//! Character encodings, and whether a body in one of them can be searched.

use super::list;
use super::media_type::essence;

/// The beginnings of the labels of encodings that write ASCII characters as ASCII bytes (Encoding Standard §4.2, IANA's
/// registry of character sets). Some servers use `binary` for data that is not text.
const ASCII_COMPATIBLE: &[&str] = &[
    "ansi_x3.4-1968",
    "ascii",
    "big5",
    "binary",
    "cp1250",
    "cp1251",
    "cp1252",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp1257",
    "cp1258",
    "cp866",
    "euc-",
    "gb18030",
    "gb2312",
    "gbk",
    "ibm866",
    "iso-8859-",
    "iso8859-",
    "iso_8859-",
    "koi8-",
    "ks_c_5601",
    "latin",
    "macintosh",
    "shift-jis",
    "shift_jis",
    "sjis",
    "tis-620",
    "us-ascii",
    "utf-8",
    "utf8",
    "windows-125",
    "windows-31j",
    "windows-874",
    "x-mac-",
    "x-sjis",
];

/// The byte order marks of encodings that are not compatible with ASCII: UTF-16 and UTF-32 in both byte orders, UTF-7,
/// UTF-EBCDIC, UTF-1, SCSU and BOCU-1 (Unicode Standard §23.8, and the Unicode technical notes of each); and the
/// beginning of an XML declaration in EBCDIC (XML 1.0, appendix F).
const UNSEARCHABLE_MARKS: &[&[u8]] = &[
    b"\xfe\xff",
    b"\xff\xfe",
    b"\x00\x00\xfe\xff",
    b"+/v8",
    b"+/v9",
    b"+/v+",
    b"+/v/",
    b"\xdd\x73\x66\x73",
    b"\xf7\x64\x4c",
    b"\x0e\xfe\xff",
    b"\xfb\xee\x28",
    b"\x4c\x6f\xa7\x94",
];

/// Which of the first bytes are zero in an ASCII text in UTF-16 or UTF-32, for each byte at which a part can begin.
const ZEROS: &[[bool; LOOKED_AT]] = &[
    [false, true, false, true],
    [true, false, true, false],
    [false, true, true, true],
    [true, false, true, true],
    [true, true, false, true],
    [true, true, true, false],
];

/// The number of bytes that [`is_unsearchable`] needs.
pub const LOOKED_AT: usize = 4;

/// Substrings of the names of textual media types. Other types are not judged by their first bytes, because a video can
/// begin with zeros too.
const TEXTS: &[&str] = &[
    "text/",
    "json",
    "xml",
    "javascript",
    "ecmascript",
    "yaml",
    "graphql",
    "x-www-form-urlencoded",
    "/sql",
    "/toml",
];

/// Whether a body with this `Content-Type` can be a text.
#[must_use]
pub fn is_text(content_type: Option<&str>) -> bool {
    content_type.is_none_or(|content_type| {
        let essence = essence(content_type).to_ascii_lowercase();
        essence.is_empty() || TEXTS.iter().any(|part| essence.contains(part))
    })
}

/// Whether a body with this `Content-Type` can be searched for ASCII text: every charset that it names is compatible
/// with ASCII (RFC 9110 §8.3.2).
#[must_use]
pub fn is_searchable(content_type: &str) -> bool {
    // Several `Content-Type` headers are joined into one list, and clients differ in which one they use. So all of them
    // are checked.
    let mut parameters = content_type.split([';', ',']);
    parameters.all(|parameter| charset_of(parameter).is_none_or(is_ascii_compatible))
}

/// Whether a text with this beginning is in an encoding that is not compatible with ASCII, by its byte order mark or by
/// [`has_zeros`].
#[must_use]
pub fn is_unsearchable(beginning: &[u8]) -> bool {
    has_zeros(beginning) || UNSEARCHABLE_MARKS.iter().any(|mark| beginning.starts_with(mark))
}

/// Whether there are zeros between the first ASCII characters, as in UTF-16 and UTF-32 without a byte order mark. This
/// also works for a part from the middle of a text.
#[must_use]
pub fn has_zeros(part: &[u8]) -> bool {
    part.len() >= LOOKED_AT && begins_like_zeros(part)
}

/// Whether [`has_zeros`] can become true for a longer part with this beginning.
#[must_use]
pub fn can_have_zeros(beginning: &[u8]) -> bool {
    beginning.len() < LOOKED_AT && begins_like_zeros(beginning)
}

/// Whether the first bytes, as many as there are, agree with one of [`ZEROS`].
fn begins_like_zeros(part: &[u8]) -> bool {
    let is_like = |(byte, zero): (&u8, &bool)| if *zero { *byte == 0 } else { matches!(byte, b'\t'..=b'~') };
    ZEROS.iter().any(|zeros| part.iter().zip(zeros).all(is_like))
}

/// The `Accept` header without charsets that are not compatible with ASCII (RFC 9110 §12.5.1).
#[must_use]
pub fn without_unsearchable(accept: &str) -> String {
    let range = |range: &str| {
        let parameters = list::members(range, ';').into_iter();
        let kept = parameters.filter(|parameter| charset_of(parameter).is_none_or(is_ascii_compatible));
        kept.collect::<Vec<_>>().join(";")
    };
    if is_searchable(accept) {
        return accept.to_owned();
    }
    list::members(accept, ',').into_iter().map(range).collect::<Vec<_>>().join(", ")
}

/// The label in a `charset` parameter, without quotes.
fn charset_of(parameter: &str) -> Option<&str> {
    let (name, value) = parameter.split_once('=')?;
    name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']).trim())
}

fn is_ascii_compatible(label: &str) -> bool {
    let label = label.to_ascii_lowercase();
    ASCII_COMPATIBLE.iter().any(|known| label.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_48_an_encoding_that_cannot_be_searched_is_told() {
        for (content_type, searchable) in [
            ("text/html", true),
            ("text/plain; charset=utf-8", true),
            ("text/plain;CHARSET=\"UTF-8\"", true),
            ("text/html; charset=windows-1252", true),
            ("text/html; x=y; charset=Shift_JIS", true),
            ("image/png; charset=binary", true),
            ("text/html; charset=utf-16", false),
            ("text/html; charset=UTF-16LE", false),
            ("text/html; charset = 'utf-16'", false),
            ("text/html; charset=windows-1200", false),
            ("text/html; charset=utf-8; charset=utf-16", false),
            ("text/html; x=\";charset=utf-8\"; charset=utf-16", false),
            ("text/html; charset=utf-8, text/html; charset=utf-16", false),
            ("application/json;charset=utf-32", false),
            ("text/html; charset=utf-7", false),
            ("text/html; charset=iso-2022-jp", false),
            ("text/html; charset=hz-gb-2312", false),
            ("text/html; charset=IBM037", false),
            ("text/html; charset=cp1026", false),
            ("text/html; charset=x-user-made", false),
            ("text/html; charset=", false),
        ] {
            assert_eq!(is_searchable(content_type), searchable, "{content_type}");
        }
    }

    #[test]
    fn what_is_no_text_is_not_judged_by_its_first_bytes() {
        for (content_type, expected) in [
            ("text/plain", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/vnd.api+json", true),
            ("image/svg+xml", true),
            ("", true),
            ("video/mp4", false),
            ("application/octet-stream", false),
            ("application/grpc-web+proto", false),
        ] {
            assert_eq!(is_text(Some(content_type)), expected, "{content_type}");
        }
        assert!(is_text(None));
    }

    #[test]
    fn case_48_a_foreign_encoding_is_told_by_its_first_bytes() {
        for foreign in [
            &b"\xff\xfea\0"[..],
            b"\xff\xfe",
            b"\xfe\xff\0a",
            b"\0\0\xfe\xff",
            b"+/v8",
            b"\xdd\x73\x66\x73",
            b"\x4c\x6f\xa7\x94",
            b"{\0\"\0",
            b"\0{\0\"",
            b"{\0\0\0",
            b"\0{\0\0",
            b"\0\0{\0",
            b"\0\0\0{",
        ] {
            assert!(is_unsearchable(foreign), "{foreign:?}");
        }
        for plain in [
            &b""[..],
            b"a",
            b"{\"a\"",
            b"\xef\xbb\xbfa",
            b"\x89PNG",
            b"\0\0\0\0",
            b"PK\x03\x04",
            b"+/vx",
            b"\x01\0\x02\0",
        ] {
            assert!(!is_unsearchable(plain), "{plain:?}");
        }
    }

    #[test]
    fn case_48_an_accept_header_asks_for_no_foreign_charset() {
        for (accept, expected) in [
            ("application/json;charset=UTF-16", "application/json"),
            ("application/json; charset=utf-8", "application/json; charset=utf-8"),
            ("text/html; Charset=utf-7 ;q=0.5, */*;q=0.1", "text/html;q=0.5, */*;q=0.1"),
            ("application/json", "application/json"),
            ("text/html;charset=\"utf-16\"", "text/html"),
            (
                "application/ld+json; profile=\"https://a.example/x,y\"; charset=utf-16, text/html",
                "application/ld+json;profile=\"https://a.example/x,y\", text/html",
            ),
            (
                "application/ld+json; profile=\"https://a.example/x,y\"",
                "application/ld+json; profile=\"https://a.example/x,y\"",
            ),
        ] {
            assert_eq!(without_unsearchable(accept), expected, "{accept}");
        }
    }
}
