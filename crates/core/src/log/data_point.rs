//! The data point of a request for Analytics Engine.

use super::event::Event;
use crate::runtime::reading::Failure;

/// One data point: the blobs and doubles of Analytics Engine, in the order of `docs/metrics.md`.
#[derive(Clone, Debug, PartialEq)]
pub struct DataPoint {
    /// The blobs, one per line. The first one is also the index for sampling.
    pub texts: String,
    /// The doubles.
    pub numbers: [f64; 4],
}

impl From<&Event<'_>> for DataPoint {
    fn from(event: &Event<'_>) -> Self {
        let served = event.secrets.iter().filter(|note| note.failure.is_none());
        let served: Vec<&str> = served.map(|note| note.binding).collect();
        let fell_back =
            event.secrets.iter().any(|note| note.failure.is_some_and(|why| why != Failure::Refused));
        let failover = match event.failover {
            Some(outcome) => outcome.as_str(),
            None if fell_back && !served.is_empty() => "fallback",
            None => "",
        };
        let class = format!("{}xx", event.status / 100);
        let texts = [
            event.route.unwrap_or_default(),
            event.caller.unwrap_or_default(),
            &class,
            event.code.unwrap_or_default(),
            &served.join(","),
            failover,
            event.operation.unwrap_or_default(),
            // The subject comes from another issuer, so it may have line ends.
            &event.subject.as_deref().unwrap_or_default().replace('\n', " "),
        ];
        let number = |value: Option<u32>| f64::from(value.unwrap_or_default());
        let numbers = [
            f64::from(event.attempts),
            number(event.secrets_ms),
            number(event.upstream_ms),
            f64::from(event.total_ms),
        ];
        Self { texts: texts.join("\n"), numbers }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::FailoverOutcome;
    use crate::request_id::RequestId;
    use crate::secrets::resolver::SourceNote;

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
            secrets: vec![note("A", 1, Some(Failure::Refused)), note("B", 2, None), note("C", 1, None)],
            failover: Some(FailoverOutcome::PrimaryRefused),
            attempts: 2,
            status: 204,
            secrets_ms: Some(3),
            upstream_ms: Some(40),
            total_ms: 44,
            ..Event::new(RequestId::new(1))
        };
        let point = DataPoint::from(&event);
        assert_eq!(point.texts, "api\ncheckout\n2xx\n\nB,C\nprimary_refused\n\nrepo:a b");
        assert_eq!(point.numbers.map(|number| number.to_string()), ["2", "3", "40", "44"]);
        let event = Event {
            secrets: vec![note("A", 1, Some(Failure::Missing)), note("B", 2, None)],
            failover: None,
            ..event
        };
        assert_eq!(DataPoint::from(&event).texts, "api\ncheckout\n2xx\n\nB\nfallback\n\nrepo:a b");
        let refused = Event { code: Some("no_route"), status: 404, ..Event::new(RequestId::new(1)) };
        assert_eq!(DataPoint::from(&refused).texts, "\n\n4xx\nno_route\n\n\n\n");
    }
}
