//! The edge: hands the runtime's requests to the core and does what it decides. No policy is here.

mod answer;
mod bindings;
mod configuration;
mod glue;
mod head;
mod network;

use ostiary_core::pipeline::{Outcome, handle};
use ostiary_core::refusal::RequestId;
use web_sys::{Request, Response};
use worker::{Context, Env, Result, event};

use crate::answer::{apply, refuse};
use crate::configuration::GATEWAY;
use crate::head::RequestHead;
use crate::network::Runtime;

/// Handles one request.
#[event(fetch)]
async fn fetch(request: Request, env: Env, _context: Context) -> Result<Response> {
    let description = head::describe(&request);
    let head = RequestHead::of(&description);
    let request_id = RequestId::new(head.random_bits());
    let runtime = Runtime { env: &env, request: &request };

    let handled = handle(&GATEWAY, &head, &runtime, request_id).await;
    glue::log(&handled.record.line());
    Ok(match handled.outcome {
        Outcome::Refused(refusal) => refuse(&refusal),
        Outcome::Answered(answer, edits) => apply(&answer, &edits),
    })
}
