//! Writes the lines of the log to the console: the event of each request, and its notices. `crates/core/src/log` makes
//! their texts. `js/metrics.js` writes the only other line, where a data point cannot be written.

use ostiary_core::log::Event;

use crate::js;

/// Writes the event of a request, and the notices that belong to it.
pub(crate) fn write(event: &Event<'_>) {
    write_line(&event.line());
    event.notices().iter().for_each(|notice| write_line(&notice.line()));
}

/// Writes one line. The notices about a response's body are written one by one, while the body streams.
pub(crate) fn write_line(line: &str) {
    js::log(line);
}
