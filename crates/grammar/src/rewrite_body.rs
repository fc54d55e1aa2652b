//! `rewrite_body`: the media types of response bodies in which the upstream's URL is replaced by the mount's.

use super::diagnostic::Findings;
use super::document::Value;
use ostiary_core::configuration::Text;
use ostiary_core::http::header_name::HeaderName;

const EXAMPLE: &str = "rewrite_body = [\"application/json\"]";

/// Media types without parameters, in lower case.
pub(crate) fn read(value: Value<'_>, findings: &mut Findings<'_>) -> Vec<Text> {
    let elements = value.filled_array(EXAMPLE, findings).unwrap_or_default();
    let mut types = Vec::new();
    for text in Value::distinct(elements, EXAMPLE, findings) {
        if is_media_type(text.text) {
            types.push(Text::Owned(text.text.to_ascii_lowercase()));
            continue;
        }
        let message = format!("`{}` is not a media type", text.text);
        let instead = "write a type without parameters: `\"application/json\"` (which is `+json` too) or \
                       `\"text/html\"`";
        findings.error(text.span, &message, instead);
    }
    types
}

/// Whether the text is two tokens with a slash between them (RFC 9110 §8.3.1).
fn is_media_type(text: &str) -> bool {
    let is_token = |half: &str| HeaderName::parse(half).is_ok() && !half.contains('*');
    text.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
}

#[cfg(test)]
mod tests {
    use super::super::example::assert_diagnostics;

    #[test]
    fn tells_what_is_no_media_type() {
        assert_diagnostics(include_str!("diagnostics/rewrite_body.txt"));
    }
}
