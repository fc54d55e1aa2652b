//! The base URL of the API.

use std::error::Error;
use std::fmt;
use std::net::IpAddr;

use http::Uri;
use http::uri::Scheme;

/// The URL of the API before `/accounts`.
///
/// The default is Cloudflare's.
///
/// ```
/// use ostiary_secrets_store::BaseUrl;
///
/// assert_eq!(BaseUrl::default().as_str(), "https://api.cloudflare.com/client/v4");
/// assert!(BaseUrl::parse("http://127.0.0.1:8799/client/v4/").is_ok());
/// assert!(BaseUrl::parse("http://api.cloudflare.com/client/v4").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Parses an absolute URL. Slashes at its end are removed.
    ///
    /// # Errors
    /// The text is not such a URL, has a query or userinfo, or would send the credential unencrypted over a network.
    pub fn parse(text: &str) -> Result<Self, InvalidBaseUrl> {
        let trimmed = text.trim_end_matches('/');
        let uri: Uri = trimmed.parse().map_err(|_| InvalidBaseUrl::NoUrl)?;
        let authority = uri.authority().ok_or(InvalidBaseUrl::NoUrl)?;
        if uri.query().is_some() || authority.as_str().contains('@') || trimmed.contains('#') {
            return Err(InvalidBaseUrl::NoUrl);
        }
        let local = matches!(authority.host(), "localhost" | "127.0.0.1" | "[::1]");
        match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => Ok(Self(trimmed.to_owned())),
            Some(scheme) if *scheme == Scheme::HTTP && local => Ok(Self(trimmed.to_owned())),
            Some(scheme) if *scheme == Scheme::HTTP => Err(InvalidBaseUrl::PlainText),
            _ => Err(InvalidBaseUrl::NoUrl),
        }
    }

    /// Whether its host is this machine's own, by its name or its address.
    ///
    /// ```
    /// use ostiary_secrets_store::BaseUrl;
    ///
    /// assert!(BaseUrl::parse("http://[::1]:8799/client/v4").is_ok_and(|url| url.is_loopback()));
    /// assert!(!BaseUrl::default().is_loopback());
    /// ```
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let uri: Result<Uri, _> = self.0.parse();
        let Some(host) = uri.as_ref().ok().and_then(Uri::host) else { return false };
        let host =
            host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.').to_ascii_lowercase();
        // RFC 6761 §6.3: names below `localhost` are this machine too.
        host == "localhost"
            || host.ends_with(".localhost")
            || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
    }

    /// The URL without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for BaseUrl {
    fn default() -> Self {
        Self("https://api.cloudflare.com/client/v4".to_owned())
    }
}

/// The reason why a text is not a base URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidBaseUrl {
    /// It is not an absolute http or https URL with only a host and a path.
    NoUrl,
    /// It is plain http to another machine.
    PlainText,
}

impl fmt::Display for InvalidBaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NoUrl => "it must be a URL such as https://api.cloudflare.com/client/v4",
            Self::PlainText => {
                "plain http would show the credential to the network; it is for this machine only"
            }
        })
    }
}

impl Error for InvalidBaseUrl {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_this_machine_from_others() {
        for (text, expected) in [
            ("http://localhost:8799", true),
            ("http://127.0.0.1", true),
            ("https://127.1.2.3", true),
            ("http://[::1]:1/x", true),
            ("https://[::ffff:127.0.0.1]", true),
            ("https://LocalHost", true),
            ("https://gw.localhost", true),
            ("https://localhost.example.com", false),
            ("https://10.0.0.1", false),
            ("https://128.0.0.1", false),
        ] {
            assert_eq!(BaseUrl::parse(text).unwrap().is_loopback(), expected, "{text}");
        }
    }

    #[test]
    fn takes_https_and_plain_http_to_this_machine_only() {
        for (text, expected) in [
            ("https://api.example.com/client/v4", Ok("https://api.example.com/client/v4")),
            ("https://api.example.com/client/v4/", Ok("https://api.example.com/client/v4")),
            ("http://localhost:8799/client/v4", Ok("http://localhost:8799/client/v4")),
            ("http://[::1]:8799", Ok("http://[::1]:8799")),
            ("http://localhost.example.com", Err(InvalidBaseUrl::PlainText)),
            ("http://127.0.0.1@example.com", Err(InvalidBaseUrl::NoUrl)),
            ("https://api.example.com/?a=b", Err(InvalidBaseUrl::NoUrl)),
            ("https://api.example.com/#a", Err(InvalidBaseUrl::NoUrl)),
            ("ftp://api.example.com", Err(InvalidBaseUrl::NoUrl)),
            ("/client/v4", Err(InvalidBaseUrl::NoUrl)),
            ("api.example.com", Err(InvalidBaseUrl::NoUrl)),
            ("", Err(InvalidBaseUrl::NoUrl)),
        ] {
            let parsed = BaseUrl::parse(text);
            assert_eq!(parsed.as_ref().map(BaseUrl::as_str).map_err(|error| *error), expected, "{text}");
        }
    }
}
