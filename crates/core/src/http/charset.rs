//! Character encodings, as far as they decide how bytes are read.

/// The beginnings of the labels of encodings in which every byte of an ASCII text is that text (Encoding Standard §4.2,
/// IANA's registry of character sets).
const ASCII_COMPATIBLE: &[&str] = &[
    "ascii",
    "big5",
    "cp125",
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
    "latin1",
    "macintosh",
    "shift-jis",
    "shift_jis",
    "sjis",
    "tis-620",
    "us-ascii",
    "utf-8",
    "utf8",
    "windows-",
    "x-mac-",
    "x-sjis",
];

/// The first bytes of texts in encodings that are not compatible with ASCII: UTF-16 and UTF-32 in both byte orders, UTF-7,
/// UTF-EBCDIC, UTF-1, SCSU and BOCU-1 (Unicode Standard §23.8, and the Unicode technical notes of each).
const FOREIGN_MARKS: &[&[u8]] = &[
    b"\xfe\xff",
    b"\xff\xfe",
    b"\x00\x00\xfe\xff",
    b"+/v",
    b"\xdd\x73\x66\x73",
    b"\xf7\x64\x4c",
    b"\x0e\xfe\xff",
    b"\xfb\xee\x28",
];

/// How many bytes [`is_foreign`] looks at.
pub const LOOKED_AT: usize = 4;

/// The `charset` parameter of a media type, without quotes (RFC 9110 §8.3.2).
#[must_use]
pub fn parameter(content_type: &str) -> Option<&str> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']).trim())
    })
}

/// Whether a text in the encoding with this label can be searched for an ASCII text.
#[must_use]
pub fn is_ascii_compatible(label: &str) -> bool {
    let label = label.to_ascii_lowercase();
    ASCII_COMPATIBLE.iter().any(|known| label.starts_with(known))
}

/// Whether a text that begins so is in an encoding that is not compatible with ASCII: by its byte order mark, or because
/// there are zeros between ASCII characters, as in UTF-16 and UTF-32 without a mark.
#[must_use]
pub fn is_foreign(beginning: &[u8]) -> bool {
    let zeros = |bytes: [bool; LOOKED_AT]| {
        let is_like =
            |(byte, zero): (&u8, bool)| if zero { *byte == 0 } else { matches!(byte, b'\t'..=b'~') };
        let beginning = beginning.get(..LOOKED_AT);
        beginning.is_some_and(|beginning| beginning.iter().zip(bytes).all(is_like))
    };
    FOREIGN_MARKS.iter().any(|mark| beginning.starts_with(mark))
        || zeros([false, true, false, true])
        || zeros([true, false, true, false])
        || zeros([false, true, true, true])
        || zeros([true, true, true, false])
}

/// An `Accept` header that asks for no charset (RFC 9110 §12.5.1); `None` where it has quoted strings.
#[must_use]
pub fn without_charsets(accept: &str) -> Option<String> {
    if accept.contains('"') {
        return None;
    }
    let range = |range: &str| {
        let kept = range.split(';').filter(|parameter| {
            let name = parameter.split('=').next().unwrap_or(parameter);
            !name.trim().eq_ignore_ascii_case("charset")
        });
        kept.collect::<Vec<_>>().join(";")
    };
    Some(accept.split(',').map(range).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_48_an_encoding_that_cannot_be_searched_is_told() {
        for (content_type, searchable) in [
            ("text/plain; charset=utf-8", true),
            ("text/plain;CHARSET=\"UTF-8\"", true),
            ("text/html; charset=windows-1252", true),
            ("text/html; x=y; charset=Shift_JIS", true),
            ("text/html; charset=utf-16", false),
            ("text/html; charset=UTF-16LE", false),
            ("application/json;charset=utf-32", false),
            ("text/html; charset=utf-7", false),
            ("text/html; charset=iso-2022-jp", false),
            ("text/html; charset=hz-gb-2312", false),
            ("text/html; charset=IBM037", false),
            ("text/html; charset=cp1026", false),
            ("text/html; charset=x-user-made", false),
            ("text/html; charset=", false),
        ] {
            let label = parameter(content_type).unwrap();
            assert_eq!(is_ascii_compatible(label), searchable, "{content_type}");
        }
        assert_eq!(parameter("text/html"), None);
    }

    #[test]
    fn case_48_a_foreign_encoding_is_told_by_its_first_bytes() {
        for foreign in [
            &b"\xff\xfea\0"[..],
            b"\xfe\xff\0a",
            b"\0\0\xfe\xff",
            b"+/v8",
            b"\xdd\x73\x66\x73",
            b"{\0\"\0",
            b"\0{\0\"",
            b"{\0\0\0",
            b"\0\0\0{",
        ] {
            assert!(is_foreign(foreign), "{foreign:?}");
        }
        for plain in [
            &b""[..],
            b"a",
            b"{\"a\"",
            b"\xef\xbb\xbfa",
            b"\x89PNG",
            b"\0\0\0\0",
            b"PK\x03\x04",
            b"+/x",
            b"\x01\0\x02\0",
        ] {
            assert!(!is_foreign(plain), "{plain:?}");
        }
    }

    #[test]
    fn case_48_an_accept_header_asks_for_no_charset() {
        for (accept, expected) in [
            ("application/json;charset=UTF-16", Some("application/json")),
            ("text/html; Charset=utf-7 ;q=0.5, */*;q=0.1", Some("text/html;q=0.5, */*;q=0.1")),
            ("application/json", Some("application/json")),
            ("text/html;charset=\"utf-16\"", None),
        ] {
            assert_eq!(without_charsets(accept).as_deref(), expected, "{accept}");
        }
    }
}
