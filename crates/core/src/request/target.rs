//! The target of a request: host, path and query, from one parse of its URL.

use crate::http::host::Host;
use crate::http::path::CanonicalPath;
use crate::refusal::Code;

/// The parts of a request's URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// `http` or `https`.
    pub scheme: &'a str,
    /// The host, which is the same in the URL and in the `Host` header.
    pub host: Host,
    /// The path, which can be read in only one way.
    pub path: CanonicalPath<'a>,
    /// The text after the `?`, unchanged.
    pub query: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// Splits the URL into its parts, and normalises nothing.
    ///
    /// The runtime routes by the host of the URL, and the caller writes the `Host` header. Where a runtime builds the
    /// URL from the header, a crafted header could add a path to it. So both must be valid hosts, and equal (RFC 9112
    /// §3.2). A request over a service binding has no `Host` header; its URL is the one that the other Worker wrote.
    pub fn parse(url: &'a str, host_header: Option<&str>) -> Result<Self, Code> {
        let (scheme, rest) = url.split_once("://").ok_or(Code::InvalidHost)?;
        let default_port = match scheme {
            "https" => 443,
            "http" => 80,
            _ => return Err(Code::InvalidHost),
        };
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end).ok_or(Code::InvalidHost)?;
        let host = Host::parse(authority, default_port).map_err(|_| Code::InvalidHost)?;
        if host_header.is_some_and(|written| Host::parse(written, default_port).as_ref() != Ok(&host)) {
            return Err(Code::InvalidHost);
        }
        let (path, query) = path_and_query(rest)?;
        Ok(Self { scheme, host, path, query })
    }
}

/// Splits a path from the query after it.
///
/// # Errors
/// [`Code::PathAmbiguous`] where one of them can be read in more than one way.
pub fn path_and_query(text: &str) -> Result<(CanonicalPath<'_>, Option<&str>), Code> {
    let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
    // The URL Standard ends a query at `#` and drops line ends, so the query that is sent would differ from the one
    // that was checked.
    if query.is_some_and(|query| query.bytes().any(|byte| matches!(byte, b'#' | ..=b' '))) {
        return Err(Code::PathAmbiguous);
    }
    let path = CanonicalPath::parse(path).map_err(|_| Code::PathAmbiguous)?;
    Ok((path, query))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_url_apart() {
        let target =
            Target::parse("http://GW.example.com:8787/a//b?x=1?y", Some("gw.example.com:8787")).unwrap();
        assert_eq!((target.scheme, target.host.as_str()), ("http", "gw.example.com:8787"));
        assert_eq!((target.path.below(&[]).unwrap().raw(), target.query), ("/a//b", Some("x=1?y")));
        assert_eq!(Target::parse("https://a.b/?", Some("A.B:443")).unwrap().query, Some(""));
    }

    #[test]
    fn case_68_without_the_header_the_host_is_the_url_s() {
        let target = Target::parse("https://gw.example.com/x", None).unwrap();
        assert_eq!(target.host.as_str(), "gw.example.com");
    }

    #[test]
    fn cases_5_6_and_7_refuse_a_host_that_the_url_and_the_header_do_not_agree_on() {
        for (url, header) in [
            ("http://evil/p/zzz?x=/dump", Some("evil/p/zzz?x=")),
            ("http://evil.com/x", Some("gw.example.com")),
            ("http://gw.example.com/x", Some("evil.com")),
            ("http://gw.example.com/x", Some("")),
            ("http://user@gw.example.com/x", Some("gw.example.com")),
            ("http://user:password@gw.example.com/x", Some("user:password@gw.example.com")),
            ("http://gw.example.com*", Some("gw.example.com")),
            ("http://gw.example.com:80/x", Some("gw.example.com:8787")),
            ("https://a.b/x", Some("a.b:80")),
            ("http://a#b/x", Some("a#b")),
            ("http://a b/x", Some("a b")),
            ("http:///x", Some("")),
            ("http:///x", None),
            ("http://u@a.b/x", None),
            ("http://a.b*/x", None),
            ("//a.b/x", Some("a.b")),
            ("file://a.b/x", Some("a.b")),
            ("", Some("a.b")),
        ] {
            assert_eq!(Target::parse(url, header), Err(Code::InvalidHost), "{url} {header:?}");
        }
    }

    #[test]
    fn refuses_a_path_that_is_none() {
        for url in [
            "http://a.b",
            "http://a.b?x",
            "http://a.b#/x",
            "http://a.b\\x",
            "http://a.b/x#y",
            "http://a.b/x?y#z",
        ] {
            assert_eq!(Target::parse(url, Some("a.b")), Err(Code::PathAmbiguous), "{url}");
        }
    }
}
