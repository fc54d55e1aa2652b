//! `${request.…}`: values of the request that is sent.

use super::diagnostic::Findings;
use super::document::Located;
use super::file::Span;
use super::nearest::nearest;
use ostiary_core::configuration::{Encoding, RequestValue, TimeFormat};
use ostiary_core::http::header_name::HeaderName;

/// The values of the request that a template may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// No value, because the template is filled in before there is a request.
    Nothing,
    /// All values except the signature, which is computed from the template.
    Message,
    /// Values that fit any place of a request.
    Output,
    /// The token, in `put` of a form that makes one.
    Token,
    /// Values that fit a claim of a token.
    Claim,
    /// Those that a caller puts on a request that it signs.
    Shown,
}

/// The names after `request.`, except headers.
const VALUES: [RequestValue; 18] = {
    use RequestValue as Value;
    [
        Value::Method,
        Value::Path,
        Value::Query,
        Value::Target,
        Value::Url,
        Value::Host,
        Value::Timestamp(TimeFormat::Seconds),
        Value::Timestamp(TimeFormat::Milliseconds),
        Value::Timestamp(TimeFormat::Rfc3339),
        Value::Timestamp(TimeFormat::HttpDate),
        Value::Nonce,
        Value::Body,
        Value::BodySha256(Encoding::Hex),
        Value::BodySha256(Encoding::Base64),
        Value::BodySha256(Encoding::Base64Url),
        Value::SortedForm,
        Value::Signature,
        Value::Token,
    ]
};

/// Headers that are set after the signature, or by the runtime.
const NOT_SIGNED: [&str; 8] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "if-range",
    "range",
    "transfer-encoding",
];

/// Parses the text after `request.` in a placeholder.
pub(crate) fn parse(
    name: &str,
    span: Span,
    scope: Scope,
    findings: &mut Findings<'_>,
) -> Option<RequestValue> {
    if scope == Scope::Nothing {
        let message = "a value of the request cannot be used here";
        findings.error(span, message, "write a secret's name or `${var.NAME}`");
        return None;
    }
    let value = match name.strip_prefix("header.") {
        Some(header) => HeaderName::parse(header).ok().map(RequestValue::Header),
        None => VALUES.into_iter().find(|value| value.to_string() == name),
    };
    let Some(value) = value else {
        let known = VALUES.iter().filter(|value| allows(scope, value)).map(ToString::to_string);
        let header = (scope == Scope::Message).then(|| "header.NAME".to_owned());
        let known: Vec<String> = known.chain(header).collect();
        let listed = known.iter().map(|name| format!("`${{request.{name}}}`")).collect::<Vec<_>>().join(", ");
        let instead = match nearest(name, known.iter().map(String::as_str)) {
            Some(near) => format!("write `${{request.{near}}}`; the known values are {listed}"),
            None => format!("write one of {listed}"),
        };
        findings.error(span, "the placeholder names no value of a request", &instead);
        return None;
    };
    if let RequestValue::Header(name) = &value
        && NOT_SIGNED.contains(&name.as_str())
    {
        let message = format!("the gateway may change `{name}`");
        findings.error(span, &message, "remove it");
        return None;
    }
    if !allows(scope, &value) {
        let (message, instead) = match scope {
            Scope::Message => ("the message cannot contain its own signature", "remove it"),
            Scope::Shown => (
                "`put` of a caller can contain the signature, the nonce, and the time in seconds, in milliseconds or by RFC 3339",
                "remove it",
            ),
            Scope::Token => ("only the token can be used here", "remove it"),
            Scope::Claim => ("a claim can only have the time and the nonce of a request", "remove it"),
            Scope::Output | Scope::Nothing => (
                "only the signature, the time, the nonce and the body's digest can be used here",
                "remove it",
            ),
        };
        findings.error(span, message, instead);
        return None;
    }
    Some(value)
}

const fn allows(scope: Scope, value: &RequestValue) -> bool {
    match scope {
        Scope::Nothing => false,
        Scope::Message => !matches!(value, RequestValue::Signature | RequestValue::Token),
        Scope::Token => matches!(value, RequestValue::Token),
        Scope::Claim => matches!(value, RequestValue::Timestamp(_) | RequestValue::Nonce),
        Scope::Shown => matches!(
            value,
            RequestValue::Signature
                | RequestValue::Timestamp(
                    TimeFormat::Seconds | TimeFormat::Milliseconds | TimeFormat::Rfc3339
                )
                | RequestValue::Nonce
        ),
        Scope::Output => matches!(
            value,
            RequestValue::Signature
                | RequestValue::Timestamp(_)
                | RequestValue::Nonce
                | RequestValue::BodySha256(_)
        ),
    }
}

/// Parses one of the values that a key allows.
pub(crate) fn word<T: Copy>(
    text: &Located<'_>,
    what: &str,
    words: &[(&str, T)],
    findings: &mut Findings<'_>,
) -> Option<T> {
    let found = words.iter().find(|(word, _)| *word == text.text).map(|(_, value)| *value);
    if found.is_none() {
        let listed = words.iter().map(|(word, _)| format!("`\"{word}\"`")).collect::<Vec<_>>().join(", ");
        let instead = match nearest(text.text, words.iter().map(|(word, _)| *word)) {
            Some(near) => format!("write `\"{near}\"`; the known ones are {listed}"),
            None => format!("write one of {listed}"),
        };
        findings.error(text.span, &format!("`{}` is not a known {what}", text.text), &instead);
    }
    found
}
