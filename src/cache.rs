//! The runtime's cache.

use js_sys::Uint8Array;
use ostiary_core::runtime::cache::Cache;
use wasm_bindgen::prelude::*;

use crate::js;
use crate::request_context::RequestContext;
use crate::timer::Deadline;

/// The time for the cache to respond, in milliseconds. A slower cache would be slower than the request that it saves.
const TIMEOUT_MS: u32 = 1_000;

impl Cache for RequestContext<'_> {
    async fn get(&self, name: &str) -> Option<Vec<u8>> {
        if self.rehearsal().is_some() {
            return None;
        }
        let found = self.invocation.result_of(js::get_entry(self.request, name));
        let found = Deadline::new(self.invocation, TIMEOUT_MS).within(found).await?.ok()?;
        found.dyn_into::<Uint8Array>().ok().map(|bytes| bytes.to_vec())
    }

    async fn put(&self, name: &str, bytes: &[u8], seconds: u32) {
        if self.rehearsal().is_some() {
            return;
        }
        let kept =
            self.invocation.result_of(js::put_entry(self.request, name, &Uint8Array::from(bytes), seconds));
        Deadline::new(self.invocation, TIMEOUT_MS).within(kept).await;
    }
}
