//! A query to the SQL API of Analytics Engine.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::account_access::AccountAccess;
use crate::configuration::{AccountApi, Gateway};
use crate::refusal::Code;
use crate::runtime::own_request::OwnRequests;
use crate::runtime::{Bindings, SendError};
use crate::secrets::concurrent_reads::Readings;

/// The time until the response has arrived, in milliseconds. Prometheus waits no longer for metrics by default
/// (`scrape_timeout`).
const TIMEOUT: u32 = 10_000;

/// In bytes: longer than any response to these queries.
const MAX_RESPONSE_BYTES: u32 = 1024 * 1024;

/// One row, by the names of its columns.
pub(super) type Row = Map<String, Value>;

#[derive(Deserialize)]
struct SqlResponse {
    data: Vec<Row>,
}

/// Reads data points for one request of the operator.
pub(super) struct AnalyticsQuery<'a, 'g, R> {
    pub(super) gateway: &'g Gateway,
    pub(super) api: &'g AccountApi,
    pub(super) runtime: &'a R,
    pub(super) readings: &'a mut Readings<'g, R>,
}

impl<R: Bindings + OwnRequests> AnalyticsQuery<'_, '_, R> {
    /// The rows that the query yields. 500, 502, 503, 504
    pub(super) async fn rows(&mut self, sql: String) -> Result<Vec<Row>, Code> {
        let access = AccountAccess::read(self.gateway, self.api, self.readings).await?;
        let plan = access.post(sql, TIMEOUT);
        let response = self.runtime.request(&plan, MAX_RESPONSE_BYTES).await.map_err(|why| match why {
            SendError::TooLarge => Code::UpstreamInvalid,
            why => why.into(),
        })?;
        if response.status != 200 {
            return Err(Code::UpstreamInvalid);
        }
        let response: SqlResponse =
            serde_json::from_slice(response.body.expose()).map_err(|_| Code::UpstreamInvalid)?;
        Ok(response.data)
    }
}

/// A text of the row; empty if the column is not a text.
pub(super) fn text<'r>(row: &'r Row, column: &str) -> &'r str {
    row.get(column).and_then(Value::as_str).unwrap_or_default()
}

/// A number of the row. Large integers are returned as texts.
pub(super) fn number(row: &Row, column: &str) -> f64 {
    let value = row.get(column);
    let number = value.and_then(|value| value.as_f64().or_else(|| value.as_str()?.parse().ok()));
    number.filter(|number| number.is_finite()).unwrap_or_default()
}
