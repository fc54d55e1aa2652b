//! `GET metrics`: the last minutes in the text format of `OpenMetrics` 1.0.

use std::fmt::Write as _;

use super::analytics_query::{AnalyticsQuery, Row, number, text};
use super::report::Report;
use crate::refusal::Code;
use crate::runtime::Bindings;
use crate::runtime::own_request::OwnRequests;

/// The window, in minutes. Points are available some seconds after their request.
const MINUTES: u8 = 5;

/// The labels, and their columns in the data points.
const LABELS: [(&str, &str); 6] = [
    ("route", "blob1"),
    ("caller", "blob2"),
    ("status", "blob3"),
    ("code", "blob4"),
    ("source", "blob5"),
    ("failover", "blob6"),
];

/// The operator's own requests, which have a text in the seventh column, are not counted.
pub(super) async fn report<R: Bindings + OwnRequests>(
    mut query: AnalyticsQuery<'_, '_, R>,
    dataset: &str,
) -> Result<Report, Code> {
    let columns: Vec<String> = LABELS.iter().map(|(label, column)| format!("{column} AS {label}")).collect();
    let names: Vec<&str> = LABELS.iter().map(|(label, _)| *label).collect();
    let of = format!("FROM {dataset} WHERE blob7 = '' AND timestamp > NOW() - INTERVAL '{MINUTES}' MINUTE");
    let counts = format!(
        "SELECT {}, SUM(_sample_interval) AS requests {of} GROUP BY {} ORDER BY requests DESC LIMIT 2000",
        columns.join(", "),
        names.join(", ")
    );
    let times = format!(
        "SELECT blob1 AS route, quantileExactWeighted(0.5)(double4, _sample_interval) AS p50, \
         quantileExactWeighted(0.99)(double4, _sample_interval) AS p99 {of} GROUP BY route LIMIT 2000"
    );
    let counts = query.rows(counts).await?;
    let times = query.rows(times).await?;
    Ok(Report::open_metrics(written(&counts, &times)))
}

fn written(counts: &[Row], times: &[Row]) -> String {
    let mut out = String::new();
    out.push_str(
        "# TYPE ostiary_requests gauge\n# HELP ostiary_requests Requests in the last five minutes.\n",
    );
    for row in counts {
        let labels = LABELS.iter().map(|(label, _)| (*label, text(row, label)));
        sample(&mut out, "ostiary_requests", labels, number(row, "requests"));
    }
    out.push_str(
        "# TYPE ostiary_duration_seconds gauge\n\
         # HELP ostiary_duration_seconds From a request to the head of its response, in the last five minutes.\n",
    );
    for row in times {
        for (quantile, column) in [("0.5", "p50"), ("0.99", "p99")] {
            let labels = [("route", text(row, "route")), ("quantile", quantile)];
            sample(&mut out, "ostiary_duration_seconds", labels.into_iter(), number(row, column) / 1000.0);
        }
    }
    out.push_str("# EOF\n");
    out
}

fn sample<'l>(out: &mut String, name: &str, labels: impl Iterator<Item = (&'l str, &'l str)>, value: f64) {
    out.push_str(name);
    out.push('{');
    for (at, (label, text)) in labels.enumerate() {
        let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let comma = if at == 0 { "" } else { "," };
        // Writing to a `String` cannot fail.
        let _ = write!(out, "{comma}{label}=\"{text}\"");
    }
    let _ = writeln!(out, "}} {value}");
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn labels_are_escaped_and_numbers_may_be_texts() {
        let row = |value: serde_json::Value| value.as_object().cloned().unwrap();
        let counts = [row(json!({ "route": "a\"b\\c\nd", "caller": "x", "requests": "12" }))];
        let times = [row(json!({ "route": "r", "p50": 41, "p99": 1250.5 }))];
        let expected = r#"# TYPE ostiary_requests gauge
# HELP ostiary_requests Requests in the last five minutes.
ostiary_requests{route="a\"b\\c\nd",caller="x",status="",code="",source="",failover=""} 12
# TYPE ostiary_duration_seconds gauge
# HELP ostiary_duration_seconds From a request to the head of its response, in the last five minutes.
ostiary_duration_seconds{route="r",quantile="0.5"} 0.041
ostiary_duration_seconds{route="r",quantile="0.99"} 1.2505
# EOF
"#;
        assert_eq!(written(&counts, &times), expected);
    }
}
