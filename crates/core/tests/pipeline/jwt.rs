//! Tokens that are signed for each attempt, with the keys and the signatures of RFC 7515 and RFC 8037.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::executor::block_on;
use ostiary_core::configuration::JwtAlgorithm;
use ostiary_core::encoding::private_key::parse;
use ostiary_core::runtime::cryptography::Cryptography as _;
use ring::signature;
use serde_json::{Value, json};

use crate::signing::{sent, world};
use crate::world::{Ask, Binding, World};

const EC_JWK: &str = include_str!("../jose/ec.jwk");
const ED25519_JWK: &str = include_str!("../jose/ed25519.jwk");
const OCT_JWK: &str = include_str!("../jose/oct.jwk");
const RSA_JWK: &str = include_str!("../jose/rsa.jwk");

/// Each algorithm with the same key in every form.
pub const KEYS: [(&str, &[&str]); 4] = [
    ("HS256", &[OCT_JWK]),
    ("ES256", &[EC_JWK, include_str!("../jose/ec.pkcs8.pem"), include_str!("../jose/ec.sec1.pem")]),
    ("EdDSA", &[ED25519_JWK, include_str!("../jose/ed25519.pkcs8.pem")]),
    ("RS256", &[RSA_JWK, include_str!("../jose/rsa.pkcs1.pem"), include_str!("../jose/rsa.pkcs8.pem")]),
];

pub fn decoded(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn member(jwk: &str, name: &str) -> Vec<u8> {
    let jwk: Value = serde_json::from_str(jwk).unwrap();
    decoded(jwk[name].as_str().unwrap())
}

/// Whether the signature of the message is valid, according to another library.
pub fn verifies(algorithm: &str, message: &[u8], signed: &[u8]) -> bool {
    let verified =
        match algorithm {
            "HS256" => {
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &member(OCT_JWK, "k"));
                return ring::hmac::verify(&key, message, signed).is_ok();
            }
            "ES256" => {
                let point = [&[4][..], &member(EC_JWK, "x"), &member(EC_JWK, "y")].concat();
                signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point)
                    .verify(message, signed)
            }
            "EdDSA" => signature::UnparsedPublicKey::new(&signature::ED25519, member(ED25519_JWK, "x"))
                .verify(message, signed),
            _ => signature::RsaPublicKeyComponents { n: member(RSA_JWK, "n"), e: member(RSA_JWK, "e") }
                .verify(&signature::RSA_PKCS1_2048_8192_SHA256, message, signed),
        };
    verified.is_ok()
}

/// The header and the claims of a token with a valid signature.
#[track_caller]
fn read(algorithm: &str, token: &str) -> (Value, Value) {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = decoded(signature);
    assert!(verifies(algorithm, signed.as_bytes(), &signature), "{algorithm} {token}");
    assert!(!verifies(algorithm, format!("{signed}x").as_bytes(), &signature), "{algorithm} {token}");
    let (header, claims) = signed.split_once('.').unwrap();
    (serde_json::from_slice(&decoded(header)).unwrap(), serde_json::from_slice(&decoded(claims)).unwrap())
}

fn jwt(algorithm: &str, more: &str) -> String {
    format!("{{ jwt = {{ key = \"${{key}}\", alg = \"{algorithm}\", {more} }} }}")
}

fn get() -> Ask {
    Ask::new("GET", "/r/x")
}

