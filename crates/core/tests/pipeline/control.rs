//! The control of a probe: the upstream gets wrong values for the named secrets only. And the result of a probe with a
//! token endpoint.

use ostiary_core::runtime::SendError;
use serde_json::{Value, json};

use crate::jwt::{KEYS, decoded, verifies};
use crate::operator::{NONCE, probe};
use crate::world::{Binding, World};

fn order(route: &str, source: u32, control: &[&str]) -> Value {
    json!({ "route": route, "path": "/v1/balance", "source": source, "nonce": NONCE, "control": control })
}

/// Like `signing::world`, with an operator.
fn world(auth: &str) -> World {
    World::of(&format!(
        r#"
[secrets]
key   = ["API_KEY", "API_KEY_PREVIOUS"]
other = ["ONLY_KEY"]
ops   = ["OPS_TOKEN", "OPS_TOKEN_NEXT"]
[callers.ops]
bearer = "${{ops}}"
[operator]
mount = "ops.gw.example.com"
allow = ["ops"]
[routes.r]
mount    = "/r"
upstream = "https://api.example.com"
auth     = {auth}
allow    = {{ ops = ["* /**"] }}
"#
    ))
}

fn shape(text: &str) -> String {
    let is_letter = |character: char| character.is_ascii_alphabetic();
    text.chars().map(|character| if is_letter(character) { 'a' } else { character }).collect()
}

#[test]
fn it_sends_what_is_certainly_wrong_and_proves_nothing() {
    let exchange = probe(&World::new(), &order("api", 1, &["api"]));
    assert_eq!(exchange.reads, ["OPS_TOKEN", "OPS_TOKEN_NEXT", "API_KEY"]);
    let told = json!([{ "name": "api", "binding": "API_KEY", "outcome": "ok" }]);
    assert_eq!((&exchange.report["status"], &exchange.report["secrets"]), (&json!(200), &told));
    let sent = exchange.sent().header("authorization")[0];
    assert_eq!(shape(sent), shape("Bearer canary-api-key"));
    assert!(sent.starts_with("Bearer ") && !sent.contains("canary-api-key"), "{sent}");

    // Each field of a JSON value, a pair for Basic, a query; and a source without a value.
    let exchange = probe(&World::new(), &order("account", 1, &["account"]));
    let [id, key] = ["x-id", "x-key"].map(|name| exchange.sent().header(name)[0]);
    assert_eq!((shape(id), shape(key)), (shape("canary-id"), shape("canary-key-acct-1")));
    assert!(id != "canary-id" && key != "canary-key-acct-1" && key.ends_with("-acct-1"), "{id} {key}");
    let exchange = probe(&World::new(), &order("basic", 1, &["only"]));
    let pair = exchange.sent().header("authorization")[0];
    assert_ne!(pair, "Basic YXBpOmNhbmFyeS1vbmx5LWtleQ==");
    let missing = World::new().with("API_KEY", Binding::Missing);
    let exchange = probe(&missing, &order("api", 1, &["api"]));
    let sent = exchange.sent().header("authorization")[0];
    assert_eq!(sent.len(), "Bearer ".len() + 40, "{sent}");
}

#[test]
fn only_the_secrets_that_are_named_are_made_wrong() {
    let right = [("x-id", "canary-pair-id"), ("x-key", "canary-pair-key"), ("x-only", "canary-only-key")];
    for (named, wrong) in [
        (&["pair_key"][..], &["x-key"][..]),
        (&["pair_id"], &["x-id"]),
        (&["only"], &["x-only"]),
        (&["pair_id", "pair_key"], &["x-id", "x-key"]),
    ] {
        let exchange = probe(&World::new(), &order("pair", 1, named));
        for (header, value) in right {
            let sent = exchange.sent().header(header)[0];
            assert_eq!(sent != value, wrong.contains(&header), "{named:?} {header} {sent}");
        }
        // Only values that are sent unchanged are proved.
        for secret in exchange.report["secrets"].as_array().unwrap() {
            let is_wrong = named.contains(&secret["name"].as_str().unwrap());
            assert_eq!(secret.get("hmac").is_none(), is_wrong, "{secret}");
        }
    }
    // A secret that cannot be read is not replaced by a wrong value, unless it is named.
    let broken = World::new().with("ONLY_KEY", Binding::Throws);
    let exchange = probe(&broken, &order("pair", 1, &["pair_key"]));
    assert_eq!((&exchange.report["failure"], exchange.sent.len()), (&json!("secret_unavailable"), 0));
}

