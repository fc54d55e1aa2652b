//! The runtime, for one request: bindings, the network and the time.

use std::rc::Rc;

use ostiary_core::configuration::{Forms, Source, SourceKind};
use ostiary_core::runtime::limit::Verdict;
use ostiary_core::runtime::plan::Plan;
use ostiary_core::runtime::reading::Reading;
use ostiary_core::runtime::signing::Signing;
use ostiary_core::runtime::{Bindings, Clock, Console, Network, ReceiveError, SendError};
use ostiary_core::secret_value::SecretValue;
use worker::Env;

use crate::answer::UpstreamAnswer;
use crate::command;
use crate::desk::{Arrived, Desk};

pub(crate) struct Runtime {
    pub(crate) env: Env,
    pub(crate) desk: Rc<Desk>,
}

impl Bindings for Runtime {
    async fn read(&self, source: &Source, within: u32) -> Reading {
        if source.kind == SourceKind::WorkerSecret {
            return self
                .variable(&source.binding)
                .map_or(Reading::Error, |text| Reading::from_value(Some(text)));
        }
        let binding = SecretValue::new(source.binding.clone().into_owned());
        reading(self.desk.wish(|| command::read(within), binding).await)
    }

    async fn limit(&self, binding: &str, key: &str, within: u32) -> Verdict {
        let lines = SecretValue::new(format!("{binding}\n{key}"));
        match self.desk.wish(|| command::limit(within), lines).await {
            Arrived::Said(true) => Verdict::Within,
            Arrived::Said(false) => Verdict::Exceeded,
            _ => Verdict::Unknown,
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.env.var(name).ok().map(|text| text.to_string())
    }
}

impl Network for Runtime {
    type Response = UpstreamAnswer;

    async fn send(&self, plan: &Plan) -> Result<UpstreamAnswer, SendError> {
        match self.desk.wish(|| command::send(plan), command::edits(plan)).await {
            Arrived::Answered(response, description) => Ok(UpstreamAnswer::of(response, description)),
            Arrived::TimedOut => Err(SendError::TimedOut),
            Arrived::TooLarge => Err(SendError::TooLarge),
            _ => Err(SendError::Unreachable),
        }
    }

    async fn keeps_body(&self) -> bool {
        let said = self.desk.wish(command::keep, SecretValue::new(String::new())).await;
        matches!(said, Arrived::Said(true))
    }
}

impl Console for Runtime {
    async fn receive(&self, limit: u32, within: u32) -> Result<SecretValue, ReceiveError> {
        let nothing = SecretValue::new(String::new());
        match self.desk.wish(|| command::receive(limit, within), nothing).await {
            Arrived::Received(body) => body.ok_or(ReceiveError::TooLarge),
            _ => Err(ReceiveError::Broken),
        }
    }

    async fn measure(&self, source: &Source, within: u32) -> (Reading, u32) {
        if source.kind == SourceKind::WorkerSecret {
            return (self.read(source, within).await, 0);
        }
        let binding = SecretValue::new(source.binding.clone().into_owned());
        match self.desk.wish(|| command::measure(within), binding).await {
            Arrived::Measured(arrived, milliseconds) => (reading(*arrived), milliseconds),
            arrived => (reading(arrived), 0),
        }
    }
}

/// This edge serves none of these forms, and the build refuses a configuration that uses one.
impl Signing for Runtime {
    const FORMS: Forms = Forms::NONE;

    async fn body(&self, _limit: u32, _within: u32) -> Result<Vec<u8>, ReceiveError> {
        Err(ReceiveError::Broken)
    }
}

impl Clock for Runtime {
    fn now(&self) -> f64 {
        js_sys::Date::now()
    }

    async fn sleep(&self, milliseconds: u32) {
        self.desk.wish(|| command::sleep(milliseconds), SecretValue::new(String::new())).await;
    }
}

/// What an exception says is not looked at: production's wording is not documented.
fn reading(arrived: Arrived) -> Reading {
    match arrived {
        Arrived::Read(reading) => reading,
        Arrived::TimedOut => Reading::Timeout,
        _ => Reading::Error,
    }
}
