//! Names that `gateway.toml` declares.

use super::document::TextNode;

/// Whether a text is a name: letters, digits, `_` and `-`.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Reports a key that is no name.
pub(super) fn check(key: &TextNode<'_, '_>) -> bool {
    let valid = is_name(key.text);
    if !valid {
        key.error("this is no name", "write letters, digits, `_` and `-`");
    }
    valid
}

/// The names as an error lists them.
pub(super) fn list<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    if quoted.is_empty() { "(there is none yet)".to_owned() } else { quoted.join(", ") }
}
