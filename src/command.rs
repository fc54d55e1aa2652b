//! What `entry.js` is to do, as lines: no method, URL, header or binding can hold a line end.

use ostiary_core::operator::Report;
use ostiary_core::redaction::{Redaction, Redactor};
use ostiary_core::response::edits::Edits;
use ostiary_core::runtime::plan::Plan;
use ostiary_core::secret_value::SecretValue;
use ostiary_core::{Handled, Outcome};

use crate::answer::UpstreamAnswer;

/// The last command of an exchange, and what it takes to perform it.
pub(crate) struct Finish {
    pub(crate) command: String,
    pub(crate) redactor: Option<Box<Redactor>>,
}

/// Read bindings. Lines: `read` and milliseconds; then a binding each.
pub(crate) fn read(within: u32) -> String {
    format!("read {within}")
}

/// Ask rate limits. Lines: `limit` and milliseconds; then a binding and a key each.
pub(crate) fn limit(within: u32) -> String {
    format!("limit {within}")
}

/// Wait. One line: `sleep` and milliseconds.
pub(crate) fn sleep(milliseconds: u32) -> String {
    format!("sleep {milliseconds}")
}

/// Find out whether the body that was sent can be sent again. One line.
pub(crate) fn keep() -> String {
    "keep".to_owned()
}

/// Read bindings, each with the time that it takes. Lines: `measure` and milliseconds; then a binding each.
pub(crate) fn measure(within: u32) -> String {
    format!("measure {within}")
}

/// Receive the body. One line: `receive`, bytes at most, milliseconds.
pub(crate) fn receive(limit: u32, within: u32) -> String {
    format!("receive {limit} {within}")
}

/// Send the request. Lines: `send`, method, whether the body goes along, milliseconds, bytes of the body to keep, the
/// most bytes that it may have (0 for any number), whether the values of all headers of the answer are wanted, whether
/// its body will be read; then [`edits`].
pub(crate) fn send(plan: &Plan) -> String {
    let Plan { timeout, keep, max_body, .. } = plan;
    let most = max_body.unwrap_or_default();
    let [has_body, all_headers, body] =
        [plan.has_body, plan.reads_all_headers, plan.reads_body].map(u8::from);
    format!("send {} {has_body} {timeout} {keep} {most} {all_headers} {body}", plan.method.as_str())
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

/// Answer. Lines: `reply` and a status, or `answer` and for how many milliseconds the body may stand still (0 for
/// ever), or `redact`, the same, and how the body is coded (`-` where there is none); the log event; the body of a
/// reply, or names to remove; then a header's name and value in turn. The body of a `redact` goes through the redactor.
pub(crate) fn finish(handled: Handled<'_, UpstreamAnswer>) -> Finish {
    let log = handled.event.line();
    let command = match handled.outcome {
        Outcome::Refused(refusal) => reply(refusal.status(), &log, &refusal.body(), &refusal.headers()),
        Outcome::Preflight(added) => reply(handled.event.status, &log, "", &added),
        Outcome::Reported(report) => {
            reply(report.status, &log, &report.body, &Report::headers(&handled.event.request_id))
        }
        Outcome::Answered(_, edits, redaction) => return answer(&log, &edits, redaction),
    };
    Finish { command, redactor: None }
}

fn answer(log: &str, edits: &Edits, redaction: Redaction) -> Finish {
    let idle = edits.idle_timeout.unwrap_or_default();
    let (verb, redactor) = match redaction {
        Redaction::None => (format!("answer {idle}"), None),
        Redaction::Head => (format!("redact {idle} -"), None),
        Redaction::Body(redactor, coding) => (format!("redact {idle} {}", coding.as_str()), Some(redactor)),
    };
    let mut command = format!("{verb}\n{log}\n{}", edits.remove.join(","));
    for (name, value) in &edits.add {
        command.extend(["\n", name, "\n", value]);
    }
    Finish { command, redactor }
}

fn reply(status: u16, log: &str, body: &str, headers: &[(&str, impl AsRef<str>)]) -> String {
    let mut command = format!("reply {status}\n{log}\n{body}");
    for (name, value) in headers {
        command.extend(["\n", name, "\n", value.as_ref()]);
    }
    command
}
