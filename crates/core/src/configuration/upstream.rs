//! Upstreams and their URLs.
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::template::Template;
use super::text::Text;
use crate::secret_value::SecretValue;

/// All characters except the unreserved ones and the colon, which many tokens contain (RFC 3986 §3.3).
const RESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');

/// A route's `upstream`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum Upstream {
    /// Known at build time.
    Fixed(UpstreamUrl),
    /// It has variables, so it is assembled and parsed for each request.
    Variable(Template),
}

/// An origin and a base path, in a spelling that no URL parser changes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct UpstreamUrl {
    /// `https://api.stripe.com`: scheme, host, and the port unless it is the default. No slash at the end.
    pub origin: Text,
    /// Empty, or a path that starts with a slash and does not end with one. It may contain `{name}`, which a placement
    /// of the route's auth fills in.
    pub base: Text,
}

/// The reason why a text is not an upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is what its message says")]
pub enum InvalidUpstream {
    Scheme,
    PlainHttp,
    UserInformation,
    Host,
    NumericHost,
    TrailingDot,
    Port,
    Path,
    Query,
    Fragment,
}

impl fmt::Display for InvalidUpstream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Scheme => "an upstream starts with `https://`",
            Self::PlainHttp => "plain `http://` is allowed for loopback only",
            Self::UserInformation => "an upstream cannot have a user name or password",
            Self::Host => "the host is not a lower-case host name or an IP address",
            Self::NumericHost => "an IPv4 address is four decimal numbers without leading zeros",
            Self::TrailingDot => "the host ends with a dot",
            Self::Port => "the port is not a number from 1 to 65535",
            Self::Path => {
                "the base path contains a character, an escape or a segment that URL parsers change"
            }
            Self::Query => "an upstream has no query",
            Self::Fragment => "an upstream has no fragment",
        })
    }
}

impl std::error::Error for InvalidUpstream {}

impl UpstreamUrl {
    /// Accepts `scheme://host[:port][/path]` where every URL parser agrees on what each part is.
    pub fn parse(text: &str) -> Result<Self, InvalidUpstream> {
        if text.contains('#') {
            return Err(InvalidUpstream::Fragment);
        }
        if text.contains('?') {
            return Err(InvalidUpstream::Query);
        }
        let (secure, rest) = if let Some(rest) = text.strip_prefix("https://") {
            (true, rest)
        } else if let Some(rest) = text.strip_prefix("http://") {
            (false, rest)
        } else {
            return Err(InvalidUpstream::Scheme);
        };
        let (authority, path) = match rest.find('/').and_then(|at| rest.split_at_checked(at)) {
            Some(parts) => parts,
            None => (rest, ""),
        };
        if authority.contains('@') {
            return Err(InvalidUpstream::UserInformation);
        }
        let (host, port) = split_port(authority)?;
        let loopback = check_host(host)?;
        if !secure && !loopback {
            return Err(InvalidUpstream::PlainHttp);
        }
        let base = path.strip_suffix('/').unwrap_or(path);
        check_base(base)?;
        let scheme = if secure { "https" } else { "http" };
        let default_port = if secure { 443 } else { 80 };
        let port = port.filter(|port| *port != default_port).map(|port| format!(":{port}"));
        Ok(Self {
            origin: Text::Owned(format!("{scheme}://{host}{}", port.unwrap_or_default())),
            base: Text::Owned(base.to_owned()),
        })
    }
}

impl UpstreamUrl {
    /// The names in braces in the base path.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        self.base.split('{').skip(1).filter_map(|piece| piece.split_once('}')).map(|(name, _)| name)
    }

    /// The base path with these values, percent-encoded, instead of their placeholders.
    #[must_use]
    pub fn base_with(&self, values: &[(&str, SecretValue)]) -> SecretValue {
        let room: usize = values.iter().map(|(_, value)| 3 * value.expose().len()).sum();
        // Reserving the whole length avoids reallocation, which would leave copies of a secret in freed memory.
        let mut base = String::with_capacity(self.base.len() + room);
        for piece in self.base.split_inclusive('}') {
            let Some((before, name)) = piece.split_once('{') else {
                base.push_str(piece);
                continue;
            };
            let name = name.strip_suffix('}').unwrap_or(name);
            base.push_str(before);
            for (_, value) in values.iter().filter(|(known, _)| *known == name) {
                base.extend(utf8_percent_encode(value.expose(), RESERVED));
            }
        }
        SecretValue::new(base)
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<u16>), InvalidUpstream> {
    let after_address = authority.rfind(']').map_or(0, |at| at + 1);
    let Some(colon) = authority.rfind(':').filter(|colon| *colon >= after_address) else {
        return Ok((authority, None));
    };
    let (host, port) = authority.split_at_checked(colon).ok_or(InvalidUpstream::Host)?;
    let digits = port.strip_prefix(':').unwrap_or(port);
    if digits.is_empty() || digits.starts_with('0') || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(InvalidUpstream::Port);
    }
    digits.parse().map(|port| (host, Some(port))).map_err(|_| InvalidUpstream::Port)
}

