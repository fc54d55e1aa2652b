//! Hop-by-hop headers (RFC 9110 §7.6.1).

use super::header_name::fold;
use crate::sort::sorted;

/// The hop-by-hop headers (RFC 9110 §7.6.1), including those of older peers. `upgrade` is one of them; the plan sets it
/// again for a WebSocket.
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

/// The names that a `Connection` header lists. They are sorted, because a caller can list tens of thousands and every
/// header of the message is looked up.
#[derive(Clone, Debug)]
pub struct ConnectionOptions(Vec<String>);

impl ConnectionOptions {
    /// Parses the header's value.
    #[must_use]
    pub fn new(value: Option<&str>) -> Self {
        let options = value.unwrap_or_default().split(',').map(|option| option.trim_matches([' ', '\t']));
        let options = options.filter(|option| !option.is_empty());
        let options = options.map(|option| fold(&option.to_ascii_lowercase()).into_owned());
        Self(sorted(options.collect(), Ord::cmp))
    }

    /// Whether the header with this name, in lower case and [folded](fold), is listed.
    #[must_use]
    pub fn lists(&self, folded: &str) -> bool {
        self.0.binary_search_by(|option| option.as_str().cmp(folded)).is_ok()
    }
}

/// Whether this is the name of a hop-by-hop header.
#[must_use]
pub fn is_hop_by_hop(name: &str) -> bool {
    HOP_BY_HOP.contains(&name)
}
