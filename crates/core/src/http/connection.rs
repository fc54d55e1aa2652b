//! Headers of one connection (RFC 9110 §7.6.1).

use super::header_name::fold;
use crate::order::sorted;

/// Of one connection only (RFC 9110 §7.6.1), with those that peers of old take for such too. `upgrade` is among
/// them; where it is wanted the plan sets it again.
pub const HOP_BY_HOP: &[&str] = &[
    "connection",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The names that a `Connection` header lists. It can list tens of thousands, and each header of a message is looked up, so
/// they are sorted.
#[derive(Clone, Debug)]
pub struct ConnectionOptions(Vec<String>);

impl ConnectionOptions {
    /// Of this value.
    #[must_use]
    pub fn new(value: Option<&str>) -> Self {
        let options = value.unwrap_or_default().split(',').map(|option| option.trim_matches([' ', '\t']));
        let options = options.filter(|option| !option.is_empty());
        let options = options.map(|option| fold(&option.to_ascii_lowercase()).into_owned());
        Self(sorted(options.collect(), Ord::cmp))
    }

    /// Whether the header with this name, in lower case and [folded](fold), is among them.
    #[must_use]
    pub fn lists(&self, folded: &str) -> bool {
        self.0.binary_search_by(|option| option.as_str().cmp(folded)).is_ok()
    }
}

/// Whether a name is of one connection only.
#[must_use]
pub fn is_hop_by_hop(name: &str) -> bool {
    HOP_BY_HOP.contains(&name)
}
