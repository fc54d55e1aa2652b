//! A query to the SQL API of Analytics Engine.

use std::rc::Rc;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::configuration::{Gateway, MetricsSource};
use crate::http::method::Method;
use crate::refusal::Code;
use crate::runtime::own_request::OwnRequests;
use crate::runtime::plan::Plan;
use crate::runtime::reading::Reading;
use crate::runtime::{Bindings, SendError};
use crate::secret_value::{SecretBytes, SecretValue};
use crate::secrets::base_url::base_url;
use crate::secrets::readings::Readings;

/// The time until the response has arrived, in milliseconds.
const TIMEOUT: u32 = 10_000;

/// In bytes: longer than any response to these queries.
const LONGEST: u32 = 1024 * 1024;

/// One row, by the names of its columns.
pub(super) type Row = Map<String, Value>;

#[derive(Deserialize)]
struct Answer {
    data: Vec<Row>,
}

/// Reads data points for one request of the operator.
pub(super) struct Query<'a, 'g, R> {
    pub(super) gateway: &'g Gateway,
    pub(super) source: &'g MetricsSource,
    pub(super) runtime: &'a R,
    pub(super) readings: &'a mut Readings<'g, R>,
}

impl<R: Bindings + OwnRequests> Query<'_, '_, R> {
    /// The rows that the query yields. 500, 502, 503, 504
    pub(super) async fn rows(&mut self, sql: String) -> Result<Vec<Row>, Code> {
        let url = base_url(&self.source.url, self.runtime)?;
        let token = format!("Bearer {}", self.token().await?.expose());
        let set = [("authorization", token), ("content-type", "text/plain".to_owned())];
        let plan = Plan {
            method: Method::Post,
            fetcher: None,
            url: SecretValue::new([url.origin, url.base].concat()),
            remove: Vec::new(),
            set: set.map(|(name, value)| (name.to_owned(), SecretValue::new(value))).into(),
            has_body: true,
            body: Some(Rc::new(SecretBytes::new(sql.into_bytes()))),
            keep: 0,
            max_body: None,
            timeout: TIMEOUT,
            reads_body: true,
        };
        let response = self.runtime.request(&plan, LONGEST).await.map_err(|why| match why {
            SendError::TooLarge => Code::UpstreamInvalid,
            why => why.into(),
        })?;
        if response.status != 200 {
            return Err(Code::UpstreamInvalid);
        }
        let answer: Answer =
            serde_json::from_slice(response.body.expose()).map_err(|_| Code::UpstreamInvalid)?;
        Ok(answer.data)
    }

    /// The token from the first source with a value that is valid in a header.
    async fn token(&mut self) -> Result<SecretValue, Code> {
        let secret = self.gateway.secret(self.source.token).ok_or(Code::Misconfigured)?;
        for source in secret.sources.iter() {
            self.readings.read([source]).await;
            if let Some(Reading::Value(value)) = self.readings.get(source)
                && value.expose().bytes().all(|byte| byte.is_ascii_graphic())
            {
                return Ok(SecretValue::new(value.expose().to_owned()));
            }
        }
        Err(Code::SecretUnavailable)
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
