//! Media types.

/// The media type without its parameters.
#[must_use]
pub fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or(content_type).trim()
}

/// Whether the `Content-Type` has this media type, given in lower case. A type that ends in `+json` counts as
/// `application/json` (RFC 6839 §3.1).
#[must_use]
pub fn is_of_type(content_type: &str, known: &str) -> bool {
    let essence = essence(content_type);
    let is_json = known == "application/json" && essence.len() > JSON.len();
    essence.eq_ignore_ascii_case(known)
        || (is_json
            && essence.get(essence.len() - JSON.len()..).is_some_and(|end| end.eq_ignore_ascii_case(JSON)))
}

const JSON: &str = "+json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_compared_without_case_and_parameters() {
        for (value, known, expected) in [
            ("application/json", "application/json", true),
            ("Application/JSON ; charset=UTF-8", "application/json", true),
            ("application/vnd.npm.install-v1+json", "application/json", true),
            ("application/vnd.npm.install-v1+JSON;a=b", "application/json", true),
            ("application/vnd.npm.install-v1+json", "application/vnd.npm.install-v1+json", true),
            ("application/json-seq", "application/json", false),
            ("application/xml+json2", "application/json", false),
            ("+json", "application/json", false),
            ("text/html", "text/plain", false),
            ("", "text/plain", false),
            ("; charset=utf-8", "text/plain", false),
        ] {
            assert_eq!(is_of_type(value, known), expected, "{value} {known}");
        }
    }
}
