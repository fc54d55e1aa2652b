//! What `entry.js` is to do, as lines: no method, URL, header or binding can hold a line end.

use ostiary_core::pipeline::{Handled, Outcome};
use ostiary_core::plan::Plan;
use ostiary_core::secret_value::SecretValue;

use crate::answer::UpstreamAnswer;

/// Read bindings. Lines: `read` and milliseconds; then a binding each.
pub(crate) fn read(within: u32) -> String {
    format!("read {within}")
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

/// Answer. Lines: `refuse` and a status, or `answer`; the log event; the body of a refusal, or names to remove;
/// then a header's name and value in turn.
pub(crate) fn finish(handled: Handled<'_, UpstreamAnswer>) -> String {
    let log = handled.record.line();
    match handled.outcome {
        Outcome::Refused(refusal) => {
            let mut command = format!("refuse {}\n{log}\n{}", refusal.status(), refusal.body());
            for (name, value) in refusal.headers() {
                command.extend(["\n", name, "\n", value]);
            }
            command
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
