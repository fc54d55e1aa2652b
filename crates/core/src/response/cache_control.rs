//! `Cache-Control` of responses to authenticated requests.

use crate::http::list;

/// Changes `Cache-Control` so that no shared cache stores the response (RFC 9111 §5.2.2).
pub(super) fn private(value: &str) -> String {
    let directives = list::members(value, ',');
    let name = |directive: &str| directive.split('=').next().unwrap_or(directive).trim().to_ascii_lowercase();
    let says = |text: &str| directives.iter().any(|directive| directive.eq_ignore_ascii_case(text));
    // `private="field"` covers one field only, so it is not strict enough. A cache that knows `must-understand` ignores
    // a `no-store` beside it (RFC 9111 §5.2.2.3).
    if says("private") || (says("no-store") && !says("must-understand")) {
        return value.to_owned();
    }
    let kept = directives
        .into_iter()
        .filter(|directive| !matches!(name(directive).as_str(), "public" | "s-maxage" | "private"));
    std::iter::once("private").chain(kept).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_35_an_answer_is_private_unless_it_was_stricter() {
        for (value, expected) in [
            ("", "private"),
            ("public, max-age=60", "private, max-age=60"),
            ("Public,S-MaxAge=60, max-age=5", "private, max-age=5"),
            ("max-age=60", "private, max-age=60"),
            ("no-cache", "private, no-cache"),
            ("private=\"set-cookie, x\", max-age=1", "private, max-age=1"),
            ("ext=\"a, no-store\"", "private, ext=\"a, no-store\""),
            ("ext=\"a\\\", private\"", "private, ext=\"a\\\", private\""),
            ("ext=\"a\", public", "private, ext=\"a\""),
            ("ext=\"ab\", public", "private, ext=\"ab\""),
            ("ext=\"a\\\"b\", public", "private, ext=\"a\\\"b\""),
            ("ext=\"a\\\\\", public", "private, ext=\"a\\\\\""),
            ("a\\, public, b=\"\", public", "private, a\\, b=\"\""),
            ("private, max-age=60", "private, max-age=60"),
            ("No-Store", "No-Store"),
            ("max-age=0, private", "max-age=0, private"),
            ("must-understand, no-store, max-age=9", "private, must-understand, no-store, max-age=9"),
        ] {
            assert_eq!(private(value), expected, "{value}");
        }
    }
}