#[test]
fn the_signatures_of_the_examples_are_made() {
    let payload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    for (algorithm, key, message, expected) in [
        // RFC 7515 §A.2.
        (
            JwtAlgorithm::Rs256,
            RSA_JWK,
            format!("eyJhbGciOiJSUzI1NiJ9.{payload}"),
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
        ),
        // RFC 8037 §A.4.
        (
            JwtAlgorithm::EdDsa,
            ED25519_JWK,
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc".to_owned(),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        ),
    ] {
        let world = World::new();
        let key = parse(algorithm, key, None).unwrap();
        let signed = block_on(async {
            let key = world.import(algorithm, key.expose()).await.unwrap();
            world.sign(key, algorithm, message.as_bytes()).await.unwrap()
        });
        assert_eq!(URL_SAFE_NO_PAD.encode(signed), expected, "{algorithm:?}");
    }
    // RFC 7515 §A.1 and RFC 7519 §3.1, with the example's key.
    let message = format!("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{payload}");
    assert!(verifies("HS256", message.as_bytes(), &decoded("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")));
}

#[test]
fn a_key_signs_in_every_form_that_it_is_issued_in() {
    for (algorithm, keys) in KEYS {
        for key in keys {
            let escaped: &'static str = key.trim_end().replace('\n', "\\n").leak();
            for key in [*key, escaped] {
                let auth = jwt(algorithm, "claims = { iss = \"me\" }");
                let mut world =
                    world("https://api.example.com", &auth, "").with("API_KEY", Binding::Value(key));
                world.now = 1_700_000_000_500.0;
                let token = sent(&world.ask(&get()), "authorization");
                let (header, claims) = read(algorithm, token.strip_prefix("Bearer ").unwrap());
                assert_eq!(header, json!({ "alg": algorithm, "typ": "JWT" }));
                assert_eq!(claims, json!({ "iat": 1_700_000_000, "exp": 1_700_000_060, "iss": "me" }));
            }
        }
    }
}

#[test]
fn bytes_of_a_key_are_written_as_key_encoding_says() {
    let seed = hex(&member(ED25519_JWK, "d"));
    for (algorithm, encoding, key) in [
        ("EdDSA", "hex", seed.as_str()),
        ("EdDSA", "base64", "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"),
        (
            "HS256",
            "base64",
            "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
        ),
    ] {
        let auth = jwt(algorithm, &format!("key_encoding = \"{encoding}\""));
        let key: &'static str = key.to_owned().leak();
        let world = world("https://api.example.com", &auth, "").with("API_KEY", Binding::Value(key));
        let token = sent(&world.ask(&get()), "authorization");
        read(algorithm, token.strip_prefix("Bearer ").unwrap());
    }
}

fn hex(bytes: &[u8]) -> String {
    ostiary_core::encoding::hex(bytes)
}

#[test]
fn claims_hold_what_the_configuration_says() {
    let auth = jwt(
        "ES256",
        "ttl = \"20m\", kid = \"${other}\", header = { x = [1] }, put = { query = \"jwt\", value = \"${request.token}\" }, \
         claims = { iss = \"a\\\"${other}\", n = -3, b = true, l = [\"x\", { y = false }], nbf = \"${request.timestamp}\", jti = \"${request.nonce}\" }",
    );
    let mut world = world("https://api.example.com/v1", &auth, "").with("API_KEY", Binding::Value(EC_JWK));
    world.now = 1_700_000_000_500.0;
    let exchange = world.ask(&get());
    let url = &exchange.sent().url;
    let token = url.strip_prefix("https://api.example.com/v1/x?jwt=").unwrap();
    let (header, mut claims) = read("ES256", token);
    assert_eq!(header, json!({ "alg": "ES256", "typ": "JWT", "x": [1], "kid": "canary-only-key" }));
    assert_eq!(claims["jti"].take().as_str().unwrap().len(), 32);
    let expected = json!({
        "iat": 1_700_000_000, "exp": 1_700_001_200, "iss": "a\"canary-only-key", "n": -3, "b": true,
        "l": ["x", { "y": false }], "nbf": 1_700_000_000, "jti": null,
    });
    assert_eq!(claims, expected);
}

#[test]
fn a_key_that_is_none_fails_over_before_anything_is_sent() {
    for broken in [
        "canary",
        "{\"kty\":\"EC\"}",
        RSA_JWK,
        ED25519_JWK,
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----",
    ] {
        let world = world("https://api.example.com", &jwt("ES256", ""), "")
            .with("API_KEY", Binding::Value(broken))
            .with("API_KEY_PREVIOUS", Binding::Value(EC_JWK));
        let exchange = world.ask(&get());
        let token = sent(&exchange, "authorization");
        read("ES256", token.strip_prefix("Bearer ").unwrap());
        assert_eq!(exchange.log["secrets"][0]["failure"], "invalid", "{broken}");
        let alone = world.with("API_KEY_PREVIOUS", Binding::Missing);
        alone.ask(&get()).refused("secret_unavailable");
    }
}

#[test]
fn the_second_key_signs_when_the_upstream_refused_the_first_and_no_token_comes_back() {
    let other = include_str!("../jose/ec.pkcs8.pem");
    let world = world("https://api.example.com", &jwt("HS256", ""), "").first_statuses(&[401]);
    let exchange = world.ask(&get());
    assert_eq!((exchange.status, exchange.sent.len()), (200, 2));
    assert_eq!(exchange.log["failover"], "primary_refused");
    let world = world.with("API_KEY_PREVIOUS", Binding::Value(other)).first_statuses(&[401]);
    let exchange = world.ask(&get());
    let tokens: Vec<_> = exchange.sent.iter().map(|sent| sent.header("authorization")[0]).collect();
    assert_ne!(tokens[0], tokens[1]);

    let token = tokens[0].strip_prefix("Bearer ").unwrap();
    let echo: &'static str = format!("you sent {token}, made with canary-api-key\n").leak();
    let exchange = world.with_body(echo).ask(&get());
    assert!(!exchange.body.contains(token) && !exchange.body.contains("canary"), "{}", exchange.body);
}

#[test]
fn an_object_of_claims_has_its_members_and_the_time_in_any_format() {
    let auth = jwt(
        "ES256",
        "claims = { o = { a = 1, b = \"x\", c = [] }, at = \"${request.timestamp.rfc3339}\", \
         ms = \"${request.timestamp.milliseconds}\" }",
    );
    let mut world = world("https://api.example.com", &auth, "").with("API_KEY", Binding::Value(EC_JWK));
    world.now = 1_700_000_000_500.0;
    let exchange = world.ask(&get());
    let (_, claims) = read("ES256", sent(&exchange, "authorization").strip_prefix("Bearer ").unwrap());
    assert_eq!(claims["o"], json!({ "a": 1, "b": "x", "c": [] }));
    assert_eq!((&claims["at"], &claims["ms"]), (&json!("2023-11-14T22:13:20.500Z"), &json!("1700000000500")));
}
