//! The conditions for values in each place of a configuration.

use ostiary_core::SecretValue;
use ostiary_core::configuration::{Forms, SecretId};
use ostiary_core::value_check::check_value;
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
    check_in(GATEWAY, name, value)
}

fn check_in(gateway: &str, name: &str, value: &str) -> Result<(), String> {
    let row = |name: &str| {
        format!(
            "[[secrets_store_secrets]]\nbinding = \"{name}\"\nstore_id = \"s\"\nsecret_name = \"{name}\"\n"
        )
    };
    let wrangler = ["KEY", "BASIC", "QUERY", "PAIR", "TOKEN"].map(row).concat();
    let file = |path, text| File { path, text };
    let gateway = read(file("gateway.toml", gateway), file("wrangler.toml", &wrangler)).unwrap().gateway;
    let position = gateway.secrets.iter().position(|secret| secret.name == name).unwrap();
    let id = SecretId(u16::try_from(position).unwrap());
    check_value(&gateway, id, &SecretValue::new(value.to_owned()), Forms::ALL)
        .map_err(|misfit| misfit.to_string())
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

const SIGNERS: &str = r#"
[secrets]
hex     = ["KEY"]
field   = ["PAIR"]
private = ["BASIC"]
token   = ["TOKEN"]
[callers.app]
bearer = "${token}"
[callers.signer]
hmac = { key = "${hex}", key_encoding = "hex" }
[callers.partner]
hmac = { key = "${field.key}", key_encoding = "base64" }
[routes.all]
mount = "/"
upstream = "https://a.example.com"
auth = { jwt = { key = "${private}", alg = "ES256", put = { header = "authorization", value = "Bearer ${request.token}" } } }
allow = { app = ["GET /**"], signer = ["GET /**"], partner = ["GET /**"] }
"#;

#[test]
fn a_key_is_checked_for_the_caller_that_signs_requests_with_it() {
    for (name, value) in [
        ("hex", "00fF"),
        ("field", "{\"key\":\"-_8\"}"),
        ("private", include_str!("../jose/ec.pkcs8.pem")),
        ("token", "canary canary"),
    ] {
        assert_eq!(check_in(SIGNERS, name, value), Ok(()), "{name}");
    }
    for (name, value, expected) in [
        ("hex", "canary", "it is not in its `key_encoding`, so the caller `signer` cannot show it"),
        (
            "field",
            "00fF",
            "it is not a JSON object with one string `key`, so the caller `partner` cannot show it",
        ),
        (
            "field",
            "{\"key\":\"canary canary\"}",
            "in its field `key`, it is not in its `key_encoding`, so the caller `partner` cannot show it",
        ),
    ] {
        assert_eq!(check_in(SIGNERS, name, value).unwrap_err(), expected);
    }
}

#[test]
fn a_key_that_signs_tokens_is_a_key_of_its_algorithm() {
    let others = [include_str!("../jose/rsa.pkcs8.pem"), include_str!("../jose/ed25519.pkcs8.pem")];
    for value in
        others.into_iter().chain(["canary", "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----"])
    {
        let misfit = check_in(SIGNERS, "private", value).unwrap_err();
        assert_eq!(misfit, "it is not a key for its `alg`, so the route `all` cannot use it");
    }
}
