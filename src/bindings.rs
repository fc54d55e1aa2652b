//! The deployment's bindings: Secrets Store, classic secrets, variables.

use std::time::Duration;

use futures::future::{Either, select};
use ostiary_core::configuration::{Source, SourceKind};
use ostiary_core::runtime::Bindings;
use ostiary_core::secrets::Reading;
use worker::{Delay, Env};

use crate::network::Runtime;

impl Bindings for Runtime<'_> {
    async fn read(&self, source: &Source, within: u32) -> Reading {
        match source.kind {
            SourceKind::SecretsStore => read_store(self.env, &source.binding, within).await,
            SourceKind::WorkerSecret => {
                self.variable(&source.binding).map_or(Reading::Error, |text| Reading::of(Some(text)))
            }
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.env.var(name).ok().map(|text| text.to_string())
    }
}

/// An error's text is not looked at: what production says is not documented, and it may say anything.
async fn read_store(env: &Env, binding: &str, within: u32) -> Reading {
    let Ok(store) = env.secret_store(binding) else {
        return Reading::Error;
    };
    let deadline = Delay::from(Duration::from_millis(u64::from(within)));
    match select(std::pin::pin!(store.get()), deadline).await {
        Either::Left((Ok(value), _)) => Reading::of(value),
        Either::Left((Err(_), _)) => Reading::Error,
        Either::Right(_) => Reading::Timeout,
    }
}