/// Checks the host, and returns whether it is loopback.
fn check_host(host: &str) -> Result<bool, InvalidUpstream> {
    if let Some(address) = host.strip_prefix('[') {
        let address = address.strip_suffix(']').ok_or(InvalidUpstream::Host)?;
        let parsed: std::net::Ipv6Addr = address.parse().map_err(|_| InvalidUpstream::Host)?;
        // A URL parser would change any other spelling of the address.
        if parsed.to_string() != address || parsed.to_ipv4_mapped().is_some() {
            return Err(InvalidUpstream::Host);
        }
        return Ok(parsed.is_loopback());
    }
    if host.ends_with('.') {
        return Err(InvalidUpstream::TrailingDot);
    }
    let is_label = |label: &str| {
        let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        edge(label.as_bytes().first())
            && edge(label.as_bytes().last())
            && label.len() <= 63
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if host.len() > 253 || !host.split('.').all(is_label) {
        return Err(InvalidUpstream::Host);
    }
    // The URL Standard reads a host whose last label is a number (0x hexadecimal included) as an IPv4 address.
    let last = host.rsplit('.').next().unwrap_or(host);
    let hexadecimal =
        last.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if hexadecimal || last.bytes().all(|byte| byte.is_ascii_digit()) {
        let address: std::net::Ipv4Addr = host.parse().map_err(|_| InvalidUpstream::NumericHost)?;
        return Ok(address.is_loopback());
    }
    Ok(host == "localhost" || host.ends_with(".localhost"))
}

fn check_base(base: &str) -> Result<(), InvalidUpstream> {
    let base = &without_placeholders(base).ok_or(InvalidUpstream::Path)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&()*+,;=:@/".contains(&byte);
    let segment = |segment: &str| {
        let name = segment.split(';').next().unwrap_or(segment);
        !segment.is_empty() && name != "." && name != ".."
    };
    let well_formed = base.is_empty() || base.split('/').skip(1).all(segment);
    if well_formed && base.bytes().all(plain) { Ok(()) } else { Err(InvalidUpstream::Path) }
}

/// The path with a letter instead of each placeholder; `None` if a brace does not belong to a placeholder.
fn without_placeholders(base: &str) -> Option<String> {
    let mut pieces = base.split('{');
    let mut text = pieces.next()?.to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once('}')?;
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if name.is_empty() || !name.bytes().all(is_name) {
            return None;
        }
        text.push('x');
        text.push_str(rest);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_an_origin_with_or_without_a_base_path() {
        for (text, origin, base) in [
            ("https://api.stripe.com", "https://api.stripe.com", ""),
            ("https://api.stripe.com/", "https://api.stripe.com", ""),
            ("https://api.x.com/v1", "https://api.x.com", "/v1"),
            ("https://api.x.com/v1/acct_1/", "https://api.x.com", "/v1/acct_1"),
            ("https://api.x.com:443/v1", "https://api.x.com", "/v1"),
            ("https://api.x.com:8443", "https://api.x.com:8443", ""),
            ("http://127.0.0.1:8788", "http://127.0.0.1:8788", ""),
            ("http://localhost:80/x", "http://localhost", "/x"),
            ("http://[::1]:9", "http://[::1]:9", ""),
            ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example", ""),
        ] {
            let parsed = UpstreamUrl::parse(text).unwrap();
            assert_eq!((parsed.origin.as_ref(), parsed.base.as_ref()), (origin, base), "{text}");
        }
    }

    #[test]
    fn case_13_rejects_what_url_parsers_read_in_their_own_way() {
        use InvalidUpstream as Why;
        for (text, why) in [
            ("api.stripe.com", Why::Scheme),
            ("HTTPS://api.stripe.com", Why::Scheme),
            ("ftp://api.stripe.com", Why::Scheme),
            ("https:/api.stripe.com", Why::Scheme),
            ("http://api.stripe.com", Why::PlainHttp),
            ("http://127.0.0.1.evil.com", Why::PlainHttp),
            ("https://user@api.stripe.com", Why::UserInformation),
            ("https://user:secret@api.stripe.com", Why::UserInformation),
            ("https://api.stripe.com?x=1", Why::Query),
            ("https://api.stripe.com/#x", Why::Fragment),
            ("https://api.stripe.com.", Why::TrailingDot),
            ("https://", Why::Host),
            ("https://Api.stripe.com", Why::Host),
            ("https://a..b", Why::Host),
            ("https://-a.b", Why::Host),
            ("https://a_b.c", Why::Host),
            ("https://bücher.example", Why::Host),
            ("https://[::1", Why::Host),
            ("https://[0:0:0:0:0:0:0:1]", Why::Host),
            ("https://[::ffff:127.0.0.1]", Why::Host),
            ("https://2130706433", Why::NumericHost),
            ("https://0x7f000001", Why::NumericHost),
            ("https://0x7f.1", Why::NumericHost),
            ("https://127.1", Why::NumericHost),
            ("https://0177.0.0.1", Why::NumericHost),
            ("https://a.0x", Why::NumericHost),
            ("https://a.b:", Why::Port),
            ("https://a.b:0", Why::Port),
            ("https://a.b:65536", Why::Port),
            ("https://a.b:+1", Why::Port),
            ("https://a.b/../c", Why::Path),
            ("https://a.b/./c", Why::Path),
            ("https://a.b/..;/c", Why::Path),
            ("https://a.b//c", Why::Path),
            ("https://a.b/%2e%2e/c", Why::Path),
            ("https://a.b/c d", Why::Path),
            ("https://a.b/c\\d", Why::Path),
            ("https://a.b\\c", Why::Host),
            ("https://a\t.b", Why::Host),
        ] {
            assert_eq!(UpstreamUrl::parse(text), Err(why), "{text}");
        }
    }

    #[test]
    fn a_fault_is_told_in_words() {
        let told = |text| UpstreamUrl::parse(text).unwrap_err().to_string();
        assert_eq!(told("http://api.stripe.com"), "plain `http://` is allowed for loopback only");
        assert_eq!(told("https://a.b?x=1"), "an upstream has no query");
    }

    #[test]
    fn a_base_path_has_names_that_are_filled() {
        let upstream = UpstreamUrl::parse("https://api.x.com/bot{token}/a/{id}x").unwrap();
        assert_eq!(upstream.placeholders().collect::<Vec<_>>(), ["token", "id"]);
        let secret = |text: &str| SecretValue::new(text.to_owned());
        let values = [("token", secret("12:a/b?c#d%e {id}é")), ("id", secret("1"))];
        assert_eq!(upstream.base_with(&values).expose(), "/bot12:a%2Fb%3Fc%23d%25e%20%7Bid%7D%C3%A9/a/1x");
        for text in [
            "https://api{x}.com",
            "https://a.b/{",
            "https://a.b/{}",
            "https://a.b/{a b}",
            "https://a.b/}",
            "https://a.b/{{a}}",
        ] {
            assert!(UpstreamUrl::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_host_has_at_most_253_characters_and_may_be_an_address_that_ends_with_colons() {
        let host = |last: usize| [63, 63, 63, last].map(|length| "a".repeat(length)).join(".");
        assert!(UpstreamUrl::parse(&format!("https://{}", host(61))).is_ok());
        assert_eq!(UpstreamUrl::parse(&format!("https://{}", host(62))), Err(InvalidUpstream::Host));
        let parsed = UpstreamUrl::parse("https://[fe80::]/v1").unwrap();
        assert_eq!(parsed.origin, "https://[fe80::]");
    }

    proptest::proptest! {
        #[test]
        fn case_13_the_url_standard_reads_an_accepted_upstream_as_it_is_written(
            text in "https?://([a-z0-9.:\\[\\]-]{1,12}|127\\.0\\.0\\.1)(:[0-9]{1,5})?(/[a-z%2e.;@:]{0,8}){0,3}/?"
        ) {
            if let Ok(parsed) = UpstreamUrl::parse(&text) {
                let standard = url::Url::parse(&text).unwrap();
                proptest::prop_assert_eq!(standard.origin().ascii_serialization(), parsed.origin.as_ref());
                proptest::prop_assert_eq!(standard.path().strip_suffix('/').unwrap_or(standard.path()), parsed.base.as_ref());
            }
        }
    }
}
