//! What `entry.js` is to do, as lines: no method, URL, header or binding can hold a line end.

use ostiary_core::pipeline::{Handled, Outcome};
use ostiary_core::plan::Plan;
use ostiary_core::redaction::{Redaction, Redactor};
use ostiary_core::secret_value::SecretValue;

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

/// Send the request. Lines: `send`, method, whether the body goes along, milliseconds, whether the values of all
/// headers of the answer are wanted; then [`edits`].
pub(crate) fn send(plan: &Plan) -> String {
    let [has_body, reads_all] = [plan.has_body, plan.reads_all_headers].map(u8::from);
    format!("send {} {has_body} {} {reads_all}", plan.method.as_str(), plan.timeout)
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

/// Answer. Lines: `refuse` and a status, `answer`, or `redact` and the body's coding, `-` for no body; the log event; the body of a refusal, or names to remove;
/// then a header's name and value in turn. The body of a `redact` goes through the redactor.
pub(crate) fn finish(handled: Handled<'_, UpstreamAnswer>) -> Finish {
    let log = handled.record.line();
    match handled.outcome {
        Outcome::Refused(refusal) => {
            let mut command = format!("refuse {}\n{log}\n{}", refusal.status(), refusal.body());
            for (name, value) in refusal.headers() {
                command.extend(["\n", name, "\n", value]);
            }
            Finish { command, redactor: None }
        }
        Outcome::Answered(_, edits, redaction) => {
            let (verb, redactor) = match redaction {
                Redaction::None => ("answer".to_owned(), None),
                Redaction::Head => ("redact -".to_owned(), None),
                Redaction::Body(redactor, coding) => (format!("redact {}", coding.as_str()), Some(redactor)),
            };
            let mut command = format!("{verb}\n{log}\n{}", edits.remove.join(","));
            for (name, value) in &edits.add {
                command.extend(["\n", name, "\n", value]);
            }
            Finish { command, redactor }
        }
    }
}
