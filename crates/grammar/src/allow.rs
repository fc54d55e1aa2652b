//! `[routes.NAME.allow]`: the rules of each caller.

use super::callers::Callers;
use super::diagnostic::Findings;
use super::document::{Entry, Table, Value};
use super::nearest::nearest;
use super::rule;
use ostiary_core::configuration::{Grant, Grantee};

const EXAMPLE: &str = "caller = [\"GET /v1/**\"]";

/// The grants of a route, `anyone` first.
pub(crate) fn read(entry: Entry<'_>, callers: &Callers<'_>, findings: &mut Findings<'_>) -> Vec<Grant> {
    let Some(table) = entry.value.table(EXAMPLE, findings) else { return Vec::new() };
    if table.entries().is_empty() {
        let instead = format!("write `{EXAMPLE}`, or `anyone = [\"GET /v1/**\"]` to make it public");
        findings.error(table.span, "`allow` is empty, so the route admits no request", &instead);
    }
    let mut grants = grants(&table, callers, findings);
    grants.sort_by_key(|grant| grant.to != Grantee::Anyone);
    grants
}

fn grants(table: &Table<'_>, callers: &Callers<'_>, findings: &mut Findings<'_>) -> Vec<Grant> {
    let mut grants = Vec::new();
    for Entry { key, value } in table.entries() {
        let to = if key.text == "anyone" {
            Some(Grantee::Anyone)
        } else {
            callers.find(key.text).map(Grantee::Caller)
        };
        if to.is_none() {
            let declare = format!("declare `[callers.{}]`", key.text);
            let known = callers.all().map(|(_, caller)| caller.name.text).chain(["anyone"]);
            let instead = match nearest(key.text, known) {
                Some(near) => format!("write `{near}`, or {declare}"),
                None => declare,
            };
            findings.error(key.span, &format!("the caller `{}` is not declared", key.text), &instead);
        }
        let example = format!("{} = [\"GET /v1/**\"]", key.text);
        let elements = value.filled_array(&example, findings).unwrap_or_default();
        let texts = Value::distinct(elements, &example, findings);
        let rules = texts.iter().filter_map(|text| rule::parse(text, findings)).collect();
        grants.extend(to.map(|to| Grant { to, rules, auth: None }));
    }
    grants
}

#[cfg(test)]
mod tests {
    use super::super::example::{accepted, assert_diagnostics};
    use super::*;
    use ostiary_core::configuration::CallerId;

    #[test]
    fn tells_what_is_wrong_with_a_grant() {
        assert_diagnostics(include_str!("diagnostics/allow.txt"));
    }

    #[test]
    fn anyone_comes_first_and_the_others_stay_in_the_order_of_the_file() {
        let checked =
            accepted("ci = [\"GET /v1/balance\"]", "ci = [\"GET /\"]\nanyone = [\"GET /health\", \"GET /\"]");
        let route = &checked.gateway.routes[0];
        let to: Vec<_> = route.allow.iter().map(|grant| grant.to).collect();
        assert_eq!(to, [Grantee::Anyone, Grantee::Caller(CallerId(0)), Grantee::Caller(CallerId(1))]);
        let rules: Vec<_> = route.allow[0].rules.iter().map(|rule| rule.text.as_ref()).collect();
        assert_eq!(rules, ["GET /health", "GET /"]);
    }
}
