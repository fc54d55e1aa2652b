//! `with` of a caller: what `${caller.NAME}` stands for in the auth of a route that admits it.

use super::diagnostic::Findings;
use super::document::{Entry, Table};
use super::name;
use super::template::{self, CallerValue, Declared};

const WITH: &str = "with = { stripe = \"${stripe_a}\", account = \"acct_1A\" }";

/// The values of a caller, each a template. One with a fault is there all the same, so that its uses are not reported
/// too.
pub(crate) fn read<'t>(
    caller: &Table<'t>,
    declared: &Declared<'_>,
    findings: &mut Findings<'_>,
) -> Vec<CallerValue<'t>> {
    let table = caller.value("with").and_then(|value| value.table(WITH, findings));
    let mut values = Vec::new();
    for Entry { key, value } in table.iter().flat_map(Table::entries) {
        name::check(key, "a value", findings);
        let text = value.template(WITH, findings);
        if let Some(empty) = text.filter(|text| text.text.is_empty()) {
            findings.error(empty.span, "the value is empty", &format!("write `{WITH}`"));
        }
        let text = text.filter(|text| !text.text.is_empty());
        let value = text.and_then(|text| template::parse(&text, declared, findings));
        values.push(CallerValue { name: *key, value });
    }
    values
}

#[cfg(test)]
mod tests {
    use super::super::Checked;
    use super::super::example::{GATEWAY, WRANGLER, assert_diagnostics, outcome, replaced};
    use ostiary_core::configuration::{
        CallerId, Forms, Grantee, Part, Placement, Route, SecretId, Template, TokenPlace,
    };

    #[test]
    fn tells_what_is_wrong_with_a_caller_s_value() {
        assert_diagnostics(include_str!("diagnostics/caller_values.txt"));
    }

    /// The valid pair with this auth, and these values of `checkout` and of `ci`.
    fn with(auth: &str, checkout: &str, ci: &str) -> Checked {
        let gateway = replaced(GATEWAY, "{ bearer = \"${stripe}\" }", auth);
        let gateway = replaced(
            &gateway,
            "bearer = \"${checkout}\"\n",
            &format!("bearer = \"${{checkout}}\"\n{checkout}\n"),
        );
        let gateway = replaced(&gateway, "0f00a08\"]\n", &format!("0f00a08\"]\n{ci}\n"));
        let gateway = replaced(
            &gateway,
            "checkout = [\"CHECKOUT",
            "legacy = [{ worker_secret = \"LEGACY_KEY\" }]\ncheckout = [\"CHECKOUT",
        );
        outcome(&gateway, WRANGLER).unwrap_or_else(|errors| panic!("{gateway}\n{errors:#?}"))
    }

    fn auth_of(route: &Route, caller: u16) -> &[Placement] {
        route.auth_of(Grantee::Caller(CallerId(caller)))
    }

    fn template(parts: Vec<Part>) -> Template {
        Template { parts: parts.into() }
    }

    const STRIPE: Part = Part::Secret(SecretId(0));

    #[test]
    fn each_caller_has_the_auth_with_its_own_values_and_the_route_s_own_has_none() {
        let auth =
            r#"[{ bearer = "${caller.key}" }, { header = "x-account", value = "a-${caller.account}-z" }]"#;
        let checked = with(
            auth,
            r#"with = { key = "${stripe}", account = "1" }"#,
            r#"with = { key = "k-${legacy.field}", account = "${var.ACCOUNT}" }"#,
        );
        assert_eq!(checked.warnings, []);
        let route = &checked.gateway.routes[0];
        let text = |text: &'static str| Part::Text(text.into());
        let (Placement::Bearer(key), Placement::Header { value, .. }) =
            (&auth_of(route, 0)[0], &auth_of(route, 0)[1])
        else {
            panic!()
        };
        assert_eq!((key, value), (&template(vec![STRIPE]), &template(vec![text("a-1-z")])));
        let (Placement::Bearer(key), Placement::Header { value, .. }) =
            (&auth_of(route, 1)[0], &auth_of(route, 1)[1])
        else {
            panic!()
        };
        assert_eq!(*key, template(vec![text("k-"), Part::Field(SecretId(1), "field".into())]));
        assert_eq!(*value, template(vec![text("a-"), Part::Variable("ACCOUNT".into()), text("-z")]));
        let caller = |name: &'static str| Part::Caller(name.into());
        let [Placement::Bearer(key), Placement::Header { value, .. }] = route.auth.as_ref() else { panic!() };
        assert_eq!(*key, template(vec![caller("key")]));
        assert_eq!(*value, template(vec![text("a-"), caller("account"), text("-z")]));
        // Nobody else is admitted, and has nothing that could be rendered.
        assert_eq!(route.auth_of(Grantee::Anyone), route.auth.as_ref());
        assert_eq!(route.auths().count(), 2);
    }

