//! `failover` and `retry`: the conditions for sending a request again.

use super::diagnostic::Findings;
use super::document::{Entry, Table, Value};
use super::keys;
use super::unit;
use ostiary_core::configuration::{Failover, RejectionCondition, Retry};

const FAILOVER: &str = "failover = { status = [401], replay_limit = \"64KiB\" }";
const WHEN: &str = "when = [401, { status = 400, body = \"API_KEY_INVALID\" }]";
/// In bytes. This is far more than the code of an error, and far less than the part of the body that is searched.
const LONGEST_BODY: usize = 256;
const RETRY: &str = "retry = { attempts = 2 }";
const UNAUTHORIZED: u16 = 401;
const LEAST_SUCCESS: u16 = 200;
const LEAST_ERROR: u16 = 400;
const DEFAULT_REPLAY_LIMIT: u32 = 64 * 1024;
/// A Worker has 128 MB for all requests that it handles at one time.
const LARGEST_REPLAY_LIMIT: u32 = 16 * 1024 * 1024;

/// When a request is sent again, and how much of its body is kept for that.
pub(crate) struct RetryPolicy {
    pub(crate) failover: Option<Failover>,
    pub(crate) replay_limit: u32,
}

/// The default for a route with several sources, and for one without.
pub(crate) fn default(has_next_source: bool) -> RetryPolicy {
    let condition = RejectionCondition { status: UNAUTHORIZED, body: None };
    let failover = has_next_source.then(|| Failover { when: vec![condition].into() });
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
        if let Some(when) = conditions(&table, findings) {
            read.failover = Some(Failover { when: when.into() });
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

/// `retry`: the number of attempts.
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

/// `when`, or `status` as its short form; `None` if neither is written.
fn conditions(table: &Table<'_>, findings: &mut Findings<'_>) -> Option<Vec<RejectionCondition>> {
    let (elements, example) = match (table.get("when"), table.value("status")) {
        (Some(when), Some(_)) => {
            let message = "`status` is the short form of `when`, so one of the two is enough";
            findings.error(when.key.span, message, "write all conditions in `when`");
            return None;
        }
        (Some(when), None) => (when.value.filled_array(WHEN, findings)?, WHEN),
        (None, status) => (status?.filled_array(FAILOVER, findings)?, FAILOVER),
    };
    let mut conditions: Vec<RejectionCondition> = Vec::new();
    for element in elements {
        let condition = if element.is_table() && example == WHEN {
            condition(element, findings)
        } else {
            let status = status(element, example, LEAST_ERROR, findings);
            status.map(|status| RejectionCondition { status, body: None })
        };
        let Some(condition) = condition else { continue };
        if conditions.contains(&condition) {
            let shown = match &condition.body {
                None => format!("`{}`", condition.status),
                Some(_) => "this condition".to_owned(),
            };
            findings.error(element.span(), &format!("{shown} is listed twice"), "remove one");
        } else {
            conditions.push(condition);
        }
    }
    Some(conditions)
}

/// A status, and the text of the body, if any.
fn condition(value: Value<'_>, findings: &mut Findings<'_>) -> Option<RejectionCondition> {
    let table = value.table(WHEN, findings)?;
    table.reject_unknown_keys(&keys::REFUSAL, &[], findings);
    let body = table.value("body");
    // A success status is a refusal only together with a text of the body.
    let least = if body.is_some() { LEAST_SUCCESS } else { LEAST_ERROR };
    let status = table
        .required("status", "a condition of `when`", value.span(), WHEN, findings)
        .and_then(|value| status(value, WHEN, least, findings));
    let Some(body) = body else { return Some(RejectionCondition { status: status?, body: None }) };
    let text = body.string(WHEN, findings)?;
    if !(1..=LONGEST_BODY).contains(&text.text.len()) {
        let message = format!("`body` is a text of 1 to {LONGEST_BODY} bytes");
        findings.error(body.span(), &message, &format!("write `{WHEN}`"));
        return None;
    }
    Some(RejectionCondition { status: status?, body: Some(text.text.to_owned().into()) })
}

fn status(value: Value<'_>, example: &str, least: u16, findings: &mut Findings<'_>) -> Option<u16> {
    let digits = value.integer(example, findings)?;
    let status = digits.parse().ok().filter(|status| (least..=599).contains(status));
    if status.is_none() {
        let message = format!("`{digits}` is not a status of a refusal");
        findings.error(value.span(), &message, &format!("write one from {least} to 599"));
    }
    status
}

#[cfg(test)]
mod tests {
    use super::super::example::{accepted, assert_diagnostics};
    use ostiary_core::configuration::{RejectionCondition, Route};

    #[test]
    fn tells_what_is_no_failover_and_no_retry() {
        assert_diagnostics(include_str!("diagnostics/failover.txt"));
    }

    fn route(options: &str) -> Route {
        accepted("mount = \"/stripe\"", &format!("mount = \"/stripe\"\n{options}")).gateway.routes[0].clone()
    }

    fn statuses(route: &Route) -> Option<Vec<u16>> {
        let failover = route.failover.as_ref()?;
        assert!(!failover.inspects_response());
        Some(failover.when.iter().map(|condition| condition.status).collect())
    }

    #[test]
    fn a_route_whose_secret_has_several_sources_fails_over_unless_it_says_otherwise() {
        for (options, expected, replay_limit) in [
            ("", Some(&[401][..]), 65_536),
            ("failover = true", Some(&[401][..]), 65_536),
            ("failover = false", None, 65_536),
            ("failover = {}", Some(&[401][..]), 65_536),
            ("failover = { status = [401, 403, 429] }", Some(&[401, 403, 429][..]), 65_536),
            ("failover = { when = [401, 403] }", Some(&[401, 403][..]), 65_536),
            ("failover = { when = [{ status = 402 }] }", Some(&[402][..]), 65_536),
            ("failover = { replay_limit = \"1MiB\" }", Some(&[401][..]), 1_048_576),
        ] {
            let route = route(options);
            let expected = expected.map(<[u16]>::to_vec);
            assert_eq!((statuses(&route), route.replay_limit), (expected, replay_limit), "{options}");
        }
        let single = accepted("\"STRIPE_KEY\", \"STRIPE_KEY_2\"", "\"STRIPE_KEY\"");
        assert_eq!(single.gateway.routes[0].failover, None);
    }

    #[test]
    fn a_body_tells_a_refusal_from_a_success() {
        let when = "failover = { when = [401, { status = 200, body = '\"ok\":false' }, { status = 200, body = \"x\" }] }";
        let failover = route(when).failover.unwrap();
        let condition =
            |status, body: Option<&'static str>| RejectionCondition { status, body: body.map(Into::into) };
        let expected =
            [condition(401, None), condition(200, Some("\"ok\":false")), condition(200, Some("x"))];
        assert_eq!((failover.when.as_ref(), failover.inspects_response()), (&expected[..], true));
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
