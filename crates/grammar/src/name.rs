//! Names of secrets, callers and routes.

use super::diagnostic::Findings;
use super::document::Located;

/// Reports a name that a placeholder, a log line or a URL could not spell, and returns whether it is none.
pub(crate) fn check(name: &Located<'_>, what: &str, findings: &mut Findings<'_>) -> bool {
    let is_name = is_name(name.text);
    if !is_name {
        let message = format!("`{}` is not a name for {what}", name.text);
        findings.error(name.span, &message, "write letters, digits, `_` and `-`");
    }
    is_name
}

/// Letters, digits, `_` and `-`, one or more.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}
