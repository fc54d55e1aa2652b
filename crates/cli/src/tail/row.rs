//! An event as a row of a growing table.

use jiff::Timestamp;
use serde_json::Value;

use super::event::{Event, text};
use crate::output::{Text, Tone};
use crate::printable::Printable;

/// The widths of the columns, which are fixed, because later cells are not known. A longer cell moves the rest of its
/// row.
const ROUTE: usize = 14;
const CALLER: usize = 14;
const METHOD: usize = 6;

/// The names of the columns.
pub(super) fn header() -> Text {
    let (route, caller, method) = ("route", "caller", "method");
    format!(
        "time (UTC)    level  status  {method:<METHOD$}  {route:<ROUTE$}  {caller:<CALLER$}      ms  what"
    )
    .into()
}

/// The row of an event at this time.
pub(super) fn row(time: Timestamp, event: &Event) -> Text {
    let level = text(event, "level");
    let number = |name: &str| event.get(name).and_then(Value::as_u64);
    let status = number("status").filter(|_| text(event, "event") == "request");
    let cell = |text: &str| if text.is_empty() { "-".to_owned() } else { Printable(text).to_string() };
    let [method, route, caller] = ["method", "route", "caller"].map(|name| cell(text(event, name)));
    let time = time.strftime("%H:%M:%S%.3f");
    let shown = status.map_or_else(|| "-".to_owned(), |status| status.to_string());
    let milliseconds = number("total_ms").map_or_else(|| "-".to_owned(), |total| total.to_string());
    let plain = Text::default().plain(format!("{time:<12}  "));
    let row = toned(plain, level_tone(level), format!("{:<5}", cell(level))).plain("  ");
    let row = toned(row, status.map(status_tone), format!("{shown:<6}"));
    row.plain(format!(
        "  {method:<METHOD$}  {route:<ROUTE$}  {caller:<CALLER$}  {milliseconds:>6}  {}",
        Printable(&what(event))
    ))
}

fn toned(text: Text, tone: Option<Tone>, words: String) -> Text {
    match tone {
        Some(tone) => text.toned(tone, words),
        None => text.plain(words),
    }
}

fn level_tone(level: &str) -> Option<Tone> {
    match level {
        "info" => None,
        "warn" => Some(Tone::Odd),
        _ => Some(Tone::Bad),
    }
}

const fn status_tone(status: u64) -> Tone {
    match status {
        0..400 => Tone::Good,
        400..500 => Tone::Odd,
        _ => Tone::Bad,
    }
}

/// The other fields of the event, in the words of the log.
fn what(event: &Event) -> String {
    let mut words = Vec::new();
    if text(event, "event") != "request" {
        words.push(text(event, "event").to_owned());
        words.push(source(event));
    }
    for name in ["code", "operation", "mismatch", "proof", "preflight", "failover", "rate_limit", "counted"] {
        words.extend(Some(text(event, name)).filter(|text| !text.is_empty()).map(str::to_owned));
    }
    if let Some(attempts) = event.get("attempts").and_then(Value::as_u64) {
        words.push(format!("{attempts} attempts"));
    }
    let sources = event.get("secrets").and_then(Value::as_array).into_iter().flatten();
    let failed = sources.filter_map(Value::as_object).filter(|source| source.contains_key("failure"));
    words.extend(failed.map(source));
    words.retain(|word| !word.is_empty());
    words.join(" ")
}

/// A source: `STRIPE_KEY:refused(401)→STRIPE_KEY_2`, as far as it is known.
fn source(source: &Event) -> String {
    let name = Some(text(source, "binding")).filter(|binding| !binding.is_empty());
    let mut words = name.unwrap_or_else(|| text(source, "secret")).to_owned();
    for name in ["failure", "found_in"] {
        let known = text(source, name);
        if !known.is_empty() {
            words = format!("{words}:{known}");
        }
    }
    if let Some(status) = source.get("status").and_then(Value::as_u64) {
        words = format!("{words}({status})");
    }
    match text(source, "served_by") {
        "" => words,
        served => format!("{words}→{served}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        let event: Event = serde_json::from_str(line).unwrap();
        let row = row(Timestamp::from_millisecond(1_500).unwrap(), &event).to_string();
        anstream::adapter::strip_str(&row).to_string()
    }

    #[test]
    fn a_row_has_the_columns_of_the_header() {
        let header = header().to_string();
        let line = r#"{"event":"request","level":"warn","request_id":"1","method":"POST","route":"stripe","caller":"checkout","secrets":[{"secret":"stripe","binding":"A","source":1,"failure":"refused","status":401},{"secret":"stripe","binding":"B","source":2}],"attempts":2,"failover":"primary_refused","status":200,"total_ms":123}"#;
        let row = shown(line);
        assert_eq!(
            row,
            "00:00:01.500  warn   200     POST    stripe          checkout           123  primary_refused 2 attempts A:refused(401)"
        );
        for (column, cell) in [
            ("level", "warn"),
            ("status", "200"),
            ("method", "POST"),
            ("route", "stripe"),
            ("caller", "checkout"),
            ("what", "primary"),
        ] {
            assert_eq!(header.find(column), row.find(cell), "{column}");
        }
    }

    #[test]
    fn a_notice_says_what_failed_and_what_served() {
        let line = r#"{"event":"fallback_served","level":"warn","request_id":"1","route":"stripe","secret":"stripe","binding":"A","source":1,"failure":"timeout","served_by":"B"}"#;
        assert!(shown(line).ends_with("  fallback_served A:timeout→B"), "{}", shown(line));
        let line = r#"{"event":"secret_redacted","level":"warn","request_id":"1","secret":"stripe","found_in":"body"}"#;
        assert!(shown(line).ends_with("  secret_redacted stripe:body"), "{}", shown(line));
    }

    #[test]
    fn what_steers_a_terminal_is_escaped() {
        let line =
            r#"{"event":"request","level":"info","request_id":"1","route":"\u001b[2J","code":"\u202e"}"#;
        assert!(shown(line).contains("\\u{1b}[2J") && shown(line).contains("\\u{202e}"));
    }
}
