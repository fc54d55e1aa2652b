//! The runtime for the core: the state of one request.

use std::cell::RefCell;
use std::rc::Weak;

use ostiary_core::configuration::Instruments;
use ostiary_core::runtime::Clock;
use ostiary_core::runtime::instrumented::{Instrumented, Page};
use ostiary_rehearsal::Rehearsal;
use wasm_bindgen::JsValue;
use web_sys::Request;
use worker::Env;

use crate::configuration::{INSTRUMENTS, PAGE};
use crate::deadline::Deadline;
use crate::invocation::Invocation;
use crate::sending::Sending;

/// The state of one request. The core's traits are implemented in `bindings`, `upstream`, `operator_runtime` and other
/// modules.
pub(crate) struct Runtime<'a> {
    pub(crate) request: &'a Request,
    pub(crate) env: &'a Env,
    pub(crate) invocation: &'a Invocation,
    pub(crate) sending: Sending,
    /// The deadline of the current reads from bindings.
    pub(crate) deadline: RefCell<Weak<Deadline>>,
    /// The keys that have been imported for it.
    pub(crate) keys: RefCell<Vec<JsValue>>,
    rehearsal: Option<&'a Rehearsal>,
}

impl<'a> Runtime<'a> {
    pub(crate) fn new(request: &'a Request, env: &'a Env, invocation: &'a Invocation) -> Self {
        Self {
            request,
            env,
            invocation,
            sending: Sending::default(),
            deadline: RefCell::default(),
            keys: RefCell::default(),
            rehearsal: None,
        }
    }

    /// A runtime for a rehearsal: it reads no source and sends nothing.
    pub(crate) fn rehearsing<'r>(&'r self, rehearsal: &'r Rehearsal) -> Runtime<'r> {
        Runtime { rehearsal: Some(rehearsal), ..Runtime::new(self.request, self.env, self.invocation) }
    }

    /// The simulated sources and upstreams of a rehearsal. Only the operator's page rehearses requests.
    pub(crate) fn rehearsal(&self) -> Option<&'a Rehearsal> {
        PAGE.and(self.rehearsal)
    }
}

impl Instrumented for Runtime<'_> {
    const INSTRUMENTS: Instruments = INSTRUMENTS;
    const PAGE: Option<Page> = PAGE;
}

impl Clock for Runtime<'_> {
    fn now(&self) -> f64 {
        js_sys::Date::now()
    }

    async fn sleep(&self, milliseconds: u32) {
        Deadline::new(self.invocation, milliseconds).passed().await;
    }
}
