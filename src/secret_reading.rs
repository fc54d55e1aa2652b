//! Reads secrets from their bindings, of Secrets Store and of the Worker, and variables.
//!
//! The time for a read is `secret_timeout` of the configuration. Reads that begin at the same time share one timer. The
//! core decides what is read: several sources at once (`crates/core/src/secrets/concurrent_reads.rs`), and the next
//! source after one that failed (`fallback.rs` beside it).

use js_sys::Reflect;
use ostiary_core::configuration::{Source, SourceKind};
use ostiary_core::runtime::Bindings;
use ostiary_core::runtime::rate_limit_verdict::RateLimitVerdict;
use ostiary_core::runtime::reading::Reading;
use ostiary_secret_bindings::{self as secret_bindings, ReadError};

use crate::request_context::RequestContext;

impl Bindings for RequestContext<'_> {
    async fn read(&self, source: &Source, timeout_ms: u32) -> Reading {
        if let Some(rehearsal) = self.rehearsal() {
            return rehearsal.reading(source);
        }
        match source.kind {
            SourceKind::SecretsStore => self.read_stored(&source.binding, timeout_ms).await,
            SourceKind::WorkerSecret => {
                self.variable(&source.binding).map_or(Reading::Error, Reading::from_value)
            }
        }
    }

    async fn check_rate_limit(&self, binding: &str, key: &str, timeout_ms: u32) -> RateLimitVerdict {
        self.rate_limit_verdict(binding, key, timeout_ms).await
    }

    fn variable(&self, name: &str) -> Option<String> {
        // `Env::var` also asks what class the value is of, at several times the cost of the value.
        Reflect::get(self.env, &name.into()).ok()?.as_string()
    }
}

impl RequestContext<'_> {
    async fn read_stored(&self, binding: &str, timeout_ms: u32) -> Reading {
        let promise = match secret_bindings::start(self.env, binding) {
            Ok(promise) => promise,
            Err(why) => return without_value(why),
        };
        match self.shared_deadline(timeout_ms).within(self.invocation.result_of(promise)).await {
            Some(settled) => secret_bindings::outcome(settled)
                .map_or_else(without_value, |value| Reading::from_value(value.into_exposed())),
            None => Reading::Timeout,
        }
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
