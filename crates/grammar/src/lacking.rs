//! Reports what is missing in environments of wrangler's configuration.

use super::diagnostic::Findings;
use super::file::Span;
use super::nearest::nearest;

/// Reports one message for all environments in which the same thing is missing, with what to write in the first of
/// them. `lacking` has places and instructions.
pub(crate) fn report(message: &str, lacking: &[(String, String)], at: Span, findings: &mut Findings<'_>) {
    let [(first, instead), others @ ..] = lacking else { return };
    let others: Vec<_> = others.iter().map(|(place, _)| place.as_str()).collect();
    if others.is_empty() {
        findings.error(at, &format!("{message} {first}"), instead);
        return;
    }
    let others = others.join(" and ");
    let places = format!("{first} and {others}");
    findings.error(at, &format!("{message} {places}"), &format!("{instead}, and likewise {others}"));
}

/// What to write instead of a name that is missing in an environment: a similar name that exists, or else `add`.
pub(crate) fn or_nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>, add: String) -> String {
    match nearest(name, known) {
        Some(near) => format!("write `{near}`, or {add}"),
        None => add,
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::{GATEWAY, WRANGLER, outcome, replaced};

    #[test]
    fn one_message_lists_the_environments() {
        let gateway = replaced(GATEWAY, "[\"CHECKOUT_TOKEN\"]", "[\"CHECKOUT_TOKN\"]");
        let bindings = WRANGLER.split_once("[[").map(|(_, bindings)| format!("[[{bindings}")).unwrap();
        let environment = |name: &str| bindings.replace("[[", &format!("[[env.{name}."));
        let wrangler = format!("{WRANGLER}\n{}\n{}", environment("staging"), environment("live"));
        let others = "in `[env.staging]` and in `[env.live]`";
        let told = format!(
            "gateway.toml:5:13: error: wrangler.toml has no binding `CHECKOUT_TOKN` at its top level and {others}; \
             found `\"CHECKOUT_TOKN\"`; write `CHECKOUT_TOKEN`, or add `[[secrets_store_secrets]]` with \
             `binding = \"CHECKOUT_TOKN\"`, `store_id` and `secret_name` there, and likewise {others}"
        );
        assert_eq!(outcome(&gateway, &wrangler), Err(vec![told]));
    }
}
