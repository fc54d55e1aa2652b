//! Durations and sizes with a unit.

use super::diagnostic::Findings;
use super::document::Located;

const HOUR: u32 = 60 * 60 * 1000;
pub(crate) const MEBIBYTE: u64 = 1024 * 1024;

/// A duration such as `"100s"`, in milliseconds: from one millisecond to one hour.
pub(crate) fn duration(text: &Located<'_>, findings: &mut Findings<'_>) -> Option<u32> {
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
        let message = format!("`{}` is not a duration", text.text);
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

/// The lifetime of a token such as `"90d"`, in seconds: from one minute to ten years.
pub(crate) fn lifetime(text: &Located<'_>, findings: &mut Findings<'_>) -> Option<u32> {
    const DAY: u32 = 24 * 60 * 60;
    let unit_at = text.text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.text.len());
    let (digits, unit) = text.text.split_at_checked(unit_at)?;
    let seconds = match unit {
        "m" => Some(60),
        "h" => Some(60 * 60),
        "d" => Some(DAY),
        _ => None,
    };
    let lifetime = seconds.and_then(|seconds| digits.parse::<u32>().ok()?.checked_mul(seconds));
    let lifetime = lifetime.filter(|lifetime| (60..=3650 * DAY).contains(lifetime));
    if lifetime.is_none() {
        let message = format!("`{}` is not a lifetime from `1m` to `3650d`", text.text);
        findings.error(
            text.span,
            &message,
            "write a whole number and a unit: `\"15m\"`, `\"12h\"` or `\"90d\"`",
        );
    }
    lifetime
}

/// A size such as `"64KiB"`, in bytes: from one byte to `largest`, which is a number of whole mebibytes.
pub(crate) fn size(text: &Located<'_>, largest: u64, findings: &mut Findings<'_>) -> Option<u64> {
    let unit_at = text.text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.text.len());
    let (digits, unit) = text.text.split_at_checked(unit_at)?;
    let bytes: u64 = match unit {
        "B" => 1,
        "KiB" => 1024,
        "MiB" => MEBIBYTE,
        "GiB" => 1024 * MEBIBYTE,
        _ => 0,
    };
    if digits.is_empty() || bytes == 0 {
        let message = format!("`{}` is not a size", text.text);
        let instead = "write a whole number and a unit: `\"512B\"`, `\"64KiB\"`, `\"10MiB\"` or `\"1GiB\"`";
        findings.error(text.span, &message, instead);
        return None;
    }
    let size = digits.parse().ok().and_then(|number: u64| number.checked_mul(bytes));
    let size = size.filter(|size| (1..=largest).contains(size));
    if size.is_none() {
        let message = format!("this size is from `1B` to `{}MiB`", largest / MEBIBYTE);
        findings.error(text.span, &message, "write one in that range");
    }
    size
}

#[cfg(test)]
mod tests {
    use super::super::example::{accepted, assert_diagnostics};
    use ostiary_core::configuration::CallerAuthentication;

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

    #[test]
    fn counts_seconds_of_a_lifetime() {
        const DIGESTS: &str =
            "bearer_sha256 = [\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"]";
        for (text, seconds) in [
            ("1m", 60),
            ("15m", 900),
            ("12h", 43_200),
            ("90d", 7_776_000),
            ("3650d", 315_360_000),
            ("5256000m", 315_360_000),
        ] {
            let issued = format!(
                "issued = {{ keys = [\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"], max_ttl = \"{text}\" }}"
            );
            let checked = accepted(DIGESTS, &issued);
            let CallerAuthentication::Issued(issued) = &checked.gateway.callers[1].authentication else {
                panic!("{text}")
            };
            assert_eq!(issued.max_ttl, seconds, "{text}");
        }
    }

    #[test]
    fn counts_bytes() {
        for (text, bytes) in [
            ("1B", 1),
            ("64KiB", 65_536),
            ("10MiB", 10_485_760),
            ("1GiB", 1_073_741_824),
            ("1024MiB", 1_073_741_824),
        ] {
            let checked =
                accepted("mount = \"/stripe\"", &format!("mount = \"/stripe\"\nmax_body = \"{text}\""));
            assert_eq!(checked.gateway.routes[0].max_body, Some(bytes), "{text}");
        }
    }
}
