//! Headers of one connection (RFC 9110 §7.6.1).

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

/// The names that a `Connection` header lists, in lower case.
#[must_use]
pub fn connection_options(value: Option<&str>) -> Vec<String> {
    let options = value.unwrap_or_default().split(',').map(|option| option.trim_matches([' ', '\t']));
    options.filter(|option| !option.is_empty()).map(str::to_ascii_lowercase).collect()
}

/// Whether a name is of one connection only.
#[must_use]
pub fn is_hop_by_hop(name: &str) -> bool {
    HOP_BY_HOP.contains(&name)
}
