//! The runtime's functions for forms of auth that need the whole request.

use ostiary_core::configuration::Forms;
use ostiary_core::runtime::BodyReadError;
use ostiary_core::runtime::auth_runtime::AuthRuntime;
use wasm_bindgen::prelude::*;
use web_sys::ReadableStreamDefaultReader;

use crate::configuration::FORMS;
use crate::js;
use crate::request_context::RequestContext;
use crate::timer::{Deadline, IdleDeadline};

impl AuthRuntime for RequestContext<'_> {
    const FORMS: Forms = FORMS;

    async fn read_body(
        &self,
        length: Option<u64>,
        limit: u32,
        timeout_ms: u32,
        total_timeout_ms: Option<u32>,
    ) -> Result<Vec<u8>, BodyReadError> {
        let Some(body) = self.request.body().filter(|_| self.rehearsal().is_none()) else {
            return Ok(Vec::new());
        };
        let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
        let idle = IdleDeadline::new(self.invocation, timeout_ms);
        let reading = self.read_all(&reader, length, limit, Some(idle));
        let received = match total_timeout_ms {
            Some(total) => Deadline::new(self.invocation, total).within(reading).await,
            None => Some(reading.await),
        };
        js::discard(&reader);
        received.unwrap_or(Err(BodyReadError::Broken))
    }
}
