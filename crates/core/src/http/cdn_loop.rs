//! The `CDN-Loop` header (RFC 8586).

/// This gateway in a `CDN-Loop` header (RFC 8586).
pub const LOOP_TOKEN: &str = "ostiary";

/// RFC 8586 §2: a list of `cdn-id *( ";" parameter )`.
#[must_use]
pub fn has_come_by(value: Option<&str>) -> bool {
    let members = value.unwrap_or_default().split(',');
    let mut names = members.map(|member| member.split(';').next().unwrap_or(member).trim());
    names.any(|name| name.eq_ignore_ascii_case(LOOP_TOKEN))
}

/// The header's value with this gateway added to it.
#[must_use]
pub fn appended(value: Option<&str>) -> String {
    let seen = value.filter(|value| !value.trim().is_empty());
    seen.map_or_else(|| LOOP_TOKEN.to_owned(), |seen| format!("{seen}, {LOOP_TOKEN}"))
}
