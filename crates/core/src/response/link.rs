//! Rewrites links in the head of a response, such as those of `Location`, `Link` and `Refresh`: links to the upstream
//! lead to the mount, and no link contains a credential. [`edits`](super::edits) picks the headers.

use std::borrow::Cow;

use percent_encoding::percent_decode;

use crate::configuration::UpstreamUrl;
use crate::http::query;
use crate::response::body_links::BodyLinks;
use crate::secret_value::{SecretValue, occurs};

/// How many times a text is decoded in the search for a secret. A link within a link within a link is decoded three
/// times.
const DECODINGS: usize = 4;

/// The most targets of one `Link` header, and the most bytes that all of them together become longer. Each target is
/// written out in full: without a limit, a header of `<?>,<?>` becomes thousands of copies of the request's URL.
const MOST_TARGETS: usize = 64;
const MOST_GROWTH: usize = 16 * 1024;

/// The data for rewriting links.
pub struct Links<'a> {
    /// The URL that was requested, without the injected parameters. Relative links are resolved against it.
    pub request_url: SecretValue,
    /// The upstream whose links are changed to the mount.
    pub upstream: &'a UpstreamUrl,
    /// Its base path with the injected values; `None` if none was injected.
    pub filled_base: Option<SecretValue>,
    /// The mount of the request: scheme, host and prefix, without a slash at the end.
    pub mount: String,
    /// The names of the query parameters that were injected.
    pub parameters: Vec<&'a str>,
    /// The values that were injected.
    pub values: &'a [(&'a str, SecretValue)],
}

impl Links<'_> {
    /// The rewriter for links in the response's body.
    #[must_use]
    pub fn in_body(&self) -> BodyLinks {
        BodyLinks::new(format!("{}{}", self.upstream.origin, self.upstream.base), self.mount.clone())
    }

    /// The reference for the caller; `None` if it would contain a credential.
    ///
    /// `resolve` returns the absolute URL of a reference, as the URL Standard defines it.
    pub fn rewrite_reference(
        &self,
        reference: &str,
        resolve: &dyn Fn(&str) -> Option<String>,
    ) -> Option<String> {
        let Some(url) = resolve(reference) else {
            // No client can resolve it, but it may contain a secret.
            return (!self.holds_secret(reference)).then(|| reference.to_owned());
        };
        let own = url.strip_prefix(self.upstream.origin.as_ref()).filter(|rest| rest.starts_with('/'));
        if let Some(base) = &self.filled_base
            && let Some(below) = own.and_then(|path| path.strip_prefix(base.expose()))
            && is_whole(below)
        {
            return Some(format!("{}{}", self.mount, self.without_credential(below, true)?));
        }
        let cleaned = self.without_credential(&url, own.is_some())?;
        let own = cleaned.strip_prefix(self.upstream.origin.as_ref()).filter(|_| own.is_some());
        let below = own.and_then(|path| path.strip_prefix(self.upstream.base.as_ref()));
        match below.filter(|rest| is_whole(rest)) {
            Some(rest) => Some(format!("{}{rest}", self.mount)),
            // At the gateway, a relative link out of the base path would lead to another mount.
            None if own.is_some() || cleaned != url => Some(cleaned.into_owned()),
            // The unparsed text is checked too, because parsing changes it, for example the case of its host.
            None => (!self.holds_secret(reference)).then(|| reference.to_owned()),
        }
    }

    /// The `Link` header for the caller (RFC 8288 §3); `None` if it would contain a credential, where clients could
    /// disagree on its targets, and if it has too many targets.
    pub fn rewrite_link_header(
        &self,
        value: &str,
        resolve: &dyn Fn(&str) -> Option<String>,
    ) -> Option<String> {
        let rewritten = rewrite_targets(value, |target| self.rewrite_reference(target, resolve))?;
        // The parameters of a link are searched too; one of them, `anchor`, is a URL.
        (!self.holds_secret(&rewritten)).then_some(rewritten)
    }

    /// The `Refresh` header for the caller: seconds, and after `; url=` a link that browsers follow like a `Location`
    /// (HTML, "shared declarative refresh steps"). `None` if it would contain a credential, and for other forms of
    /// the header.
    pub fn rewrite_refresh(&self, value: &str, resolve: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        let Some((seconds, target)) = value.split_once(';') else {
            return value.bytes().all(|byte| byte.is_ascii_digit()).then(|| value.to_owned());
        };
        let (name, target) = target.split_once('=')?;
        if !name.trim().eq_ignore_ascii_case("url") || !seconds.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let target = target.trim().trim_matches(['"', '\'']);
        Some(format!("{seconds}; url={}", self.rewrite_reference(target, resolve)?))
    }

    fn without_credential<'u>(&self, url: &'u str, own: bool) -> Option<Cow<'u, str>> {
        let (rest, fragment) = match url.split_once('#') {
            Some((rest, fragment)) => (rest, Some(fragment)),
            None => (url, None),
        };
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        if self.holds_secret(path) {
            return None;
        }
        let injected = |name: &[u8]| {
            self.parameters.iter().any(|parameter| query::is_same_name(name, parameter.as_bytes()))
        };
        let kept = query.and_then(|query| {
            query::without(query, |parameter| {
                let (name, value) = (parameter.name(), parameter.value());
                (own && injected(&name)) || self.holds_secret_bytes(&name) || self.holds_secret_bytes(&value)
            })
        });
        let fragment = fragment.filter(|fragment| !self.holds_secret(fragment));
        let mut cleaned = path.to_owned();
        for (mark, text) in [('?', kept.as_deref()), ('#', fragment)] {
            if let Some(text) = text {
                cleaned.push(mark);
                cleaned.push_str(text);
            }
        }
        // A secret may span two parameters.
        if self.holds_secret(&cleaned) {
            return None;
        }
        Some(if cleaned == url { Cow::Borrowed(url) } else { Cow::Owned(cleaned) })
    }

    fn holds_secret(&self, text: &str) -> bool {
        self.holds_secret_bytes(text.as_bytes())
    }

    fn holds_secret_bytes(&self, text: &[u8]) -> bool {
        let mut text = Cow::Borrowed(text);
        for _ in 0..=DECODINGS {
            let holds =
                |(_, value): &(&str, SecretValue)| occurs(value.expose().as_bytes(), &text, |byte| byte);
            if self.values.iter().any(holds) {
                return true;
            }
            let decoded: Vec<u8> = percent_decode(&text).collect();
            if decoded == *text {
                break;
            }
            text = Cow::Owned(decoded);
        }
        false
    }
}

