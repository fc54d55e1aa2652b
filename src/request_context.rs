//! The state of one request at the edge. For the core it is the runtime: every trait of `ostiary_core::runtime` is
//! implemented for it, here and in the modules that act.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use ostiary_core::configuration::Instruments;
use ostiary_core::runtime::Clock;
use ostiary_core::runtime::instrumented::{Instrumented, Page};
use ostiary_rehearsal::Rehearsal;
use wasm_bindgen::JsValue;
use web_sys::Request;
use worker::Env;

use crate::configuration::{INSTRUMENTS, PAGE};
use crate::invocation::Invocation;
use crate::sending::Sending;
use crate::timer::Deadline;

/// The state of one request. The core's traits are implemented in `secret_reading`, `upstream`, `operator_runtime` and
/// other modules.
pub(crate) struct RequestContext<'a> {
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

impl<'a> RequestContext<'a> {
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

    /// The context of a rehearsal: it reads no source and sends nothing.
    pub(crate) fn rehearsing<'r>(&'r self, rehearsal: &'r Rehearsal) -> RequestContext<'r> {
        RequestContext {
            rehearsal: Some(rehearsal),
            ..RequestContext::new(self.request, self.env, self.invocation)
        }
    }

    /// The simulated sources and upstreams of a rehearsal. Only the operator's page rehearses requests.
    pub(crate) fn rehearsal(&self) -> Option<&'a Rehearsal> {
        PAGE.and(self.rehearsal)
    }

    /// The deadline of reads that begin at the same time, which share one timer.
    pub(crate) fn shared_deadline(&self, timeout_ms: u32) -> Rc<Deadline> {
        let mut shared = self.deadline.borrow_mut();
        shared.upgrade().unwrap_or_else(|| {
            let deadline = Rc::new(Deadline::new(self.invocation, timeout_ms));
            *shared = Rc::downgrade(&deadline);
            deadline
        })
    }
}

impl Instrumented for RequestContext<'_> {
    const INSTRUMENTS: Instruments = INSTRUMENTS;
    const PAGE: Option<Page> = PAGE;
}

impl Clock for RequestContext<'_> {
    fn now(&self) -> f64 {
        js_sys::Date::now()
    }

    async fn sleep(&self, milliseconds: u32) {
        Deadline::new(self.invocation, milliseconds).passed().await;
    }
}