#[test]
fn an_order_that_names_another_secret_is_refused() {
    for body in [
        order("api", 3, &["api"]),
        order("api", 1, &["only"]),
        order("api", 1, &["else"]),
        order("api", 1, &["api", "api"]),
        order("api", 1, &["api", "only"]),
        json!({ "route": "api", "source": 1, "nonce": NONCE, "control": ["api"] }),
        json!({ "secret": "api", "source": 1, "nonce": NONCE, "control": ["api"] }),
        json!({ "route": "api", "path": "/v1/balance", "source": 1, "nonce": NONCE, "control": true }),
    ] {
        probe(&World::new(), &body).refused("operation_invalid");
    }
}

#[test]
fn a_key_that_signs_tokens_signs_falsely_and_all_else_of_the_token_is_right() {
    for (algorithm, keys) in KEYS {
        for key in keys {
            let auth = format!(
                "{{ jwt = {{ key = \"${{key}}\", alg = \"{algorithm}\", kid = \"${{other}}\", claims = {{ iss = \"me\" }} }} }}"
            );
            let world = world(&auth).with("API_KEY", Binding::Value(key));
            let token = |control: &[&str]| {
                let exchange = probe(&world, &order("r", 1, control));
                let token = exchange.sent().header("authorization")[0].strip_prefix("Bearer ").unwrap();
                let (signed, signature) = token.rsplit_once('.').unwrap();
                (signed.to_owned(), decoded(signature))
            };
            let ((signed, right), (same, wrong)) = (token(&[]), token(&["key"]));
            assert_eq!(signed, same, "{algorithm}");
            assert!(verifies(algorithm, signed.as_bytes(), &right), "{algorithm}");
            assert!(!verifies(algorithm, signed.as_bytes(), &wrong), "{algorithm}");
            assert_eq!(right.len(), wrong.len(), "{algorithm}");
            // A secret that is a claim is replaced in the token, which has a valid signature.
            let (other, signature) = token(&["other"]);
            assert_ne!(other, signed);
            assert!(verifies(algorithm, other.as_bytes(), &signature), "{algorithm}");
        }
    }
}

#[test]
fn a_key_of_a_keyed_hash_is_another_one_of_the_same_encoding() {
    for (encoding, key) in [
        ("text", "canary-of-some-length-0123456789"),
        ("hex", "00112233445566778899aabbccddeeff"),
        ("base64", "Y2FuYXJ5LW9mLXNvbWUtbGVuZ3RoLTAxMjM0NTY3ODk="),
    ] {
        let auth = format!(
            "{{ hmac = {{ key = \"${{key}}\", key_encoding = \"{encoding}\", message = \"${{request.path}}\", \
             put = {{ header = \"x-signature\", value = \"${{request.signature}}\" }} }} }}"
        );
        let world = world(&auth).with("API_KEY", Binding::Value(key));
        let signature = |control: &[&str]| {
            probe(&world, &order("r", 1, control)).sent().header("x-signature")[0].to_owned()
        };
        assert_eq!(signature(&[]), signature(&[]), "{encoding}");
        assert_ne!(signature(&[]), signature(&["key"]), "{encoding}");
    }
}

#[test]
fn of_a_key_pair_of_aws_the_half_that_is_named_is_wrong() {
    let world = world(
        "{ sigv4 = { access_key_id = \"${other}\", secret_access_key = \"${key}\", region = \"eu-west-1\", \
         service = \"sts\" } }",
    );
    let sent = |control: &[&str]| {
        let exchange = probe(&world, &order("r", 1, control));
        let header = exchange.sent().header("authorization")[0].to_owned();
        let (scope, signature) = header.split_once(", SignedHeaders").unwrap();
        (scope.to_owned(), signature.to_owned())
    };
    let (scope, signature) = sent(&[]);
    let (same, other) = sent(&["key"]);
    assert_eq!(scope, same);
    assert_ne!(signature, other);
    assert_ne!(scope, sent(&["other"]).0);
}

