//! What a body is.

/// A media type (RFC 9110 §8.3.1), in lower case, with its charset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaType {
    essence: String,
    charset: Option<String>,
}

impl MediaType {
    /// Reads a `Content-Type`; `None` where it is empty.
    #[must_use]
    pub fn parse(value: &str) -> Option<Self> {
        let mut pieces = value.split(';');
        let essence = pieces.next()?.trim().to_ascii_lowercase();
        let charset = pieces.find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            let value = value.trim().trim_matches('"').to_ascii_lowercase();
            name.trim().eq_ignore_ascii_case("charset").then_some(value)
        });
        (!essence.is_empty()).then_some(Self { essence, charset })
    }

    /// Whether it is this type, given in lower case. Whatever ends in `+json` is `application/json` (RFC 6839 §3.1).
    #[must_use]
    pub fn is(&self, known: &str) -> bool {
        self.essence == known || (known == "application/json" && self.essence.ends_with("+json"))
    }

    /// Whether its charset writes ASCII as ASCII and nothing else so, as far as it is known.
    #[must_use]
    pub fn extends_ascii(&self) -> bool {
        self.charset.as_deref().is_none_or(|charset| {
            matches!(charset, "utf-8" | "utf8" | "us-ascii")
                || charset.starts_with("iso-8859-")
                || charset.starts_with("windows-125")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_compared_without_case_and_parameters() {
        for (value, known, expected) in [
            ("application/json", "application/json", true),
            ("Application/JSON ; charset=UTF-8", "application/json", true),
            ("application/vnd.npm.install-v1+json", "application/json", true),
            ("application/vnd.npm.install-v1+json", "application/vnd.npm.install-v1+json", true),
            ("application/json-seq", "application/json", false),
            ("application/xml+json2", "application/json", false),
            ("text/html", "text/plain", false),
        ] {
            assert_eq!(MediaType::parse(value).unwrap().is(known), expected, "{value} {known}");
        }
        assert_eq!(MediaType::parse(""), None);
        assert_eq!(MediaType::parse("; charset=utf-8"), None);
    }

    #[test]
    fn a_charset_that_is_not_known_is_not_read() {
        for (value, expected) in [
            ("text/html", true),
            ("text/html; charset=utf-8", true),
            ("text/html; a=b; CHARSET=\"UTF-8\"", true),
            ("text/html; charset=iso-8859-1", true),
            ("text/html;charset=windows-1252", true),
            ("text/html; charset=utf-16", false),
            ("text/html; charset=iso-2022-jp", false),
            ("text/html; charset=utf-7", false),
            ("text/html; charset=shift_jis", false),
        ] {
            assert_eq!(MediaType::parse(value).unwrap().extends_ascii(), expected, "{value}");
        }
    }
}
