//! The `Cookie` and `Set-Cookie` headers.

/// The `Cookie` header without the pairs for which `drops` is true.
#[must_use]
pub fn without_cookies(value: &str, drops: impl Fn(&str) -> bool) -> String {
    value.split(';').map(str::trim).filter(|pair| !drops(pair)).collect::<Vec<_>>().join("; ")
}

/// The `Set-Cookie` line without `Domain`, so that the browser returns the cookie only to the host that the caller used
/// (RFC 6265 §5.2.3).
#[must_use]
pub fn without_domain(cookie: &str) -> String {
    let is_domain = |attribute: &str| {
        attribute.split('=').next().unwrap_or(attribute).trim().eq_ignore_ascii_case("domain")
    };
    let mut pieces = cookie.split(';');
    let pair = pieces.next().unwrap_or_default();
    let kept = pieces.filter(|attribute| !is_domain(attribute));
    std::iter::once(pair).chain(kept).collect::<Vec<_>>().join(";")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_header_loses_the_pairs_that_are_dropped() {
        for (value, expected) in
            [("a=1; b=2;c=3", "a=1; c=3"), ("b=1", ""), ("a=1", "a=1"), ("b=1; a=b", "a=b")]
        {
            assert_eq!(without_cookies(value, |pair| pair.starts_with("b=")), expected, "{value}");
        }
    }

    #[test]
    fn case_19_drops_the_domain_in_every_spelling() {
        for (cookie, expected) in [
            ("a=1; Domain=example.com; Path=/", "a=1; Path=/"),
            ("a=1; domain = .example.com", "a=1"),
            ("a=1;DOMAIN;Secure", "a=1;Secure"),
            ("a=1; Domain=x; Domain=y; HttpOnly", "a=1; HttpOnly"),
            ("Domain=1; Path=/", "Domain=1; Path=/"),
            ("a=domain=x; Path=/domain=x", "a=domain=x; Path=/domain=x"),
        ] {
            assert_eq!(without_domain(cookie), expected, "{cookie}");
        }
    }
}