    #[test]
    fn a_route_without_values_of_callers_has_one_auth() {
        let checked = with(r#"{ bearer = "${stripe}" }"#, "", "");
        let route = &checked.gateway.routes[0];
        assert!(!route.has_caller_values() && route.allow.iter().all(|grant| grant.auth.is_none()));
        assert_eq!(route.auths().collect::<Vec<_>>(), [route.auth.as_ref()]);
    }

    #[test]
    fn callers_may_have_unequal_numbers_of_sources() {
        let (one, two) = (r#"with = { key = "${legacy}" }"#, r#"with = { key = "${stripe}" }"#);
        let auth = r#"{ header = "x-key", value = "K ${caller.key}" }"#;
        let checked = with(auth, two, one);
        let route = &checked.gateway.routes[0];
        assert!(route.failover.is_some());
        // Stock clients show their token where the key is put.
        let place = |place: &TokenPlace| matches!(place, TokenPlace::Header { name, before, .. } if name.as_str() == "x-key" && before == "K ");
        assert!(route.token_in.iter().any(place));
        assert!(with(auth, one, one).gateway.routes[0].failover.is_none());
    }

    #[test]
    fn a_header_without_a_secret_is_no_place_for_a_token() {
        let auth = r#"[{ bearer = "${stripe}" }, { header = "x-account", value = "${caller.account}" }]"#;
        let checked = with(auth, r#"with.account = "1""#, r#"with.account = "2""#);
        let places = &checked.gateway.routes[0].token_in;
        assert!(!places.iter().any(|place| matches!(place, TokenPlace::Header { .. })), "{places:?}");
    }

    #[test]
    fn values_stand_in_every_form_of_auth() {
        for auth in [
            r#"{ basic = { username = "${caller.id}", password = "${caller.key}" } }"#,
            r#"{ query = "key", value = "${caller.key}${caller.id}" }"#,
            r#"{ json = "/key", value = "${caller.key}${caller.id}" }"#,
            r#"{ hmac = { key = "${caller.key}", message = "${caller.id}${request.body}", put = { header = "x-s", value = "${request.signature}" } } }"#,
            r#"{ sigv4 = { access_key_id = "${caller.id}", secret_access_key = "${caller.key}", region = "${caller.id}", service = "s3" } }"#,
            r#"{ jwt = { key = "${caller.key}", alg = "HS256", claims = { iss = "${caller.id}" } } }"#,
            r#"{ oauth2 = { token_url = "https://id.example.com/token", client_id = "${caller.id}", client_secret = "${caller.key}", scope = "${caller.id}" } }"#,
            r#"{ exchange = { url = "https://id.example.com/token", auth = [{ bearer = "${caller.key}" }, { query = "id", value = "${caller.id}" }], token = "/token" } }"#,
        ] {
            let checked = with(
                auth,
                r#"with = { id = "a", key = "${stripe}" }"#,
                r#"with = { id = "b", key = "${legacy}" }"#,
            );
            assert_eq!(
                checked.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
                <[String; 0]>::default(),
                "{auth}"
            );
            let route = &checked.gateway.routes[0];
            let secrets =
                |caller| auth_of(route, caller).iter().flat_map(Placement::secrets).collect::<Vec<_>>();
            assert_eq!(secrets(0), [SecretId(0)], "{auth}");
            assert_eq!(secrets(1), [SecretId(1)], "{auth}");
            assert!(route.auth.iter().flat_map(Placement::secrets).next().is_none(), "{auth}");
        }
    }

    #[test]
    fn a_token_that_is_used_again_is_another_one_for_each_caller() {
        let auth = r#"{ oauth2 = { token_url = "https://id.example.com/token", client_id = "a", client_secret = "${stripe}", scope = "${caller.scope}", reuse = true } }"#;
        let checked = with(auth, r#"with.scope = "read""#, r#"with.scope = "write""#);
        let identity = |caller| {
            let [Placement::Exchange(exchange)] = auth_of(&checked.gateway.routes[0], caller) else {
                panic!()
            };
            exchange.identity
        };
        assert_ne!(identity(0), identity(1));
        assert!(Forms::used_by(&checked.gateway).reuse);
    }

    #[test]
    fn warns_of_a_value_that_no_route_takes_and_counts_the_sources_of_one_caller() {
        let auth = r#"{ bearer = "${caller.key}" }"#;
        let checked =
            with(auth, r#"with = { key = "${stripe}" }"#, r#"with = { key = "${stripe}", acount = "1" }"#);
        let told: Vec<String> = checked.warnings.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].contains("nothing uses the secret `legacy`"), "{told:?}");
        assert!(told[1].contains("no route takes the value `acount` of the caller `ci`"), "{told:?}");
    }

    #[test]
    fn an_exception_of_redaction_names_a_secret_of_any_caller() {
        let auth = "{ bearer = \"${caller.key}\" }".to_owned() + "\nredact = { except = [\"legacy.id\"] }";
        let checked = with(&auth, r#"with = { key = "${stripe}" }"#, r#"with = { key = "${legacy.id}" }"#);
        assert!(checked.gateway.routes[0].excepts(SecretId(1), Some("id")));
    }
}
