//! The proxy from the environment. An invalid variable is an error, because the user who has set it does not want a
//! connection without a proxy.

use std::env;
use std::ffi::OsString;

use http::Uri;
use ureq::Proxy;

use super::environment::EnvironmentError;

/// The variables with a proxy for https. Those of the second group apply only if none of the first is set.
const VARIABLES: [&[&str]; 2] =
    [&["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"], &["HTTP_PROXY", "http_proxy"]];

/// The proxy for https; `None` if no variable has one.
///
/// # Errors
/// Returns an error if the variable that applies is not the URL of a proxy.
pub fn proxy() -> Result<Option<Proxy>, EnvironmentError> {
    check(|name| env::var_os(name))?;
    Ok(Proxy::try_from_env())
}

fn check(variable: impl Fn(&str) -> Option<OsString>) -> Result<(), EnvironmentError> {
    let set =
        |name: &&'static str| variable(name).filter(|value| !value.is_empty()).map(|value| (*name, value));
    for names in VARIABLES {
        let mut set = names.iter().filter_map(set).peekable();
        if set.peek().is_some() {
            let wrong = set.find(|(_, value)| !value.to_str().is_some_and(is_proxy));
            return wrong.map_or(Ok(()), |(name, _)| {
                let expected = "is not the URL of a proxy, such as http://proxy.example:3128";
                Err(EnvironmentError {
                    variable: name,
                    fault: format!("{expected}; it may hold a password, so it is not shown"),
                })
            });
        }
    }
    Ok(())
}

fn is_proxy(text: &str) -> bool {
    let is_usable = Proxy::new(text).is_ok_and(|proxy| !proxy.host().is_empty());
    is_usable
        && text
            .parse::<Uri>()
            .is_ok_and(|uri| uri.authority().is_some_and(|authority| has_port(authority.as_str())))
}

/// Whether the host is followed by a valid port or nothing. The parser would ignore a number that is too large.
fn has_port(authority: &str) -> bool {
    let host = authority.rsplit('@').next().unwrap_or(authority);
    match host.rsplit_once(':') {
        Some((before, port)) if !before.contains(':') || before.ends_with(']') => {
            port.parse::<u16>().is_ok_and(|port| port != 0)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(set: &[(&'static str, &str)]) -> Result<(), &'static str> {
        check(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value)))
            .map_err(|error| error.variable)
    }

    #[test]
    fn a_variable_that_is_no_proxy_is_named() {
        for value in [
            "://",
            "http://",
            "foo bar",
            "ftp://proxy:21",
            "http://:8080",
            "proxy:99999",
            "proxy:0",
            " ",
            "http://a b:1",
        ] {
            for name in ["ALL_PROXY", "https_proxy", "HTTP_PROXY"] {
                assert_eq!(checked(&[(name, value)]), Err(name), "{value}");
            }
        }
        for value in [
            "proxy",
            "proxy:3128",
            "http://u:p%40@proxy:3128",
            "https://proxy",
            "socks5h://127.0.0.1:1080",
            "http://[::1]:8080",
            "http://[::1]",
            "",
        ] {
            assert_eq!(checked(&[("HTTPS_PROXY", value)]), Ok(()), "{value}");
        }
        assert_eq!(checked(&[]), Ok(()));
        assert_eq!(checked(&[("ALL_PROXY", "proxy"), ("HTTPS_PROXY", "://")]), Err("HTTPS_PROXY"));
        assert_eq!(
            checked(&[("HTTPS_PROXY", "proxy"), ("http_proxy", "://")]),
            Ok(()),
            "it is for http alone"
        );
    }
}
