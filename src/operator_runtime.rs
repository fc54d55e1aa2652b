//! The runtime's functions for the operator's endpoints only.

use std::collections::BTreeMap;
use std::pin::Pin;

use ostiary_core::configuration::{Gateway, Source};
use ostiary_core::request_id::RequestId;
use ostiary_core::runtime::clock::elapsed;
use ostiary_core::runtime::feature::if_built_in;
use ostiary_core::runtime::reading::Reading;
use ostiary_core::runtime::{
    Bindings, BodyReadError, Clock, OperatorRuntime, RehearsalRequest, Rehearsed, RehearsedSend,
};
use ostiary_core::secret_value::SecretValue;
use ostiary_core::{Handled, Outcome, handle};
use ostiary_rehearsal::{Rehearsal, UpstreamRequest};
use wasm_bindgen::prelude::*;
use web_sys::ReadableStreamDefaultReader;

use crate::configuration::PAGE;
use crate::js;
use crate::request::Head;
use crate::request_context::RequestContext;
use crate::timer::Deadline;
use crate::upstream::UpstreamResponse;

impl OperatorRuntime for RequestContext<'_> {
    async fn read_operator_body(&self, limit: u32, timeout_ms: u32) -> Result<SecretValue, BodyReadError> {
        if self.rehearsal().is_some() {
            return Err(BodyReadError::Broken);
        }
        let Some(body) = self.request.body() else { return Ok(SecretValue::new(String::new())) };
        let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
        let all = self.read_all(&reader, None, limit, None);
        let received = Deadline::new(self.invocation, timeout_ms).within(all).await;
        js::discard(&reader);
        let text = String::from_utf8(received.ok_or(BodyReadError::Broken)??);
        text.map(SecretValue::new).map_err(|_| BodyReadError::Broken)
    }

    async fn measure(&self, source: &Source, timeout_ms: u32) -> (Reading, u32) {
        let before = self.now();
        let reading = self.read(source, timeout_ms).await;
        (reading, elapsed(before, self.now()))
    }

    async fn rehearse(&self, gateway: &Gateway, request: &RehearsalRequest) -> Option<Rehearsed> {
        if_built_in(PAGE.is_some(), || self.rehearse_here(gateway, request)).await
    }
}

impl RequestContext<'_> {
    async fn rehearse_here(&self, gateway: &Gateway, request: &RehearsalRequest) -> Rehearsed {
        let rehearsal = Rehearsal::with_placeholders(gateway, BTreeMap::new());
        let runtime = self.rehearsing(&rehearsal);
        let head = Head::from(request);
        // The same function that serves requests. It calls this one, so its future has to be boxed.
        let handling: Pin<Box<dyn Future<Output = Handled<'_, UpstreamResponse>> + '_>> =
            Box::pin(handle(gateway, &head, &runtime, RequestId::new(0)));
        let Handled { outcome, event } = handling.await;
        let code = match outcome {
            Outcome::Refused(refusal) => Some(refusal.code),
            Outcome::Preflight(_) | Outcome::Forwarded { .. } | Outcome::Reported(_) => None,
        };
        let sent = rehearsal.sent();
        let sent =
            sent.map(|UpstreamRequest { method, url, removed, .. }| RehearsedSend { method, url, removed });
        Rehearsed { line: event.line(), code, reads: rehearsal.reads(), sent }
    }
}
