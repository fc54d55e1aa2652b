//! `redact`: whether responses are searched for the secrets that were sent, and the exceptions.

use super::diagnostic::Findings;
use super::document::{Located, Value};
use super::keys;
use super::template::Declared;
use ostiary_core::configuration::{Excepted, Part, Placement, Text};

const EXAMPLE: &str = "redact = { except = [\"secret.field\"] }";

/// Whether responses are searched, and the identifiers that they may contain.
pub(crate) fn read(
    value: Value<'_>,
    placements: Option<&[&Placement]>,
    declared: &Declared<'_>,
    findings: &mut Findings<'_>,
) -> (bool, Vec<Excepted>) {
    if value.is_boolean() {
        return (value.boolean(findings) != Some(false), Vec::new());
    }
    if !value.is_table() {
        value.wants("`true`, `false` or a table", EXAMPLE, findings);
        return (true, Vec::new());
    }
    let Some(table) = value.table(EXAMPLE, findings) else { return (true, Vec::new()) };
    table.reject_unknown_keys(&keys::REDACT, &[], findings);
    let Some(list) =
        table.required("except", "`redact`", value.span(), "except = [\"secret.field\"]", findings)
    else {
        return (true, Vec::new());
    };
    let elements = list.filled_array(EXAMPLE, findings).unwrap_or_default();
    let mut excepted = Vec::new();
    for name in Value::distinct(elements, EXAMPLE, findings) {
        excepted.extend(except(name, placements, declared, findings));
    }
    (true, excepted)
}

/// Each exception has to be a secret that the route's auth uses.
fn except(
    name: Located<'_>,
    placements: Option<&[&Placement]>,
    declared: &Declared<'_>,
    findings: &mut Findings<'_>,
) -> Option<Excepted> {
    let (secret, field) =
        name.text.split_once('.').map_or((name.text, None), |(secret, field)| (secret, Some(field)));
    let id = declared.secrets.find(secret);
    // An error in the auth has been reported already.
    let placements = placements?;
    let is_used = |part: &Part| match part {
        Part::Secret(used) => Some(*used) == id && field.is_none(),
        Part::Field(used, name) => Some(*used) == id && field.is_none_or(|field| field == name),
        Part::Text(_) | Part::Variable(_) | Part::Caller(_) | Part::Request(_) => false,
    };
    let mut parts = placements
        .iter()
        .flat_map(|placement| placement.templates())
        .flat_map(|template| template.parts.iter());
    if !parts.any(is_used) {
        let message = format!("the route's `auth` does not use `${{{}}}`", name.text);
        findings.error(name.span, &message, "name a secret of the `auth`, or a field that the `auth` uses");
        return None;
    }
    Some(Excepted { secret: id?, field: field.map(|field| Text::Owned(field.to_owned())) })
}

#[cfg(test)]
mod tests {
    use super::super::example::{accepted, assert_diagnostics};
    use super::*;
    use ostiary_core::configuration::SecretId;

    #[test]
    fn tells_what_is_wrong_with_an_exception() {
        assert_diagnostics(include_str!("diagnostics/redact.txt"));
    }

    #[test]
    fn an_identifier_is_excepted_by_secret_or_by_field() {
        let auth = "auth = { bearer = \"${stripe}\" }";
        let checked = accepted(auth, &format!("{auth}\nredact = {{ except = [\"stripe\"] }}"));
        let route = &checked.gateway.routes[0];
        assert!(route.redact);
        assert_eq!(*route.redact_except, [Excepted { secret: SecretId(0), field: None }]);
        let auth_of_fields =
            "auth = { basic = { username = \"${stripe.id}\", password = \"${stripe.key}\" } }";
        let checked = accepted(auth, &format!("{auth_of_fields}\nredact = {{ except = [\"stripe.id\"] }}"));
        let route = &checked.gateway.routes[0];
        assert!(route.excepts(SecretId(0), Some("id")) && !route.excepts(SecretId(0), Some("key")));
        assert!(!route.excepts(SecretId(0), None) && !route.excepts(SecretId(1), Some("id")));
    }
}
