//! The runtime, for one request: bindings, the network and the time.

use std::rc::Rc;

use ostiary_core::configuration::{Source, SourceKind};
use ostiary_core::plan::Plan;
use ostiary_core::runtime::{Bindings, Clock, Network, SendError};
use ostiary_core::secrets::Reading;
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
            return self.variable(&source.binding).map_or(Reading::Error, |text| Reading::of(Some(text)));
        }
        // What an exception says is not looked at: production's wording is not documented.
        match self.desk.wish(|| command::read(within), &source.binding).await {
            Arrived::Yielded(value) => Reading::of(value),
            Arrived::TimedOut => Reading::Timeout,
            Arrived::Failed | Arrived::Answered(..) => Reading::Error,
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.env.var(name).ok().map(|text| text.to_string())
    }
}

impl Network for Runtime {
    type Answer = UpstreamAnswer;

    async fn send(&self, plan: &Plan) -> Result<UpstreamAnswer, SendError> {
        let edits = command::edits(plan);
        match self.desk.wish(|| command::send(plan), edits.expose()).await {
            Arrived::Answered(response, description) => Ok(UpstreamAnswer::of(response, description)),
            Arrived::TimedOut => Err(SendError::TimedOut),
            Arrived::Failed | Arrived::Yielded(_) => Err(SendError::Unreachable),
        }
    }
}

impl Clock for Runtime {
    fn now(&self) -> f64 {
        js_sys::Date::now()
    }
}
