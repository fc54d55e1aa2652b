//! What `entry.js` is to do, as lines: no method, URL, header or binding can hold a line end.

use ostiary_core::operator::Report;
use ostiary_core::pipeline::{Handled, Outcome};
use ostiary_core::plan::Plan;
use ostiary_core::secret_value::SecretValue;

use crate::answer::UpstreamAnswer;

/// Read bindings. Lines: `read` and milliseconds; then a binding each.
pub(crate) fn read(within: u32) -> String {
    format!("read {within}")
}

/// Read bindings, each with the time that it takes. Lines: `measure` and milliseconds; then a binding each.
pub(crate) fn measure(within: u32) -> String {
    format!("measure {within}")
}

/// Receive the body. One line: `receive`, bytes at most, milliseconds.
pub(crate) fn receive(limit: u32, within: u32) -> String {
    format!("receive {limit} {within}")
}

/// Send the request. Lines: `send`, method, whether the body goes along, milliseconds; then [`edits`].
pub(crate) fn send(plan: &Plan) -> String {
    format!("send {} {} {}", plan.method.as_str(), u8::from(plan.has_body), plan.timeout)
}

/// Lines: URL; names to remove; then a name and a value in turn.
pub(crate) fn edits(plan: &Plan) -> SecretValue {
    let removed = plan.remove.join(",");
    let mut pieces = vec![plan.url.expose(), "\n", &removed];
    for (name, value) in &plan.set {
        pieces.extend(["\n", name, "\n", value.expose()]);
    }
    SecretValue::new(pieces.concat())
}

/// Answer. Lines: `reply` and a status, or `answer`; the log event; the body of a reply, or names to remove;
/// then a header's name and value in turn.
pub(crate) fn finish(handled: Handled<'_, UpstreamAnswer>) -> String {
    let log = handled.record.line();
    match handled.outcome {
        Outcome::Refused(refusal) => reply(refusal.status(), &log, &refusal.body(), &refusal.headers()),
        Outcome::Reported(report) => {
            reply(report.status, &log, &report.body, &Report::headers(&handled.record.request_id))
        }
        Outcome::Answered(_, edits) => {
            let mut command = format!("answer\n{log}\n{}", edits.remove.join(","));
            for (name, value) in &edits.add {
                command.extend(["\n", name, "\n", value]);
            }
            command
        }
    }
}

fn reply(status: u16, log: &str, body: &str, headers: &[(&str, &str)]) -> String {
    let mut command = format!("reply {status}\n{log}\n{body}");
    for (name, value) in headers {
        command.extend(["\n", name, "\n", value]);
    }
    command
}