/// Whether a prefix of a URL that this rest follows ends with a whole segment of its path.
fn is_whole(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(['/', '?', '#'])
}

/// Rewrites the targets; `None` where `rewrite` returns `None` for one of them, and if there are too many.
fn rewrite_targets(value: &str, rewrite: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut rewritten = String::with_capacity(value.len());
    let mut rest = value;
    for _ in 0..=MOST_TARGETS {
        let (before, after) = split_at_target(rest)?;
        let Some(after) = after else {
            rewritten.push_str(before);
            return Some(rewritten);
        };
        let (target, after) = after.split_once('>')?;
        rewritten.push_str(before);
        rewritten.push_str(&rewrite(target.trim())?);
        rewritten.push('>');
        rest = after;
        if rewritten.len() + rest.len() > value.len() + MOST_GROWTH {
            return None;
        }
    }
    None
}

/// Splits the text after the next `<` outside a quoted string. `None` if a quoted string is not closed, because a
/// lenient client would find targets in it.
fn split_at_target(text: &str) -> Option<(&str, Option<&str>)> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'<' if !quoted => {
                return text.split_at_checked(at + 1).map(|(before, after)| (before, Some(after)));
            }
            b'"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = quoted && byte == b'\\' && !escaped;
    }
    (!quoted).then_some((text, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewrite(reference: &str) -> Option<String> {
        let request_url = "https://api.example.com/base/v1/list?page=1";
        let upstream = UpstreamUrl::parse("https://api.example.com/base").unwrap();
        let values = [("api", SecretValue::new("s3cr3t/+ key".to_owned()))];
        let links = Links {
            request_url: SecretValue::new(request_url.to_owned()),
            upstream: &upstream,
            filled_base: None,
            mount: "https://gw.example.com/api".to_owned(),
            parameters: vec!["key"],
            values: &values,
        };
        links.rewrite_reference(reference, &|reference| {
            url::Url::parse(request_url).unwrap().join(reference).ok().map(|url| url.as_str().to_owned())
        })
    }

    #[test]
    fn case_31_a_link_into_the_upstream_leads_to_the_mount() {
        for (reference, expected) in [
            ("https://api.example.com/base/v1/x?a=1#f", "https://gw.example.com/api/v1/x?a=1#f"),
            ("https://API.example.com:443/base/v1/x", "https://gw.example.com/api/v1/x"),
            ("//api.example.com/base/v1", "https://gw.example.com/api/v1"),
            ("/base/v1/x", "https://gw.example.com/api/v1/x"),
            ("/base", "https://gw.example.com/api"),
            ("/base?x=1", "https://gw.example.com/api?x=1"),
            ("x", "https://gw.example.com/api/v1/x"),
            ("../x", "https://gw.example.com/api/x"),
            ("?page=2", "https://gw.example.com/api/v1/list?page=2"),
        ] {
            assert_eq!(rewrite(reference).as_deref(), Some(expected), "{reference}");
        }
    }

    #[test]
    fn case_31_a_link_elsewhere_is_left_alone() {
        for reference in [
            "https://other.example.com/base/v1",
            "https://api.example.com.evil.com/base",
            "https://api.example.com:8443/base/v1",
            "http://api.example.com/base/v1",
            "https://other.example.com/?key=public",
            "mailto:someone@example.com",
            "https://api.example.com/other",
            "https://api.example.com/basement",
            "https://[broken",
        ] {
            assert_eq!(rewrite(reference).as_deref(), Some(reference), "{reference}");
        }
    }

    #[test]
    fn case_31_a_relative_link_out_of_the_base_path_says_where_it_leads() {
        assert_eq!(rewrite("/other?x").as_deref(), Some("https://api.example.com/other?x"));
        assert_eq!(rewrite("../../other").as_deref(), Some("https://api.example.com/other"));
    }

    #[test]
    fn case_31_no_link_holds_a_credential_in_any_encoding() {
        for (reference, expected) in [
            ("/base/x?a=1&key=s3cr3t&b=2", Some("https://gw.example.com/api/x?a=1&b=2")),
            ("/base/x?%6Bey=anything", Some("https://gw.example.com/api/x")),
            ("/base/x?other=s3cr3t%2F%2B+key", Some("https://gw.example.com/api/x")),
            ("https://other.example.com/?a=1&t=s3cr3t%2f%2b%20key", Some("https://other.example.com/?a=1")),
            (
                "https://other.example.com/?u=https%3A%2F%2Fa%2F%3Fkey%3Ds3cr3t%252F%252B%2520key",
                Some("https://other.example.com/"),
            ),
            ("https://other.example.com/x#s3cr3t%2F+%20key", Some("https://other.example.com/x")),
            ("https://other.example.com/s3cr3t%2F%2B%20key/x", None),
            ("https://[s3cr3t/+ key", None),
        ] {
            assert_eq!(rewrite(reference).as_deref(), expected, "{reference}");
        }
    }

    #[test]
    fn case_31_every_target_of_a_link_header_is_rewritten() {
        let value = r#"</base/v1?page=2>; rel="next", <https://o.example/>; title="a <b> \" <c>", < /base/x >;rel=last"#;
        assert_eq!(
            rewrite_targets(value, rewrite).as_deref(),
            Some(
                r#"<https://gw.example.com/api/v1?page=2>; rel="next", <https://o.example/>; title="a <b> \" <c>", <https://gw.example.com/api/x>;rel=last"#
            )
        );
        assert_eq!(rewrite_targets("<https://o.example/s3cr3t%2F%2B%20key>; rel=next", rewrite), None);
        assert_eq!(rewrite_targets("<https://o.example/", rewrite), None);
        assert_eq!(rewrite_targets("<https://o.example/>; title=\"x, </base/v1>; rel=next", rewrite), None);
        assert_eq!(rewrite_targets("", rewrite).as_deref(), Some(""));
    }

    #[test]
    fn case_75_a_link_header_with_too_many_targets_is_removed() {
        let long = "x".repeat(MOST_GROWTH);
        for (count, target, is_kept) in [
            (MOST_TARGETS, "https://a.example/", true),
            (MOST_TARGETS + 1, "https://a.example/", false),
            (10_000, "", false),
            (1, long.get(1..).unwrap_or_default(), true),
            (2, long.as_str(), false),
        ] {
            let calls = std::cell::Cell::new(0);
            let rewrite = |_: &str| {
                calls.set(calls.get() + 1);
                Some(target.to_owned())
            };
            let value = vec!["<>"; count].join(",");
            assert_eq!(rewrite_targets(&value, rewrite).is_some(), is_kept, "{count}");
            assert!(calls.get() <= MOST_TARGETS + 1, "{count}");
        }
        // The length of the header itself does not matter.
        let value = format!("<https://a.example/{}>", "x".repeat(50_000));
        assert_eq!(rewrite_targets(&value, |target| Some(target.to_owned())), Some(value.clone()));
    }
}
