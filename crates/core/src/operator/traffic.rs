//! `GET traffic?hours=1`: the last hour or the last day, for the page's charts.

use serde::Serialize;

use super::analytics_query::{AnalyticsQuery, Row, number, text};
use super::report::Report;
use crate::http::query::parameters;
use crate::refusal::Code;
use crate::runtime::Bindings;
use crate::runtime::own_request::OwnRequests;

/// The body of the response.
#[derive(Serialize)]
struct Traffic<'r> {
    hours: u8,
    /// The length of a step of the series, in seconds.
    step: u32,
    series: Vec<Step>,
    shares: Vec<Share<'r>>,
}

/// One step of the series. Durations are in milliseconds.
#[derive(Serialize)]
struct Step {
    /// Its beginning, in seconds since 1970.
    at: f64,
    requests: f64,
    refusals: f64,
    failovers: f64,
    p50: f64,
    p99: f64,
}

#[derive(Serialize)]
struct Share<'r> {
    caller: &'r str,
    code: &'r str,
    source: &'r str,
    requests: f64,
}

/// 400
fn window(query: Option<&str>) -> Result<(u8, u32), Code> {
    let mut asked = query.filter(|query| !query.is_empty()).into_iter().flat_map(parameters);
    let (Some(hours), None) = (asked.next(), asked.next()) else { return Err(Code::OperationInvalid) };
    match (hours.name().as_ref(), hours.value().as_ref()) {
        (b"hours", b"1") => Ok((1, 120)),
        (b"hours", b"24") => Ok((24, 1_800)),
        _ => Err(Code::OperationInvalid),
    }
}

/// The operator's own requests are not counted.
pub(super) async fn report<R: Bindings + OwnRequests>(
    mut query: AnalyticsQuery<'_, '_, R>,
    dataset: &str,
    asked: Option<&str>,
) -> Result<Report, Code> {
    let (hours, step) = window(asked)?;
    let of = format!("FROM {dataset} WHERE blob7 = '' AND timestamp > NOW() - INTERVAL '{hours}' HOUR");
    let series = format!(
        "SELECT intDiv(toUInt32(timestamp), {step}) * {step} AS at, SUM(_sample_interval) AS requests, \
         SUM(if(blob4 != '', _sample_interval, 0)) AS refusals, \
         SUM(if(blob6 != '', _sample_interval, 0)) AS failovers, \
         quantileExactWeighted(0.5)(double4, _sample_interval) AS p50, \
         quantileExactWeighted(0.99)(double4, _sample_interval) AS p99 {of} GROUP BY at ORDER BY at LIMIT 100"
    );
    let shares = format!(
        "SELECT blob2 AS caller, blob4 AS code, blob5 AS source, SUM(_sample_interval) AS requests {of} \
         GROUP BY caller, code, source ORDER BY requests DESC LIMIT 500"
    );
    let series = query.rows(series).await?;
    let shares = query.rows(shares).await?;
    let traffic = Traffic {
        hours,
        step,
        series: series.iter().map(Step::from).collect(),
        shares: shares.iter().map(Share::from).collect(),
    };
    Ok(Report::new(200, &traffic))
}

impl From<&Row> for Step {
    fn from(row: &Row) -> Self {
        let number = |column| number(row, column);
        Self {
            at: number("at"),
            requests: number("requests"),
            refusals: number("refusals"),
            failovers: number("failovers"),
            p50: number("p50"),
            p99: number("p99"),
        }
    }
}

impl<'r> From<&'r Row> for Share<'r> {
    fn from(row: &'r Row) -> Self {
        Self {
            caller: text(row, "caller"),
            code: text(row, "code"),
            source: text(row, "source"),
            requests: number(row, "requests"),
        }
    }
}
