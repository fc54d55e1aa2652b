//! The gateway's own requests: for tokens and for public keys.

use js_sys::Uint8Array;
use ostiary_core::runtime::own_request::{OwnRequests, WholeResponse};
use ostiary_core::runtime::plan::Plan;
use ostiary_core::runtime::{BodyReadError, SendError};
use ostiary_core::secret_value::SecretBytes;
use wasm_bindgen::prelude::*;
use web_sys::{
    AbortSignal, Headers, ReadableStreamDefaultReader, RequestCache, RequestInit, RequestRedirect, Response,
};

use crate::deadline::Deadline;
use crate::js;
use crate::runtime::Runtime;

impl OwnRequests for Runtime<'_> {
    async fn request(&self, plan: &Plan, limit: u32) -> Result<WholeResponse, SendError> {
        if let Some(rehearsal) = self.rehearsal() {
            return Ok(rehearsal.token_response());
        }
        let whole = self.fetch_whole(plan, limit);
        Deadline::new(self.invocation, plan.timeout).within(whole).await.unwrap_or(Err(SendError::TimedOut))
    }
}

impl Runtime<'_> {
    async fn fetch_whole(&self, plan: &Plan, limit: u32) -> Result<WholeResponse, SendError> {
        let fetched = start(plan).map_err(|_| SendError::Unreachable)?;
        let response = self.invocation.settled(fetched).await.map_err(|_| SendError::Unreachable)?;
        let response: Response = response.unchecked_into();
        let status = response.status();
        let cache_control = response.headers().get("cache-control").ok().flatten();
        let Some(body) = response.body() else {
            return Ok(WholeResponse { status, cache_control, body: SecretBytes::new(Vec::new()) });
        };
        let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
        let read = self.read_all(&reader, limit, plan.timeout).await;
        js::discard(&reader);
        let body = read.map_err(|why| match why {
            BodyReadError::TooLarge => SendError::TooLarge,
            BodyReadError::Broken => SendError::Unreachable,
        })?;
        Ok(WholeResponse { status, cache_control, body: SecretBytes::new(body) })
    }
}

/// Resolves to a [`Response`].
fn start(plan: &Plan) -> Result<js_sys::Promise, JsValue> {
    let headers = Headers::new()?;
    for (name, value) in &plan.set {
        headers.set(name, value.expose())?;
    }
    let init = RequestInit::new();
    init.set_method(plan.method.as_str());
    init.set_headers(&headers);
    if let Some(body) = &plan.body {
        init.set_body(&Uint8Array::from(body.expose()));
    }
    init.set_redirect(RequestRedirect::Manual);
    init.set_cache(RequestCache::NoStore);
    // The signal closes the connection even if the caller has disconnected.
    init.set_signal(Some(&AbortSignal::timeout_with_u32(plan.timeout)));
    js::fetch(plan.url.expose(), &init)
}
