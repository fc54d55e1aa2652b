//! `rate_limit`: the rate limits of a route.

use super::diagnostic::Findings;
use super::document::Value;
use super::keys;
use super::wrangler::Deployment;
use ostiary_core::configuration::{Counted, RateLimit, Text};

const EXAMPLE: &str = "rate_limit = [{ binding = \"AGENT_RPM\", by = \"caller\" }]";

/// The limits of a route. Their bindings must exist in every environment.
pub(crate) fn read(
    value: Value<'_>,
    deployment: &Deployment<'_>,
    findings: &mut Findings<'_>,
) -> Vec<RateLimit> {
    let mut limits: Vec<RateLimit> = Vec::new();
    for element in value.filled_array(EXAMPLE, findings).unwrap_or_default() {
        let Some(limit) = limit(element, deployment, findings) else { continue };
        if limits.iter().any(|earlier| earlier.binding == limit.binding && earlier.by == limit.by) {
            findings.error(element.span(), "the limit is listed twice", "remove one");
        } else {
            limits.push(limit);
        }
    }
    limits
}

fn limit(element: Value<'_>, deployment: &Deployment<'_>, findings: &mut Findings<'_>) -> Option<RateLimit> {
    let table = element.table(EXAMPLE, findings)?;
    table.reject_unknown_keys(&keys::RATE_LIMIT, &[], findings);
    for key in ["binding", "by"] {
        if table.value(key).is_none() {
            let message = format!("the rate limit has no `{key}`");
            findings.error(element.span(), &message, &format!("write `{EXAMPLE}`"));
        }
    }
    let binding = table.value("binding").and_then(|value| value.string(EXAMPLE, findings));
    let by = table.value("by").and_then(|value| {
        let text = value.string(EXAMPLE, findings)?;
        match text.text {
            "address" => Some(Counted::Address),
            "caller" => Some(Counted::Caller),
            other => {
                let message = format!("requests are not counted by `{other}`");
                findings.error(text.span, &message, "write `\"address\"` or `\"caller\"`");
                None
            }
        }
    });
    let binding = binding?;
    let period = deployment.check_rate_limit(binding.text, binding.span, findings);
    Some(RateLimit { binding: Text::Owned(binding.text.to_owned()), by: by?, period: period? })
}

#[cfg(test)]
mod tests {
    use super::super::example::{GATEWAY, WRANGLER, assert_diagnostics, outcome, replaced};
    use ostiary_core::configuration::{Counted, RateLimit};

    #[test]
    fn tells_what_is_no_rate_limit() {
        assert_diagnostics(include_str!("diagnostics/rate_limit.txt"));
    }

    fn with(limits: &str, wrangler: &str) -> Result<Vec<RateLimit>, Vec<String>> {
        let gateway =
            replaced(GATEWAY, "mount = \"/stripe\"", &format!("mount = \"/stripe\"\nrate_limit = {limits}"));
        let checked = outcome(&gateway, &format!("{WRANGLER}{wrangler}"))?;
        assert_eq!(checked.warnings, []);
        Ok(checked.gateway.routes[0].rate_limit.to_vec())
    }

    const BOTH: &str = r#"[{ binding = "A", by = "address" }, { binding = "B", by = "caller" }]"#;

    #[test]
    fn a_binding_is_looked_up_under_either_of_its_spellings() {
        let wrangler = r#"
[[ratelimits]]
name = "A"
namespace_id = "1"
simple = { limit = 100, period = 60 }

[[unsafe.bindings]]
name = "B"
type = "ratelimit"
namespace_id = "2"
simple = { limit = 10, period = 10 }
"#;
        assert_eq!(
            with(BOTH, wrangler).unwrap(),
            [
                RateLimit { binding: "A".into(), by: Counted::Address, period: 60 },
                RateLimit { binding: "B".into(), by: Counted::Caller, period: 10 },
            ]
        );
    }

    #[test]
    fn a_limit_is_a_binding_and_what_it_counts() {
        let row = |name: &str| {
            format!(
                "[[ratelimits]]\nname = \"{name}\"\nnamespace_id = \"1\"\nsimple = {{ limit = 1, period = 10 }}\n"
            )
        };
        let wrangler = format!("{}{}", row("A"), row("B"));
        let by = |binding: &str, by: &str| format!("{{ binding = \"{binding}\", by = \"{by}\" }}");
        let all = [by("A", "address"), by("A", "caller"), by("B", "address"), by("B", "caller")];
        assert_eq!(with(&format!("[{}]", all.join(", ")), &wrangler).unwrap().len(), 4);
        let twice = format!("[{}, {0}]", all.join(", "));
        let told = with(&twice, &wrangler).unwrap_err();
        assert_eq!(told.len(), 4);
        assert!(told.iter().all(|told| told.contains("the limit is listed twice")), "{told:?}");
    }

    #[test]
    fn each_environment_has_it_and_the_longest_period_counts() {
        let limit = |table: &str, period: u32| {
            format!(
                "[[{table}]]\nname = \"A\"\nnamespace_id = \"1\"\nsimple = {{ limit = 1, period = {period} }}\n"
            )
        };
        let bindings = WRANGLER.split_once("[[").map(|(_, bindings)| format!("[[{bindings}")).unwrap();
        let bindings = bindings.replace("[[", "[[env.staging.");
        let one = r#"[{ binding = "A", by = "address" }]"#;
        let told = "gateway.toml:15:27: error: wrangler.toml has no rate limit `A` in `[env.staging]`; found `\"A\"`; add \
                    `[[env.staging.ratelimits]]` with `name = \"A\"`, `namespace_id` and `simple = { limit = 100, period = 60 }` \
                    there";
        assert_eq!(with(one, &format!("{}{bindings}", limit("ratelimits", 10))).unwrap_err(), [told]);
        let both = format!("{}{bindings}{}", limit("ratelimits", 10), limit("env.staging.ratelimits", 60));
        assert_eq!(with(one, &both).unwrap()[0].period, 60);
    }
}
