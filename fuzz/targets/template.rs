//! Lines: a template; then the value of a secret, line ends included. The sent text is the template with the value
//! inserted once and unchanged, and a value that is not valid in a place is not sent there.
#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use ostiary_fuzz::deployment::{Deployment, gateway, get, quoted};
use ostiary_fuzz::oracle::{filled, parameters};
use url::Url;

const WRANGLER: &str = r#"
vars = { V = "variable" }
secrets_store_secrets = [
  { binding = "A", store_id = "1", secret_name = "a" },
  { binding = "B", store_id = "1", secret_name = "b" },
]
"#;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some((template, value)) = text.split_once('\n') else { return };
    let spelled = quoted(template);
    let route = |name: &str, auth: &str| {
        format!(
            "[routes.{name}]\nmount = \"/{name}\"\nupstream = \"https://up.example\"\nauth = {auth}\n\
             allow = {{ anyone = [\"GET /**\"] }}\n"
        )
    };
    let routes = [
        "[secrets]\na = [\"A\"]\nb = [\"B\"]\n".to_owned(),
        route("header", &format!("{{ header = \"x-key\", value = {spelled} }}")),
        route("bearer", &format!("{{ bearer = {spelled} }}")),
        route("basic", &format!("{{ basic = {{ username = \"u\", password = {spelled} }} }}")),
        route("query", &format!("{{ query = \"key\", value = {spelled} }}")),
    ];
    let Some(gateway) = gateway(&routes.concat(), WRANGLER) else { return };
    let trimmed = value.trim_end_matches(['\r', '\n']);
    let object = serde_json::json!({ "f": value, "other": 1 }).to_string();
    let known = [("a", trimmed), ("b", &object), ("b.f", value), ("var.V", "variable")];
    // Other names of fields are missing.
    let Some(expected) = filled(template, &known) else { return };
    let mut deployment = Deployment::default();
    deployment.values.insert("A", value.to_owned());
    deployment.values.insert("B", object.clone());
    deployment.variables.insert("V", "variable".to_owned());

    let ask = |name: &str| {
        let ask = get(&format!("https://gw.example/{name}/x"), "gw.example", []);
        deployment.ask(&gateway, &ask)
    };
    let header = |sent: &ostiary_rehearsal::UpstreamRequest, name: &str| {
        let Some(value) = sent.headers.get(name) else { panic!("no {name}: {:?}", sent.headers) };
        assert!(value.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{value:?}");
        value.clone()
    };
    let printable = expected.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let empty = trimmed.trim().is_empty();
    // HTTP drops spaces at the ends of a header's value, so such a value is refused.
    let blank = trimmed.starts_with(' ') || trimmed.ends_with(' ');
    match ask("header") {
        Ok(sent) => assert_eq!(header(&sent, "x-key"), expected),
        Err(code) => assert!(empty || blank || !printable, "{code}: {expected:?}"),
    }
    match ask("bearer") {
        Ok(sent) => assert_eq!(header(&sent, "authorization"), format!("Bearer {expected}")),
        Err(code) => assert!(empty || blank || !printable, "{code}: {expected:?}"),
    }
    match ask("basic") {
        Ok(sent) => {
            let value = header(&sent, "authorization");
            let pair = STANDARD.decode(value.strip_prefix("Basic ").expect("Basic")).expect("Base64");
            assert_eq!(String::from_utf8(pair).expect("a text"), format!("u:{expected}"));
        }
        Err(code) => assert!(empty || !printable, "{code}: {expected:?}"),
    }
    match ask("query") {
        Ok(sent) => {
            let url = Url::parse(&sent.url).expect("what is sent is a URL");
            for read in parameters(&url, "key") {
                assert_eq!(read, [expected.as_str()], "{}", sent.url);
            }
        }
        Err(code) => assert!(empty, "{code}: {expected:?}"),
    }
});
