//! Names of secrets, callers and routes.

use super::diagnostic::Findings;
use super::document::Located;

/// Reports a name with characters that a placeholder, a log line or a URL cannot have. Returns whether the name is
/// valid.
pub(crate) fn check(name: &Located<'_>, what: &str, findings: &mut Findings<'_>) -> bool {
    let is_name = is_name(name.text);
    if !is_name {
        let message = format!("`{}` is not a name for {what}", name.text);
        findings.error(name.span, &message, "write letters, digits, `_` and `-`");
    }
    is_name
}

/// Whether the text has one or more letters, digits, `_` and `-`, and nothing else.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}
