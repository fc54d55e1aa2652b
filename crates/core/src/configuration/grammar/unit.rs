//! Durations.

use super::document::Node;

const INSTEAD: &str =
    "write a whole number with a unit from `\"1ms\"` to `\"1h\"`: `\"100ms\"`, `\"2s\"`, `\"1m\"`";

/// The longest duration, in milliseconds.
const LONGEST: u32 = 3_600_000;

/// Milliseconds, from 1 to an hour.
pub(super) fn duration(node: &Node<'_, '_>) -> Option<u32> {
    let text = node.text(INSTEAD)?;
    let parsed = parse(text.text);
    if parsed.is_none() {
        text.error("this is no duration", INSTEAD);
    }
    parsed
}

fn parse(text: &str) -> Option<u32> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    let milliseconds = number.parse::<u32>().ok()?.checked_mul(factor)?;
    (1..=LONGEST).contains(&milliseconds).then_some(milliseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_number_and_a_unit() {
        for (text, milliseconds) in
            [("1ms", 1), ("100ms", 100), ("2s", 2_000), ("1m", 60_000), ("1h", LONGEST), ("3600s", LONGEST)]
        {
            assert_eq!(parse(text), Some(milliseconds), "{text}");
        }
        for text in
            ["", "s", "2", "0s", "2h", "1.5s", "-1s", "+1s", "2 s", "2S", "2sec", "99999999999s", "\u{662}s"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
