//! Cross-origin resource sharing.

use super::header_pattern::HeaderPattern;
use super::text::{List, Text};

/// Which web pages may call a route, and how (Fetch Standard, section 3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Cors {
    /// The origins whose pages may call it.
    pub origins: Origins,
    /// Whether their requests may carry the browser's credentials.
    pub credentials: bool,
    /// Request headers that pages may set, besides those in which callers show tokens.
    pub headers: List<HeaderPattern>,
    /// Response headers that pages may read, besides those of the gateway; `None` for all.
    pub expose: Option<List<HeaderPattern>>,
    /// How long a browser may cache the response to a preflight, in seconds; `None` for the browser's default.
    pub max_age: Option<u32>,
}

/// Origins of web pages.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum Origins {
    /// Every origin.
    Any,
    /// These origins.
    Listed(List<OriginPattern>),
}

/// One origin, or the origins of one domain, in the form of `Origin` (RFC 6454 §6.2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum OriginPattern {
    /// `https://app.example.com`: this origin.
    Exact(Text),
    /// `https://*.example.com`: every origin with one label instead of the star.
    OneLabel {
        /// The text before the label: `https://`.
        before: Text,
        /// The text after it: `.example.com`, with the port where there is one.
        after: Text,
    },
}

impl OriginPattern {
    /// Whether the origin is admitted. Origins are compared byte by byte, as in browsers.
    #[must_use]
    pub fn admits(&self, origin: &str) -> bool {
        match self {
            Self::Exact(known) => known == origin,
            Self::OneLabel { before, after } => {
                let label =
                    origin.strip_prefix(before.as_ref()).and_then(|rest| rest.strip_suffix(after.as_ref()));
                label.is_some_and(is_label)
            }
        }
    }
}

/// A label of a host name as a browser writes it: ASCII, in lower case, without a dot.
fn is_label(text: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    !text.is_empty() && text.bytes().all(is_known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_exactly_one_label() {
        let pattern = OriginPattern::OneLabel { before: "https://".into(), after: ".pages.dev:8443".into() };
        assert!(pattern.admits("https://preview-1.pages.dev:8443"));
        for origin in [
            "https://pages.dev:8443",
            "https://.pages.dev:8443",
            "https://a.b.pages.dev:8443",
            "http://a.pages.dev:8443",
            "https://a.pages.dev",
            "https://evil.example/.pages.dev:8443",
            "https://evil.example:1@a.pages.dev:8443",
            "https://A.pages.dev:8443",
            "https://a.pages.dev:8443.evil.example",
            "null",
            "",
        ] {
            assert!(!pattern.admits(origin), "{origin}");
        }
    }

    #[test]
    fn an_origin_is_compared_byte_by_byte() {
        let pattern = OriginPattern::Exact("tauri://localhost".into());
        assert!(pattern.admits("tauri://localhost"));
        for origin in ["tauri://localhost/", "TAURI://localhost", "tauri://localhost:1", "null"] {
            assert!(!pattern.admits(origin), "{origin}");
        }
    }
}
