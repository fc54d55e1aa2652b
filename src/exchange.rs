//! One request, from its head to the head of its answer.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use ostiary_core::handle;
use ostiary_core::redaction::Redactor;
use ostiary_core::request_id::RequestId;
use ostiary_core::runtime::reading::Reading;
use ostiary_core::secret_value::SecretValue;
use wasm_bindgen::prelude::*;
use worker::Env;

use crate::command::{self, Finish};
use crate::configuration::{GATEWAY, HEADERS_READ};
use crate::desk::{Arrived, Desk};
use crate::head::RequestHead;
use crate::redactor::BodyRedactor;
use crate::runtime::Runtime;

/// The pipeline of one request, at the point where it waits.
#[wasm_bindgen]
pub struct Exchange {
    pipeline: Pin<Box<dyn Future<Output = Finish>>>,
    redactor: Option<Box<Redactor>>,
    desk: Rc<Desk>,
}

/// The names of the headers whose values [`begin`] wants, a line each.
#[wasm_bindgen(js_name = headersRead)]
#[must_use]
pub fn headers_read() -> String {
    HEADERS_READ.join("\n")
}

/// Begins with a request whose head is described as `entry.js` does it, and goes on until there is something to
/// wait for. An [`Exchange`] whose [`Exchange::command`] says what; or the last command itself, a text, where there
/// is nothing: most refusals need no object that lives on.
#[wasm_bindgen]
#[must_use]
pub fn begin(head: String, env: Env) -> JsValue {
    let desk = Rc::new(Desk::default());
    let runtime = Runtime { env, desk: Rc::clone(&desk) };
    let pipeline = async move {
        // It holds the caller's token, so it is zeroed when the exchange is dropped.
        let head = RequestHead::of(SecretValue::new(head));
        let request_id = RequestId::new(head.random_bits());
        let handled = handle(&GATEWAY, &head, &runtime, request_id).await;
        command::finish(handled)
    };
    let mut exchange = Exchange { pipeline: Box::pin(pipeline), redactor: None, desk };
    match exchange.poll() {
        Poll::Ready(command) => JsValue::from_str(&command),
        Poll::Pending => exchange.into(),
    }
}

#[wasm_bindgen]
impl Exchange {
    /// What `entry.js` is to do before the exchange can go on.
    /// A command may hold a credential, so the copy on this side is zeroed once JavaScript has its own.
    #[must_use]
    pub fn command(&self) -> JsValue {
        JsValue::from_str(self.desk.command().expose())
    }

    /// Goes on until there is something to wait for, or until the end, and says what `entry.js` is to do.
    pub fn resume(&mut self) -> JsValue {
        match self.poll() {
            Poll::Ready(command) => JsValue::from_str(&command),
            Poll::Pending => self.command(),
        }
    }

    /// After a command to redact a body: what does it. It outlives the exchange.
    pub fn redactor(&mut self) -> Option<BodyRedactor> {
        self.redactor.take().map(BodyRedactor::from)
    }

    /// What the binding at this position of the last command yielded.
    pub fn yielded(&self, position: usize, value: Option<String>) {
        self.desk.deliver(position, Arrived::Read(Reading::from_value(value)));
    }

    /// The binding at this position of the last command yielded nothing within the deadline.
    #[wasm_bindgen(js_name = timedOut)]
    pub fn timed_out(&self, position: usize) {
        self.desk.deliver(position, Arrived::TimedOut);
    }

    /// The binding at this position of the last command threw, or is none.
    pub fn failed(&self, position: usize) {
        self.desk.deliver(position, Arrived::Failed);
    }

    /// The body of the request is longer than the last command takes.
    #[wasm_bindgen(js_name = tooLarge)]
    pub fn too_large(&self) {
        self.desk.deliver(0, Arrived::TooLarge);
    }

    /// Yes or no: the rate limit at this position grants the request, the body is at hand, the time has passed.
    pub fn said(&self, position: usize, yes: bool) {
        self.desk.deliver(position, Arrived::Said(yes));
    }

    /// How long what came of the binding at this position of the last command took, in milliseconds.
    pub fn measured(&self, position: usize, milliseconds: u32) {
        self.desk.measured(position, milliseconds);
    }

    /// The body of the request; nothing where it is longer than the last command allowed.
    pub fn received(&self, body: Option<String>) {
        self.desk.deliver(0, Arrived::Received(body.map(SecretValue::new)));
    }

    /// The head of the upstream's answer, described as `entry.js` does it.
    pub fn answered(&self, response: web_sys::Response, description: String) {
        self.desk.deliver(0, Arrived::Answered(response, SecretValue::new(description)));
    }
}

impl Exchange {
    /// Whoever waits is polled again by the next call, so nobody needs to be woken.
    fn poll(&mut self) -> Poll<String> {
        self.pipeline.as_mut().poll(&mut Context::from_waker(Waker::noop())).map(|finish| {
            self.redactor = finish.redactor;
            finish.command
        })
    }
}
