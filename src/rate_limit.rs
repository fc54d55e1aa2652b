//! Asks rate-limiting bindings. What they count, and what follows, is decided in
//! `crates/core/src/request/rate_limit.rs`.

use ostiary_core::runtime::rate_limit_verdict::RateLimitVerdict;
use wasm_bindgen::prelude::*;

use crate::js::{RateLimit, RateLimitOptions, RateLimitOutcome};
use crate::request_context::RequestContext;

impl RequestContext<'_> {
    /// Counts one more request with this key.
    pub(crate) async fn rate_limit_verdict(
        &self,
        binding: &str,
        key: &str,
        timeout_ms: u32,
    ) -> RateLimitVerdict {
        if self.rehearsal().is_some() {
            return RateLimitVerdict::Within;
        }
        match self.count(binding, key, timeout_ms).await {
            Some(true) => RateLimitVerdict::Within,
            Some(false) => RateLimitVerdict::Exceeded,
            None => RateLimitVerdict::Unknown,
        }
    }

    /// Whether the limit allows one more request with this key; `None` if the binding does not respond in time.
    async fn count(&self, binding: &str, key: &str, timeout_ms: u32) -> Option<bool> {
        let limit: RateLimit = JsValue::from(self.env.rate_limiter(binding).ok()?).unchecked_into();
        let options = RateLimitOptions::new(key);
        let promise = limit.limit(&options).ok()?;
        let outcome =
            self.shared_deadline(timeout_ms).within(self.invocation.result_of(promise)).await?.ok()?;
        let outcome = Some(outcome).filter(JsValue::is_object)?;
        outcome.unchecked_ref::<RateLimitOutcome>().success().ok()?.as_bool()
    }
}
