//! The `Accept` header (RFC 9110 §12.5.1).

const PROBLEM: &str = "application/problem+json";

/// Whether the client accepts JSON but not problem details (RFC 9457): the header names a JSON type, and no media range
/// that includes `application/problem+json`.
///
/// ```
/// use ostiary_core::http::accept::names_json_alone;
///
/// assert!(names_json_alone("application/vnd.github.v3+json"));
/// assert!(!names_json_alone("application/json, */*;q=0.1"));
/// ```
#[must_use]
pub fn names_json_alone(accept: &str) -> bool {
    let accepted = accept.split(',').filter_map(accepted_range);
    let mut names_json = false;
    for range in accepted {
        let range = range.to_ascii_lowercase();
        if [PROBLEM, "application/*", "*/*", "*"].contains(&range.as_str()) {
            return false;
        }
        names_json |= range.ends_with("/json") || range.ends_with("+json");
    }
    names_json
}

/// The media range of one element, without its parameters; `None` if its weight is 0, which means "not acceptable".
fn accepted_range(element: &str) -> Option<&str> {
    let mut parts = element.split(';').map(str::trim);
    let range = parts.next()?;
    let weight = parts.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then_some(value.trim())
    });
    // 0 can have up to three decimal places (RFC 9110 §12.4.2). Parsing a float would add 10 KiB of tables to the
    // Worker.
    let is_zero = |weight: &str| weight.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    (!weight.is_some_and(is_zero)).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_names_json_and_nothing_wider_gets_json() {
        for accept in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/vnd.github.v3+json",
            "application/vnd.elasticsearch+json; compatible-with=8",
            "text/plain, application/json;q=0.5",
            "application/json, application/problem+json;q=0",
            "application/json, */*; Q = 0.000",
            "text/json",
        ] {
            assert!(names_json_alone(accept), "{accept}");
        }
    }

    #[test]
    fn every_other_client_gets_a_problem() {
        for accept in [
            "",
            "*/*",
            "*",
            ",",
            "text/html",
            "application/xml",
            "application/problem+json",
            "application/json, application/problem+json",
            "application/json, text/plain, */*",
            "application/json, application/*;q=0.1",
            "application/json;q=0",
            "application/jsonx",
        ] {
            assert!(!names_json_alone(accept), "{accept}");
        }
    }
}
