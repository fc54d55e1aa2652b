//! The conditions for values in each place of a configuration.

use ostiary_core::SecretValue;
use ostiary_core::configuration::SecretId;
use ostiary_core::secrets::value_check::check_value;
use ostiary_grammar::{File, read};

const GATEWAY: &str = r#"
[secrets]
key   = ["KEY"]
basic = ["BASIC"]
query = ["QUERY"]
pair  = ["PAIR"]
token = ["TOKEN"]
[callers.app]
bearer = "${token}"
[routes.all]
mount = "/"
upstream = "https://a.example.com"
auth = [
  { header = "x-key", value = "Key ${key}" }, { basic = { username = "${pair.id}", password = "${basic}" } },
  { query = "q", value = "${query}" }, { header = "x-pair", value = "${pair.key}" },
]
allow = { app = ["GET /**"] }
"#;

fn check(name: &str, value: &str) -> Result<(), String> {
    let row = |name: &str| {
        format!("[[secrets_store_secrets]]\nbinding = \"{name}\"\nstore_id = \"s\"\nsecret_name = \"s\"\n")
    };
    let wrangler = ["KEY", "BASIC", "QUERY", "PAIR", "TOKEN"].map(row).concat();
    let file = |path, text| File { path, text };
    let gateway = read(file("gateway.toml", GATEWAY), file("wrangler.toml", &wrangler)).unwrap().gateway;
    let position = gateway.secrets.iter().position(|secret| secret.name == name).unwrap();
    let id = SecretId(u16::try_from(position).unwrap());
    check_value(&gateway, id, &SecretValue::new(value.to_owned()), true).map_err(|misfit| misfit.to_string())
}

#[test]
fn a_value_fits_where_the_configuration_puts_it() {
    for (name, value) in [
        ("key", "canary"),
        ("basic", "canary:é"),
        ("query", "canary\té\n"),
        ("pair", "{\n\t\"id\": \"canaryé\", \"key\": \"canary\"}"),
        ("token", "canary"),
    ] {
        assert_eq!(check(name, value), Ok(()), "{name}");
    }
}

#[test]
fn the_reason_names_the_place_and_not_the_value() {
    for (name, value, expected) in [
        ("key", "canary\té", "its character 7 is a tab (U+0009), so the route `all` cannot use it"),
        ("basic", "canary\r", "its character 7 is a line end (U+000D), so the route `all` cannot use it"),
        ("query", " ", "it is empty, or only white space, so the route `all` cannot use it"),
        ("pair", "canary", "it is not a JSON object with one string `id`, so the route `all` cannot use it"),
        (
            "pair",
            "{\"id\":\"canary\"}",
            "it is not a JSON object with one string `key`, so the route `all` cannot use it",
        ),
        (
            "pair",
            "{\"id\":\"canary:\",\"key\":\"x\"}",
            "in its field `id`, its character 7 is a colon, which ends the user name of Basic, so the route `all` \
                 cannot use it",
        ),
        (
            "token",
            "“canary”",
            "its character 1 is a typographic quote (U+201C), so the caller `app` cannot show it",
        ),
    ] {
        assert_eq!(check(name, value).unwrap_err(), expected);
    }
}
