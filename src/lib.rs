//! The entry point of the Worker. It passes each request to [`ostiary_core::handle`], which makes every decision, and
//! carries the decisions out.
//!
//! The core reads secrets, sends requests upstream and reads the clock through its traits, which `request_context` and
//! other modules implement. Bodies are moved by JavaScript (`js`), which reads and writes the platform's streams
//! without a copy into WebAssembly. `entry.js` restarts the module after a panic and serves requests again.

mod auth_runtime;
mod body_reader;
mod cache;
mod configuration;
mod cryptography;
mod headers;
mod invocation;
mod js;
mod log;
mod operator_runtime;
mod own_request;
mod rate_limit;
mod recovery;
mod redactor;
mod request;
mod request_context;
mod response;
mod rewriter;
mod secret_reading;
mod sending;
mod timer;
mod upstream;
mod waiter;

use ostiary_core::handle;
use ostiary_core::log::DataPoint;
use web_sys::{Request, Response};
use worker::{Context, Env, event};

use crate::configuration::{GATEWAY, INSTRUMENTS};
use crate::invocation::Invocation;
use crate::request::Head;
use crate::request_context::RequestContext;

/// Handles one request. It returns once the status and the headers of the response are known; the body streams after
/// that.
#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> worker::Result<Response> {
    recovery::watch();
    let invocation = Invocation::default();
    let handling = async {
        let head = Head::from(&request);
        let context = RequestContext::new(&request, &env, &invocation);
        let handled = handle(&GATEWAY, &head, &context, request::random_id()).await;
        log::write(&handled.event);
        let binding = if INSTRUMENTS.metrics { GATEWAY.metrics.as_deref() } else { None };
        let point = binding.map(|binding| DataPoint::new(binding, &handled.event));
        let response = response::build(handled, &context);
        if let Some(DataPoint { lines, numbers: [attempts, secrets_ms, upstream_ms, total_ms] }) = point {
            js::write_data_point(env.as_ref(), &lines, attempts, secrets_ms, upstream_ms, total_ms);
        }
        response
    };
    let Some(response) = invocation.run(handling).await else {
        js::announce_abandoned(&request);
        // The caller has disconnected, so nobody receives this response.
        return Ok(Response::error());
    };
    // Returning the error would add the code for formatting errors to the Worker. Building a response that the core has
    // decided does not fail.
    Ok(response.unwrap_or_else(|_| Response::error()))
}
