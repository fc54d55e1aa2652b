//! Builds the runtime's response from the core's decision.

use ostiary_core::http::coding::Coding;
use ostiary_core::log::Redacted;
use ostiary_core::redaction::Redaction;
use ostiary_core::response::edits::Edits;
use ostiary_core::response::rewritable_body::BodyRewriting;
use ostiary_core::{Handled, Outcome};
use wasm_bindgen::prelude::*;
use web_sys::{Headers, Response, ResponseInit};

use crate::js::{self, UpgradedInit};
use crate::log;
use crate::redactor::BodyRedactor;
use crate::request_context::RequestContext;
use crate::rewriter::BodyRewriter;
use crate::upstream::UpstreamResponse;

/// The response to the runtime's request.
pub(crate) fn build(
    handled: Handled<'_, UpstreamResponse>,
    context: &RequestContext<'_>,
) -> Result<Response, JsValue> {
    context.sending.finish(matches!(handled.outcome, Outcome::Forwarded { .. }));
    match handled.outcome {
        Outcome::Refused(refusal) => local_response(refusal.status(), &refusal.body(), refusal.headers()),
        Outcome::Preflight(added) => local_response(handled.event.status, "", added),
        Outcome::Reported(report) => {
            local_response(report.status, &report.body, report.headers(&handled.event.request_id))
        }
        Outcome::Forwarded { response, edits, redaction } => {
            let redacted = Redacted::from(&handled.event);
            let edited = forwarded_response(context, &response, &edits, redaction, redacted)?;
            edit(&edited.headers(), &edits)?;
            Ok(edited)
        }
    }
}

/// The gateway's own response: a refusal, a preflight or a report.
fn local_response<N: AsRef<str>, V: AsRef<str>>(
    status: u16,
    body: &str,
    set: impl IntoIterator<Item = (N, V)>,
) -> Result<Response, JsValue> {
    let headers = Headers::new()?;
    for (name, value) in set {
        headers.set(name.as_ref(), value.as_ref())?;
    }
    let body = Some(body).filter(|body| !body.is_empty());
    Response::new_with_opt_str_and_init(body, &init(status, &headers))
}

/// The upstream's response, before its headers are changed.
fn forwarded_response(
    context: &RequestContext<'_>,
    received: &UpstreamResponse,
    edits: &Edits,
    redaction: Redaction,
    redacted: Redacted,
) -> Result<Response, JsValue> {
    let response = &received.response;
    let headers = response.headers();
    let head = || init(edits.status.unwrap_or_else(|| response.status()), &headers);
    let socket = received.web_socket();
    if socket.is_truthy() {
        let head = head();
        head.unchecked_ref::<UpgradedInit>().set_web_socket(&socket);
        return Response::new_with_opt_readable_stream_and_init(None, &head);
    }
    let body = js::pass_on(context.request, response, edits.idle_timeout.unwrap_or_default())?;
    let is_untouched = matches!(redaction, Redaction::None) && edits.body.is_none();
    if is_untouched {
        // Passing the response as the init is fastest, and keeps the coding of its body.
        return Response::new_with_opt_readable_stream_and_init(body.as_ref(), response.unchecked_ref());
    }
    let (body, is_decoded) = match redaction {
        Redaction::None | Redaction::Head => (body, false),
        Redaction::Body { redactor, coding, length } => {
            #[expect(clippy::cast_precision_loss, reason = "no body has that many bytes")]
            let length = length.filter(|_| edits.body.is_none()).map(|length| length as f64);
            let redactor = BodyRedactor::new(redactor, redacted, log::write_line);
            let scan = |body| js::redacted(body, &headers, redactor, coding.as_str(), length);
            (body.map(scan).transpose()?, true)
        }
    };
    let body = match &edits.body {
        None => body,
        Some(BodyRewriting { coding, links }) => {
            let coding = if is_decoded { Coding::Identity } else { *coding };
            let rewriter = BodyRewriter::from(links.clone());
            let rewrite = |body| js::rewritten(body, &headers, rewriter, coding.as_str());
            body.map(rewrite).transpose()?
        }
    };
    Response::new_with_opt_readable_stream_and_init(body.as_ref(), &head())
}

fn edit(headers: &Headers, edits: &Edits) -> Result<(), JsValue> {
    for name in &edits.remove {
        headers.delete(name)?;
    }
    for (name, value) in &edits.add {
        headers.append(name, value)?;
    }
    Ok(())
}

fn init(status: u16, headers: &Headers) -> ResponseInit {
    let init = ResponseInit::new();
    init.set_status(status);
    init.set_headers(headers);
    init
}
