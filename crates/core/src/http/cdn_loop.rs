//! The `CDN-Loop` header (RFC 8586).

use std::fmt::Write as _;

use crate::digest::digest;
use crate::http::host::Host;

/// The id of one deployment in a `CDN-Loop` header: a pseudonym (RFC 8586 §2) that is computed from the deployment's
/// host.
///
/// Each deployment has its own host and keeps it across versions. So a chain of two gateways is not a loop, and a
/// gateway that calls itself is. A loop through a second host of the same deployment is found on its second round. The
/// host itself is not written, because no upstream needs to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CdnId(String);

impl CdnId {
    /// The id of the deployment with this host.
    #[must_use]
    pub fn new(host: &Host) -> Self {
        let mut id = "ostiary-".to_owned();
        for byte in digest(host.as_str().as_bytes()).iter().take(8) {
            // Writing to a `String` cannot fail.
            let _ = write!(id, "{byte:02x}");
        }
        Self(id)
    }

    /// Whether this header, a list of `cdn-id *( ";" parameter )`, contains the id.
    #[must_use]
    pub fn is_in(&self, value: &str) -> bool {
        let members = value.split(',');
        let mut names = members.map(|member| member.split(';').next().unwrap_or(member).trim());
        names.any(|name| name.eq_ignore_ascii_case(&self.0))
    }

    /// The header's value with the id appended.
    #[must_use]
    pub fn appended_to(&self, value: Option<&str>) -> String {
        let seen = value.filter(|value| !value.trim().is_empty());
        seen.map_or_else(|| self.0.clone(), |seen| format!("{seen}, {}", self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(host: &str) -> CdnId {
        CdnId::new(&Host::parse(host, 443).unwrap())
    }

    #[test]
    fn case_70_a_deployment_is_itself_and_no_other() {
        let own = id("gw.example.com");
        assert_eq!(own, id("GW.example.com:443"));
        for other in ["gw.example.com:8443", "other.example.com", "xgw.example.com"] {
            assert_ne!(own, id(other), "{other}");
        }
        let CdnId(text) = own;
        assert_eq!(text, "ostiary-4bdd399d59a7c651");
    }

    #[test]
    fn case_20_a_deployment_finds_itself_in_a_list() {
        let own = id("gw.example.com");
        let CdnId(text) = &own;
        let upper = text.to_ascii_uppercase();
        for value in [
            text.clone(),
            format!("cloudflare; loops=1, {text}"),
            format!("a,{upper} ;x={text},b"),
            own.appended_to(Some("cloudflare")),
            own.appended_to(None),
        ] {
            assert!(own.is_in(&value), "{value}");
        }
        for value in
            [String::new(), format!("cloudflare; a={text}"), format!("x{text}"), "ostiary".to_owned()]
        {
            assert!(!own.is_in(&value), "{value}");
        }
    }
}
