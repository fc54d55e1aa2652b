//! The gateway's own requests: for tokens and for public keys.

use js_sys::{Promise, Uint8Array};
use ostiary_core::runtime::clock::elapsed;
use ostiary_core::runtime::own_request::{OwnRequests, WholeResponse};
use ostiary_core::runtime::plan::Plan;
use ostiary_core::runtime::{BodyReadError, Clock, SendError};
use ostiary_core::secret_value::SecretBytes;
use wasm_bindgen::prelude::*;
use web_sys::{AbortSignal, Headers, ReadableStreamDefaultReader, Response};

use crate::js;
use crate::request_context::RequestContext;
use crate::timer::Deadline;
use crate::upstream::request_init;

impl OwnRequests for RequestContext<'_> {
    async fn request(&self, plan: &Plan, limit: u32) -> Result<WholeResponse, SendError> {
        if let Some(rehearsal) = self.rehearsal() {
            return Ok(rehearsal.token_response());
        }
        let started = self.now();
        let whole = self.fetch_whole(plan, limit);
        let whole = Deadline::new(self.invocation, plan.timeout).within(whole).await;
        // Where the signal fires before the deadline, the connection has ended, because the time has passed.
        let is_late = || elapsed(started, self.now()) >= plan.timeout;
        match whole {
            None => Err(SendError::TimedOut),
            Some(Err(SendError::Unreachable)) if is_late() => Err(SendError::TimedOut),
            Some(whole) => whole,
        }
    }
}

impl RequestContext<'_> {
    async fn fetch_whole(&self, plan: &Plan, limit: u32) -> Result<WholeResponse, SendError> {
        let fetched = start(plan).map_err(|_| SendError::Unreachable)?;
        let response = self.invocation.result_of(fetched).await.map_err(|_| SendError::Unreachable)?;
        let response: Response = response.unchecked_into();
        let status = response.status();
        let cache_control = response.headers().get("cache-control").ok().flatten();
        let Some(body) = response.body() else {
            return Ok(WholeResponse { status, cache_control, body: SecretBytes::new(Vec::new()) });
        };
        let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
        let read = self.read_all(&reader, None, limit, None).await;
        js::discard(&reader);
        let body = read.map_err(|why| match why {
            BodyReadError::TooLarge => SendError::TooLarge,
            BodyReadError::Broken => SendError::Unreachable,
        })?;
        Ok(WholeResponse { status, cache_control, body: SecretBytes::new(body) })
    }
}

/// Resolves to a [`Response`].
fn start(plan: &Plan) -> Result<Promise, JsValue> {
    let body = plan.body.as_ref().map_or(JsValue::NULL, |body| Uint8Array::from(body.expose()).into());
    // The signal closes the connection even if the caller has disconnected.
    let signal = AbortSignal::timeout_with_u32(plan.timeout);
    js::fetch(plan.url.expose(), &request_init(plan, &Headers::new()?, &body, &signal)?)
}