fn oauth2(fields: &str) -> World {
    world(&format!("{{ oauth2 = {{ token_url = \"https://auth.example.com/token\", {fields} }} }}"))
}

#[test]
fn a_client_secret_that_is_exchanged_is_wrong_at_the_token_endpoint() {
    let world = oauth2("client_id = \"${other}\", client_secret = \"${key}\", client_auth = \"post\"");
    let asked = |control: &[&str]| {
        probe(&world, &order("r", 1, control));
        let sent = world.asked_for_tokens.take().remove(0);
        let body = sent.body.unwrap();
        let form: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        let field = |name: &str| form.iter().find(|(known, _)| known == name).unwrap().1.clone();
        [field("client_id"), field("client_secret")]
    };
    assert_eq!(asked(&[]), ["canary-only-key", "canary-api-key"]);
    let [id, secret] = asked(&["key"]);
    assert_eq!(id, "canary-only-key");
    assert!(secret != "canary-api-key" && shape(&secret) == shape("canary-api-key"), "{secret}");
}

#[test]
fn an_assertion_is_signed_falsely() {
    let jwt = "jwt = { key = \"${key}\", alg = \"RS256\", claims = { iss = \"me\" } }";
    let (_, [.., rsa]) = KEYS[3] else { panic!() };
    for fields in [
        format!("grant = \"jwt_bearer\", {jwt}"),
        "client_id = \"me\", client_auth = \"private_key_jwt\", jwt = { key = \"${key}\", alg = \"RS256\" }"
            .to_owned(),
    ] {
        let world = oauth2(&fields).with("API_KEY", Binding::Value(rsa));
        for (control, is_right) in [(&[][..], true), (&["key"], false)] {
            probe(&world, &order("r", 1, control));
            let body = world.asked_for_tokens.take().remove(0).body.unwrap();
            let mut form = url::form_urlencoded::parse(body.as_bytes());
            let (_, token) = form.find(|(name, _)| name.ends_with("assertion")).unwrap();
            let (signed, signature) = token.rsplit_once('.').unwrap();
            assert_eq!(verifies("RS256", signed.as_bytes(), &decoded(signature)), is_right, "{fields}");
        }
    }
}

#[test]
fn what_a_token_endpoint_says_is_told_apart_from_what_the_store_says() {
    type Said = Result<(u16, &'static str), SendError>;
    let refused: Said = Ok((401, r#"{"error":"invalid_client","error_description":"canary"}"#));
    for (said, expected) in [
        (refused, json!({ "error": "invalid_client", "status": 401 })),
        (Ok((400, r#"{"error":"canary"}"#)), json!({ "error": "refused", "status": 400 })),
        (Ok((503, "")), json!({ "error": "refused", "status": 503 })),
        (Ok((200, "{}")), json!({ "error": "no_token", "status": 200 })),
        (Err(SendError::Unreachable), json!({ "error": "unreachable" })),
        (Err(SendError::TimedOut), json!({ "error": "timeout" })),
    ] {
        for control in [&[][..], &["key"]] {
            let world = oauth2("client_id = \"me\", client_secret = \"${key}\"");
            world.tokens.borrow_mut().push_back(said);
            let report = probe(&world, &order("r", 1, control)).report;
            assert_eq!(report["exchange"], expected, "{report}");
            assert_eq!(report["failure"], "secret_unavailable");
            assert_eq!(report["secrets"][0]["outcome"], "exchange");
        }
    }
    let world = oauth2("client_id = \"me\", client_secret = \"${key}\"").with("API_KEY", Binding::Missing);
    assert_eq!(probe(&world, &order("r", 1, &[])).report.get("exchange"), None);
}

#[test]
fn a_probe_obtains_a_fresh_token_while_an_earlier_one_is_kept() {
    let world = world(
        "{ oauth2 = { token_url = \"https://auth.example.com/token\", client_id = \"me\", \
         client_secret = \"${key}\", reuse = true } }",
    );
    for token in ["Bearer canary-token-1", "Bearer canary-token-2"] {
        let exchange = probe(&world, &order("r", 1, &[]));
        assert_eq!(exchange.sent().header("authorization"), [token]);
        assert_eq!(world.cache.borrow().len(), 1);
    }
}
