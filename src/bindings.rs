//! The bindings of the deployment: Secrets Store, classic secrets, rate limits and variables.
//!
//! The time for a read is `secret_timeout` of the configuration. Reads that begin at the same time share one timer.

use std::rc::Rc;

use js_sys::Reflect;
use ostiary_core::configuration::{Source, SourceKind};
use ostiary_core::runtime::Bindings;
use ostiary_core::runtime::rate_limit_verdict::RateLimitVerdict;
use ostiary_core::runtime::reading::Reading;
use ostiary_secret_bindings::{self as secret_bindings, ReadError};
use wasm_bindgen::prelude::*;

use crate::deadline::Deadline;
use crate::js::{RateLimit, RateLimitOptions, RateLimitOutcome};
use crate::runtime::Runtime;

impl Bindings for Runtime<'_> {
    async fn read(&self, source: &Source, within: u32) -> Reading {
        if let Some(rehearsal) = self.rehearsal() {
            return rehearsal.reading(source);
        }
        match source.kind {
            SourceKind::SecretsStore => self.read_stored(&source.binding, within).await,
            SourceKind::WorkerSecret => {
                self.variable(&source.binding).map_or(Reading::Error, Reading::from_value)
            }
        }
    }

    async fn limit(&self, binding: &str, key: &str, within: u32) -> RateLimitVerdict {
        if self.rehearsal().is_some() {
            return RateLimitVerdict::Within;
        }
        match self.count(binding, key, within).await {
            Some(true) => RateLimitVerdict::Within,
            Some(false) => RateLimitVerdict::Exceeded,
            None => RateLimitVerdict::Unknown,
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        // `Env::var` also asks what class the value is of, at several times the cost of the value.
        Reflect::get(self.env, &name.into()).ok()?.as_string()
    }
}

impl Runtime<'_> {
    async fn read_stored(&self, binding: &str, within: u32) -> Reading {
        let promise = match secret_bindings::start(self.env, binding) {
            Ok(promise) => promise,
            Err(why) => return without_value(why),
        };
        match self.shared_deadline(within).within(self.invocation.result_of(promise)).await {
            Some(settled) => secret_bindings::outcome(settled)
                .map_or_else(without_value, |value| Reading::from_value(value.into_exposed())),
            None => Reading::Timeout,
        }
    }

    /// Whether the limit allows one more request with this key; `None` if the binding does not respond in time.
    async fn count(&self, binding: &str, key: &str, within: u32) -> Option<bool> {
        let limit: RateLimit = JsValue::from(self.env.rate_limiter(binding).ok()?).unchecked_into();
        let options = RateLimitOptions::new(key);
        let promise = limit.limit(&options).ok()?;
        let outcome = self.shared_deadline(within).within(self.invocation.result_of(promise)).await?.ok()?;
        let outcome = Some(outcome).filter(JsValue::is_object)?;
        outcome.unchecked_ref::<RateLimitOutcome>().success().ok()?.as_bool()
    }

    /// The deadline of reads that begin at the same time, which share one timer.
    fn shared_deadline(&self, within: u32) -> Rc<Deadline> {
        let mut shared = self.deadline.borrow_mut();
        shared.upgrade().unwrap_or_else(|| {
            let deadline = Rc::new(Deadline::new(self.invocation, within));
            *shared = Rc::downgrade(&deadline);
            deadline
        })
    }
}

const fn without_value(why: ReadError) -> Reading {
    match why {
        ReadError::Missing => Reading::Missing,
        ReadError::Empty => Reading::Empty,
        ReadError::Failed => Reading::Error,
        ReadError::TimedOut => Reading::Timeout,
    }
}
