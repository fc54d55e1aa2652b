//! Quantities with a unit.

use super::diagnostic::Findings;
use super::document::Located;

const HOUR: u32 = 60 * 60 * 1000;

/// A duration such as `"100s"`, in milliseconds: from one millisecond to one hour.
pub(super) fn duration(text: &Located<'_>, findings: &mut Findings<'_>) -> Option<u32> {
    let unit_at = text.text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.text.len());
    let (digits, unit) = text.text.split_at_checked(unit_at)?;
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60 * 1000,
        "h" => HOUR,
        _ => 0,
    };
    if digits.is_empty() || milliseconds == 0 {
        let message = format!("`{}` is no duration", text.text);
        findings.error(
            text.span,
            &message,
            "write a whole number and a unit: `\"500ms\"`, `\"2s\"`, `\"1m\"` or `\"1h\"`",
        );
        return None;
    }
    let duration = digits.parse().ok().and_then(|number: u32| number.checked_mul(milliseconds));
    let duration = duration.filter(|duration| (1..=HOUR).contains(duration));
    if duration.is_none() {
        findings.error(text.span, "a duration is from `1ms` to `1h`", "write one in that range");
    }
    duration
}

#[cfg(test)]
mod tests {
    use super::super::example::{accepted, assert_diagnostics};

    #[test]
    fn tells_what_is_no_duration() {
        assert_diagnostics(include_str!("diagnostics/unit.txt"));
    }

    #[test]
    fn counts_milliseconds() {
        for (text, milliseconds) in [
            ("1ms", 1),
            ("100ms", 100),
            ("2s", 2_000),
            ("100s", 100_000),
            ("1m", 60_000),
            ("60m", 3_600_000),
            ("1h", 3_600_000),
        ] {
            let checked =
                accepted("mount = \"/stripe\"", &format!("mount = \"/stripe\"\ntimeout = \"{text}\""));
            assert_eq!(checked.gateway.routes[0].timeout, milliseconds, "{text}");
        }
    }
}
