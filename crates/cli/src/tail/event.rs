//! Finds the gateway's lines within other documents.

use jiff::Timestamp;
use serde_json::{Map, Value};

/// A line of the gateway's log. `docs/log.md` has the fields; a newer gateway may write others.
pub(super) type Event = Map<String, Value>;

/// The fields with a time in milliseconds: of `wrangler tail`, workerd and Logpush.
const TIMES: [&str; 4] = ["timestamp", "eventTimestamp", "TimestampMs", "EventTimestampMs"];

/// The deepest nesting of an event in a document.
const DEEPEST: usize = 8;

/// The events of a document, each with the nearest time around it.
pub(super) fn found_in(document: &Value) -> Vec<(Option<Timestamp>, Event)> {
    let mut found = Vec::new();
    collect(document, None, DEEPEST, &mut found);
    found
}

fn collect(
    value: &Value,
    time: Option<Timestamp>,
    depth: usize,
    found: &mut Vec<(Option<Timestamp>, Event)>,
) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match value {
        Value::Object(object) if is_event(object) => found.push((time, object.clone())),
        Value::Object(object) => {
            let own = TIMES.iter().find_map(|name| object.get(*name)?.as_i64());
            let own = own.and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok());
            for member in object.values() {
                collect(member, own.or(time), depth, found);
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| collect(element, time, depth, found)),
        // The runtime logs the gateway's lines as strings.
        Value::String(text) if text.starts_with('{') => {
            if let Ok(inner) = serde_json::from_str(text) {
                collect(&inner, time, depth, found);
            }
        }
        _ => {}
    }
}

/// Whether the object has the fields of every line of the gateway.
fn is_event(object: &Event) -> bool {
    ["event", "level", "request_id"].iter().all(|name| object.get(*name).is_some_and(Value::is_string))
}

/// A string of the event; empty if it is missing.
pub(super) fn text<'e>(event: &'e Event, name: &str) -> &'e str {
    event.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const LINE: &str = r#"{"event":"request","level":"info","request_id":"1","status":200}"#;

    #[test]
    fn an_event_is_found_in_what_each_carrier_prints() {
        let bare: Value = serde_json::from_str(LINE).unwrap();
        for (carrier, time) in [
            (bare, None),
            (
                json!({"eventTimestamp": 1_000, "logs": [{"message": [LINE], "level": "log", "timestamp": 2_000}], "event": {"request": {"url": "{"}}}),
                Some(2),
            ),
            (json!({"timestamp": 3_000, "level": "info", "message": LINE}), Some(3)),
            (json!({"EventTimestampMs": 4_000, "Logs": [{"Level": "log", "Message": [LINE]}]}), Some(4)),
        ] {
            let found = found_in(&carrier);
            assert_eq!(found.len(), 1, "{carrier}");
            assert_eq!(found[0].0.map(Timestamp::as_second), time, "{carrier}");
            assert_eq!(text(&found[0].1, "request_id"), "1");
        }
    }

    #[test]
    fn nothing_else_is_an_event() {
        for other in [json!({"event": "request"}), json!(["{", "{}", LINE.replace("event", "e")]), json!(1)] {
            assert!(found_in(&other).is_empty(), "{other}");
        }
        let deep = (0..DEEPEST).fold(json!(LINE), |inner, _| json!([inner]));
        assert!(found_in(&deep).is_empty());
    }
}
