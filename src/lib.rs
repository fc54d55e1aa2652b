//! The edge: hands the runtime's requests to the core and does what the core decides. It holds no policy.
//!
//! [`runtime::Runtime`] is what the core asks for secrets, for the upstream and for the time. Bodies are moved by the
//! JavaScript in [`js`], which has the runtime's streams at hand.

mod bindings;
mod cache;
mod configuration;
mod console;
mod cryptography;
mod deadline;
mod headers;
mod invocation;
mod js;
mod own_request;
mod recovery;
mod redactor;
mod request;
mod response;
mod rewriter;
mod runtime;
mod sending;
mod signing;
mod upstream;
mod waiter;

use ostiary_core::handle;
use web_sys::{Request, Response};
use worker::{Context, Env, event};

use crate::configuration::GATEWAY;
use crate::invocation::Invocation;
use crate::request::Head;
use crate::runtime::Runtime;

/// Handles one request, from its head to the head of its response.
#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> worker::Result<Response> {
    recovery::watch();
    let invocation = Invocation::default();
    let handled = async {
        let head = Head::from(&request);
        let runtime = Runtime::new(&request, &env, &invocation);
        let handled = handle(&GATEWAY, &head, &runtime, request::random_id()).await;
        js::log(&handled.event.line());
        response::build(handled, &runtime)
    };
    let Some(response) = invocation.run(handled).await else {
        js::announce_abandoned(&request);
        // The caller has gone, so nobody sees it.
        return Ok(Response::error());
    };
    Ok(response?)
}
