//! The host that a request is for.

/// A host, lower-cased, with its port unless that is the default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host(String);

/// The text is not a valid `host[:port]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text is not a valid host")]
pub struct InvalidHost;

impl Host {
    /// Accepts `uri-host [":" port]` (RFC 9110 §7.2), where the host is a name of letters, digits, `-`, `_` and `.`, or
    /// an IPv6 address in brackets. A dot at the end is refused: mounts would see another host, and DNS the same one.
    pub fn parse(text: &str, default_port: u16) -> Result<Self, InvalidHost> {
        let after_address = text.rfind(']').map_or(0, |at| at + 1);
        let colon = text.rfind(':').filter(|colon| *colon >= after_address);
        let (name, port) = match colon.and_then(|colon| text.split_at_checked(colon)) {
            Some((name, port)) => (name, Some(port.strip_prefix(':').unwrap_or(port))),
            None => (text, None),
        };
        if !is_host_name(name) && !is_ipv6_literal(name) {
            return Err(InvalidHost);
        }
        let mut host = name.to_ascii_lowercase();
        if let Some(port) = port {
            let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
            let number: u16 = port.parse().map_err(|_| InvalidHost)?;
            if !digits || number == 0 {
                return Err(InvalidHost);
            }
            if number != default_port {
                host.push(':');
                host.push_str(&number.to_string());
            }
        }
        Ok(Self(host))
    }

    /// Lower-case, with its port unless that is the default.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The host without its port.
#[must_use]
pub fn without_port(host: &str) -> &str {
    // The colons of an IPv6 address are in brackets.
    host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')).map_or(host, |(name, _)| name)
}

fn is_host_name(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    text.len() <= 253 && text.split('.').all(label)
}

fn is_ipv6_literal(text: &str) -> bool {
    let address = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    address.is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lowers_the_case_and_drops_the_default_port() {
        for (text, host) in [
            ("gw.example.com", "gw.example.com"),
            ("GW.Example.COM:443", "gw.example.com"),
            ("gw.example.com:8443", "gw.example.com:8443"),
            ("127.0.0.1:8787", "127.0.0.1:8787"),
            ("my_host", "my_host"),
            ("[::1]:8787", "[::1]:8787"),
            ("[::1]:443", "[::1]"),
        ] {
            assert_eq!(Host::parse(text, 443).unwrap().as_str(), host, "{text}");
        }
    }

    #[test]
    fn case_6_rejects_a_host_that_carries_more_than_a_host() {
        for text in [
            "",
            "evil/p/zzz?x=",
            "a#b",
            "a?b",
            "u:p@evil",
            "u@evil",
            "a b",
            "a\\b",
            "a,b",
            "a:",
            "a:x",
            "a:+1",
            "a:0",
            "a:65536",
            "a:1:2",
            ":80",
            ".",
            "a.",
            "a..b",
            "*",
            "gw*",
            "::1",
            "[::1",
            "[::1]x",
            "[evil]",
            "b\u{fc}cher",
            "a\tb",
            "a%2fb",
        ] {
            assert_eq!(Host::parse(text, 80), Err(InvalidHost), "{text:?}");
        }
    }

    #[test]
    fn a_colon_within_an_address_does_not_begin_a_port() {
        for text in ["[::]", "[fe80::]", "[1:2:3:4:5:6:7:8]"] {
            assert_eq!(Host::parse(text, 443).unwrap().as_str(), text);
        }
    }
}
