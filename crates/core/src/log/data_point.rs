//! The data point of a request for Analytics Engine.

use super::event::Event;
use crate::runtime::reading::Failure;

/// One data point: the blobs and doubles of Analytics Engine, in the order of `docs/metrics.md`.
///
/// One is made for each request, so the blobs are one text, which crosses to the runtime at once.
#[derive(Clone, Debug, PartialEq)]
pub struct DataPoint {
    /// The name of the binding, and the blobs, one per line. The first blob is also the index for sampling.
    pub lines: String,
    /// The doubles.
    pub numbers: [f64; 4],
}

/// What the lines of most points need, in bytes.
const USUAL_LENGTH: usize = 128;

impl DataPoint {
    /// For this binding.
    #[must_use]
    pub fn new(binding: &str, event: &Event<'_>) -> Self {
        let served = || event.secrets.iter().filter(|note| note.failure.is_none());
        let fell_back =
            event.secrets.iter().any(|note| note.failure.is_some_and(|why| why != Failure::Rejected));
        let failover = match event.failover {
            Some(outcome) => outcome.as_str(),
            None if fell_back && served().next().is_some() => "fallback",
            None => "",
        };
        let mut lines = String::with_capacity(USUAL_LENGTH);
        lines.push_str(binding);
        add(&mut lines, event.route.unwrap_or_default());
        add(&mut lines, event.caller.unwrap_or_default());
        add(&mut lines, class(event.status));
        add(&mut lines, event.code.unwrap_or_default());
        add(&mut lines, "");
        for (at, note) in served().enumerate() {
            lines.push_str(if at == 0 { "" } else { "," });
            lines.push_str(note.binding);
        }
        add(&mut lines, failover);
        add(&mut lines, event.operation.unwrap_or_default());
        add(&mut lines, "");
        // The subject comes from another issuer, so it may have line ends.
        lines.extend(
            event
                .subject
                .iter()
                .flat_map(|subject| subject.chars())
                .map(|character| if character == '\n' { ' ' } else { character }),
        );
        let number = |value: Option<u32>| f64::from(value.unwrap_or_default());
        let numbers = [
            f64::from(event.attempts),
            number(event.secrets_ms),
            number(event.upstream_ms),
            f64::from(event.total_ms),
        ];
        Self { lines, numbers }
    }
}

fn add(lines: &mut String, line: &str) {
    lines.push('\n');
    lines.push_str(line);
}

/// The class of a status (RFC 9110 §15).
const fn class(status: u16) -> &'static str {
    match status / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::FailoverOutcome;
    use crate::request_id::RequestId;
    use crate::secrets::fallback::SourceNote;

    #[test]
    fn a_point_has_the_names_and_numbers_of_the_event() {
        let note = |binding, source, failure| SourceNote {
            secret: "api",
            binding,
            source,
            failure,
            error: None,
            status: None,
        };
        let event = Event {
            route: Some("api"),
            caller: Some("checkout"),
            subject: Some("repo:a\nb".to_owned()),
            secrets: vec![note("A", 1, Some(Failure::Rejected)), note("B", 2, None), note("C", 1, None)],
            failover: Some(FailoverOutcome::Recovered),
            attempts: 2,
            status: 204,
            secrets_ms: Some(3),
            upstream_ms: Some(40),
            total_ms: 44,
            ..Event::new(RequestId::new(1))
        };
        let point = DataPoint::new("METRICS", &event);
        assert_eq!(point.lines, "METRICS\napi\ncheckout\n2xx\n\nB,C\nprimary_refused\n\nrepo:a b");
        assert_eq!(point.numbers.map(|number| number.to_string()), ["2", "3", "40", "44"]);
        let event = Event {
            secrets: vec![note("A", 1, Some(Failure::Missing)), note("B", 2, None)],
            failover: None,
            ..event
        };
        assert_eq!(
            DataPoint::new("METRICS", &event).lines,
            "METRICS\napi\ncheckout\n2xx\n\nB\nfallback\n\nrepo:a b"
        );
        let refused = Event { code: Some("no_route"), status: 404, ..Event::new(RequestId::new(1)) };
        assert_eq!(DataPoint::new("M", &refused).lines, "M\n\n\n4xx\nno_route\n\n\n\n");
    }
}
