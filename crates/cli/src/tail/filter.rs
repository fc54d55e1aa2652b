//! Filters the events that are shown.

use std::collections::VecDeque;

use clap::{Args, ValueEnum};

use super::event::{Event, text};

/// The filters of the command line. An event has to match all of them.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Filter {
    /// Only requests of this caller, which can be `anyone`.
    #[arg(long, value_name = "NAME")]
    caller: Option<String>,
    /// Only requests to this route.
    #[arg(long, value_name = "NAME")]
    route: Option<String>,
    /// Only refusals with this code.
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// Only events of this level or a worse one.
    #[arg(long, value_name = "LEVEL")]
    level: Option<Level>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Level {
    Info,
    Warn,
    Error,
}

/// The number of requests that are remembered, for notices that follow the request's event while its body streams.
const REMEMBERED: usize = 256;

/// Applies a filter to one event after another.
pub(super) struct Filtered {
    filter: Filter,
    /// The ids of the requests whose events were shown last.
    shown: VecDeque<String>,
}

impl From<Filter> for Filtered {
    fn from(filter: Filter) -> Self {
        Self { filter, shown: VecDeque::new() }
    }
}

impl Filtered {
    /// Whether the event is shown. A notice has neither a caller nor a code, so it is shown if the request's event was.
    pub(super) fn admits(&mut self, event: &Event) -> bool {
        let Filter { caller, route, code, level } = &self.filter;
        let is = |name: &str, wanted: &Option<String>| {
            wanted.as_deref().is_none_or(|wanted| text(event, name) == wanted)
        };
        let own = Level::from_str(text(event, "level"), true).unwrap_or(Level::Error);
        let is_bad_enough = level.is_none_or(|level| own >= level);
        let id = text(event, "request_id");
        if text(event, "event") != "request" {
            let is_of_all = caller.is_none() && code.is_none();
            return is_bad_enough
                && is("route", route)
                && (is_of_all || self.shown.iter().any(|shown| shown == id));
        }
        if !(is("caller", caller) && is("route", route) && is("code", code)) {
            return false;
        }
        if self.shown.len() == REMEMBERED {
            self.shown.pop_front();
        }
        self.shown.push_back(id.to_owned());
        is_bad_enough
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn shown(filter: Filter) -> Vec<u64> {
        let events = [
            json!({"n": 1, "event": "request", "level": "info", "request_id": "1", "caller": "a", "route": "r", "status": 200}),
            json!({"n": 2, "event": "request", "level": "warn", "request_id": "2", "caller": "b", "route": "r", "status": 200}),
            json!({"n": 3, "event": "fallback_served", "level": "warn", "request_id": "2", "route": "r"}),
            json!({"n": 4, "event": "request", "level": "error", "request_id": "3", "caller": "a", "route": "s", "code": "secret_unavailable"}),
            json!({"n": 5, "event": "source_invalid", "level": "warn", "request_id": "3", "route": "s"}),
        ];
        let mut filtered = Filtered::from(filter);
        let events = events.iter().filter_map(Value::as_object);
        let shown =
            events.filter(|event| filtered.admits(event)).filter_map(|event| event.get("n")?.as_u64());
        shown.collect()
    }

    #[test]
    fn all_filters_have_to_hold_and_a_notice_follows_its_request() {
        let some = |text: &str| Some(text.to_owned());
        for (filter, expected) in [
            (Filter::default(), &[1, 2, 3, 4, 5][..]),
            (Filter { caller: some("a"), ..Filter::default() }, &[1, 4, 5]),
            (Filter { route: some("r"), ..Filter::default() }, &[1, 2, 3]),
            (Filter { caller: some("a"), route: some("r"), ..Filter::default() }, &[1]),
            (Filter { code: some("secret_unavailable"), ..Filter::default() }, &[4, 5]),
            (Filter { code: some("no_route"), ..Filter::default() }, &[]),
            (Filter { level: Some(Level::Warn), ..Filter::default() }, &[2, 3, 4, 5]),
            (Filter { level: Some(Level::Error), ..Filter::default() }, &[4]),
        ] {
            assert_eq!(shown(filter.clone()), expected, "{filter:?}");
        }
    }
}
