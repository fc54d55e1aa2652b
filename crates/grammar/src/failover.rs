//! `failover` and `retry`: when a request is sent once more.

use super::diagnostic::Findings;
use super::document::{Entry, Value};
use super::keys;
use super::unit;
use ostiary_core::configuration::{Failover, Retry};

const FAILOVER: &str = "failover = { status = [401], replay_limit = \"64KiB\" }";
const RETRY: &str = "retry = { attempts = 2 }";
const UNAUTHORIZED: u16 = 401;
const DEFAULT_REPLAY_LIMIT: u32 = 64 * 1024;
/// A Worker has 128 MB for all requests that it handles at one time.
const LARGEST_REPLAY_LIMIT: u32 = 16 * 1024 * 1024;

/// What is kept of a body, and what it is kept for.
pub(crate) struct RetryPolicy {
    pub(crate) failover: Option<Failover>,
    pub(crate) replay_limit: u32,
}

/// What holds for a route with several sources, and for one without, that says nothing.
pub(crate) fn default(has_next_source: bool) -> RetryPolicy {
    let failover = has_next_source.then(|| Failover { status: vec![UNAUTHORIZED].into() });
    RetryPolicy { failover, replay_limit: DEFAULT_REPLAY_LIMIT }
}

/// `false`, `true` for the default, or a table.
pub(crate) fn read(entry: Entry<'_>, has_next_source: bool, findings: &mut Findings<'_>) -> RetryPolicy {
    let Entry { key, value } = entry;
    let mut read = default(true);
    if value.is_boolean() {
        if value.boolean(findings) != Some(true) {
            return default(false);
        }
    } else if value.is_table() {
        let Some(table) = value.table(FAILOVER, findings) else { return read };
        table.reject_unknown_keys(&keys::FAILOVER, &[], findings);
        if let Some(value) = table.value("status") {
            let status = statuses(value, findings);
            read.failover = Some(Failover { status: status.into() });
        }
        if let Some(text) = table.value("replay_limit").and_then(|value| value.string(FAILOVER, findings)) {
            let limit = unit::size(&text, u64::from(LARGEST_REPLAY_LIMIT), findings);
            read.replay_limit =
                limit.and_then(|limit| u32::try_from(limit).ok()).unwrap_or(DEFAULT_REPLAY_LIMIT);
        }
    } else {
        value.wants("`false` or a table", FAILOVER, findings);
    }
    if !has_next_source {
        let message =
            "no secret of the route's `auth` has a second source, so there is nothing to fail over to";
        findings.error(key.span, message, "give one a second source in `[secrets]`, or remove it");
    }
    read
}

/// How often a connection is tried.
pub(crate) fn retry(value: Value<'_>, findings: &mut Findings<'_>) -> Option<Retry> {
    let table = value.table(RETRY, findings)?;
    table.reject_unknown_keys(&keys::RETRY, &[], findings);
    let Some(attempts) = table.value("attempts") else {
        findings.error(value.span(), "`retry` has no `attempts`", &format!("write `{RETRY}`"));
        return None;
    };
    let number = attempts.integer(RETRY, findings)?.parse().ok().filter(|number| (2..=5).contains(number));
    if number.is_none() {
        let message = "`attempts` is from 2 to 5, with the first one";
        findings.error(attempts.span(), message, &format!("write `{RETRY}`"));
    }
    number.map(|attempts| Retry { attempts })
}

fn statuses(value: Value<'_>, findings: &mut Findings<'_>) -> Vec<u16> {
    let mut statuses = Vec::new();
    for element in value.filled_array(FAILOVER, findings).unwrap_or_default() {
        let Some(digits) = element.integer(FAILOVER, findings) else { continue };
        let Some(status) = digits.parse().ok().filter(|status| (400..=599).contains(status)) else {
            let message = format!("`{digits}` is no status with which an upstream refuses a credential");
            findings.error(element.span(), &message, "write one from 400 to 599");
            continue;
        };
        if statuses.contains(&status) {
            findings.error(element.span(), &format!("`{status}` stands here twice"), "remove one");
        } else {
            statuses.push(status);
        }
    }
    statuses
}

#[cfg(test)]
mod tests {
    use super::super::example::{accepted, assert_diagnostics};
    use ostiary_core::configuration::Route;

    #[test]
    fn tells_what_is_no_failover_and_no_retry() {
        assert_diagnostics(include_str!("diagnostics/failover.txt"));
    }

    fn route(options: &str) -> Route {
        accepted("mount = \"/stripe\"", &format!("mount = \"/stripe\"\n{options}")).gateway.routes[0].clone()
    }

    fn statuses(route: &Route) -> Option<&[u16]> {
        route.failover.as_ref().map(|failover| failover.status.as_ref())
    }

    #[test]
    fn a_route_whose_secret_has_several_sources_fails_over_unless_it_says_otherwise() {
        for (options, expected, replay_limit) in [
            ("", Some(&[401][..]), 65_536),
            ("failover = true", Some(&[401][..]), 65_536),
            ("failover = false", None, 65_536),
            ("failover = {}", Some(&[401][..]), 65_536),
            ("failover = { status = [401, 403, 429] }", Some(&[401, 403, 429][..]), 65_536),
            ("failover = { replay_limit = \"1MiB\" }", Some(&[401][..]), 1_048_576),
        ] {
            let route = route(options);
            assert_eq!((statuses(&route), route.replay_limit), (expected, replay_limit), "{options}");
        }
        let single = accepted("\"STRIPE_KEY\", \"STRIPE_KEY_PREVIOUS\"", "\"STRIPE_KEY\"");
        assert_eq!(single.gateway.routes[0].failover, None);
    }

    #[test]
    fn a_connection_is_tried_once_unless_the_route_says_otherwise() {
        assert_eq!(route("").retry, None);
        for attempts in [2, 5] {
            let retry = route(&format!("retry = {{ attempts = {attempts} }}")).retry;
            assert_eq!(retry.map(|retry| retry.attempts), Some(attempts));
        }
    }
}
