//! Lists in header values (RFC 9110 §5.6.1), and parameters (§5.6.6).

/// Splits a value at the separator into trimmed members, without empty ones. A separator in a quoted string does not
/// split.
#[must_use]
pub fn members(value: &str, separator: char) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    let members = value.split(|character| {
        let separates = character == separator && !quoted;
        quoted ^= character == '"' && !escaped;
        escaped = quoted && character == '\\' && !escaped;
        separates
    });
    members.map(str::trim).filter(|member| !member.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_separator_in_a_quoted_string_separates_nothing() {
        assert_eq!(members("a, b ,,c", ','), ["a", "b", "c"]);
        assert_eq!(members("a=\"b, \\\", c\", d", ','), ["a=\"b, \\\", c\"", "d"]);
        assert_eq!(members("text/x; a=\"b;c\";d", ';'), ["text/x", "a=\"b;c\"", "d"]);
    }
}
