//! Callers that authenticate with signed tokens. The tests of refusals are named after RFC 8725.

use base64::Engine as _;
use serde_json::{Value, json};

use crate::jose::{NOW, ec, ed25519, inline, message, named, rsa, shared, signature, token, with_signature};
use crate::world::{Ask, Binding, Exchange, World};
use ostiary_core::runtime::SendError;
use ostiary_core::runtime::rate_limit_verdict::RateLimitVerdict;

const ISSUER: &str = "https://id.example.com/acme";
const KEYS: &str = "https://id.example.com/keys";
const METADATA: &str = "https://id.example.com/acme/.well-known/openid-configuration";
const AUDIENCE: &str = "https://gw.example.com";

fn gateway() -> String {
    format!(
        r#"
[secrets]
only     = ["ONLY_KEY"]
batch    = ["BATCH_TOKEN"]
revoked  = ["OPS_TOKEN"]

[callers.batch]
bearer = "${{batch}}"

[callers.ci]
jwt = {{ issuer = "{ISSUER}", audience = "{AUDIENCE}", jwks = "{KEYS}", claims = {{ repository = "acme/*", ref = "refs/heads/main" }} }}

[callers.release]
jwt = {{ issuer = "{ISSUER}", audience = "{AUDIENCE}", jwks = "{KEYS}", claims = {{ environment = "release" }} }}

[callers.found]
jwt = {{ issuer = "{ISSUER}", audience = "found", claims = {{ sub = "*" }} }}

[callers.joe]
jwt = {{ issuer = "joe", audience = "{AUDIENCE}", claims = {{}}, keys = [{rsa}, {ec}] }}

[callers.access]
jwt = {{ preset = "cloudflare-access", issuer = "https://acme.cloudflareaccess.com", audience = "app", claims = {{}}, keys = [{ed25519}] }}

[callers.agents]
issued = {{ keys = ["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"], audience = "{AUDIENCE}", max_ttl = "30d", revoked = "${{revoked}}" }}

[callers.varied]
jwt = {{ issuer = "https://${{var.ACCOUNT}}.example.com/", audience = "${{var.ACCOUNT}}", claims = {{ sub = "*" }} }}

[callers.robots]
issued = {{ keys = ["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"] }}

[operator]
mount = "ops.gw.example.com"
allow = ["agents", "batch"]

[routes.key]
mount    = "/key"
upstream = "https://key.example.com"
auth     = {{ header = "x-api-key", value = "${{only}}" }}

[routes.key.allow]
batch   = ["* /**"]
ci      = ["GET /v1/**"]
release = ["* /**"]
joe     = ["* /**"]
agents  = ["GET,POST /v1/**"]

[routes.found]
mount    = "/found"
upstream = "https://key.example.com"
auth     = {{ header = "x-api-key", value = "${{only}}" }}
allow    = {{ found = ["* /**"] }}

[routes.varied]
mount    = "/varied"
upstream = "https://key.example.com"
auth     = {{ header = "x-api-key", value = "${{only}}" }}
allow    = {{ varied = ["* /**"] }}

[routes.other]
mount    = "/other"
upstream = "https://key.example.com"
auth     = []
allow    = {{ agents = ["* /**", "MOVE /**"], robots = ["* /**"] }}
rate_limit = [{{ binding = "BY_CALLER", by = "caller" }}]

[routes.git]
mount    = "/git"
upstream = "https://key.example.com"
auth     = []
allow    = {{ agents = ["* /**"] }}
token_in = ["basic"]

[routes.access]
mount    = "/access"
upstream = "https://key.example.com"
auth     = {{ header = "x-api-key", value = "${{only}}" }}
allow    = {{ access = ["* /**"] }}
cors     = {{ origins = ["https://app.example.com"] }}
"#,
        rsa = inline(&rsa()),
        ec = inline(&ec()),
        ed25519 = inline(&ed25519()),
    )
}

fn set(keys: &[Value]) -> (u16, Option<&'static str>, String) {
    (200, Some("max-age=600"), json!({ "keys": keys }).to_string())
}

fn world() -> World {
    let mut world = World::of(&gateway()).with("OPS_TOKEN", Binding::Value("{}"));
    world.now = NOW * 1000.0;
    let keys = set(&[named(rsa(), "r"), named(ec(), "e"), json!({ "kty": "oct", "k": "AAAA", "kid": "o" })]);
    let metadata = json!({ "issuer": ISSUER, "jwks_uri": KEYS }).to_string();
    world.key_sets.borrow_mut().insert(KEYS.to_owned(), Ok(keys));
    world.key_sets.borrow_mut().insert(METADATA.to_owned(), Ok((200, None, metadata)));
    world
}

fn ask_for(world: &World, path: &str, token: &str) -> Exchange {
    world.ask(
        &Ask::new("GET", path).without("authorization").header("authorization", &format!("Bearer {token}")),
    )
}

fn ask(world: &World, token: &str) -> Exchange {
    ask_for(world, "/key/v1/x", token)
}

fn claims(more: &Value) -> Value {
    let mut claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "repo:acme/shop:ref:refs/heads/main",
        "iat": NOW, "exp": NOW + 300.0, "repository": "acme/shop", "ref": "refs/heads/main",
    });
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

fn of_ci(header: &Value, more: &Value) -> String {
    token(header, &claims(more))
}

fn issued(more: &Value) -> String {
    let mut claims = json!({
        "sub": "agents/crawler-7", "jti": "j7", "aud": AUDIENCE, "iat": NOW, "exp": NOW + 86_400.0,
    });
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    token(&json!({ "alg": "EdDSA", "typ": "ostiary+jwt", "kid": "11qYAYKxCrfVS_7T" }), &claims)
}

#[track_caller]
fn served(exchange: &Exchange, caller: &str, subject: Option<&str>) {
    assert_eq!((exchange.status, &exchange.log["caller"]), (200, &caller.into()), "{exchange:?}");
    assert_eq!(exchange.log.get("subject").and_then(Value::as_str), subject);
}

#[track_caller]
fn refused(exchange: &Exchange, proof: &str) {
    assert_eq!(exchange.log["proof"], proof, "{exchange:?}");
    exchange.refused("caller_unauthenticated");
    assert_eq!(exchange.status, 401);
    assert_eq!(exchange.header("www-authenticate").len(), 1);
    assert_eq!(exchange.reads, Vec::<String>::new(), "{proof}");
}

fn rs256() -> Value {
    json!({ "alg": "RS256", "typ": "JWT", "kid": "r" })
}

#[test]
fn a_job_proves_itself_and_no_secret_is_read_for_it() {
    let world = world();
    let exchange = ask(&world, &of_ci(&rs256(), &json!({})));
    served(&exchange, "ci", Some("repo:acme/shop:ref:refs/heads/main"));
    assert_eq!(exchange.reads, ["ONLY_KEY"]);
    assert_eq!(exchange.sent().header("authorization"), Vec::<&str>::new());
    for header in [
        json!({ "alg": "ES256", "kid": "e" }),
        json!({ "alg": "RS256", "kid": "r", "typ": "at+jwt", "x5t": "AAAA" }),
        json!({ "alg": "RS256", "kid": "r", "typ": "application/at+jwt" }),
    ] {
        served(&ask(&world, &of_ci(&header, &json!({}))), "ci", Some("repo:acme/shop:ref:refs/heads/main"));
    }
    served(
        &ask(&world, &of_ci(&rs256(), &json!({ "repository": "x", "environment": "release" }))),
        "release",
        Some("repo:acme/shop:ref:refs/heads/main"),
    );
    // The rules are the same as for other callers.
    let post = Ask::new("POST", "/key/v1/x").without("authorization");
    let post = post.header("authorization", &format!("Bearer {}", of_ci(&rs256(), &json!({}))));
    world.ask(&post).refused("not_allowed");
}

#[test]
fn the_tokens_of_rfc_7515_have_good_signatures() {
    // §A.2 and §A.3. Their claims have no audience, which is checked after the signature.
    let world = world();
    let es256 = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let rs256 = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    // If the token has no key id, there must be only one key.
    let one = |key: &Value| {
        let mut world =
            World::of(&gateway().replace(&format!("{}, {}", inline(&rsa()), inline(&ec())), &inline(key)));
        world.now = NOW * 1000.0;
        world
    };
    refused(&ask(&one(&ec()), es256), "jwt_audience");
    refused(&ask(&one(&rsa()), rs256), "jwt_audience");
    refused(&ask(&world, es256), "jwt_key_unknown");
    let altered = es256.replace("DtEhU3", "DtEhU4");
    refused(&ask(&one(&ec()), &altered), "jwt_signature");
    refused(&ask(&one(&rsa()), &rs256.replace("cC4hiU", "cC4hiV")), "jwt_signature");
}

#[test]
fn rfc_8725_3_1_the_key_says_the_algorithm() {
    let world = world();
    // The public key as a shared key, in each form in which a library may have it.
    for key in [rsa()["n"].as_str().unwrap().as_bytes().to_vec(), rsa().to_string().into_bytes(), Vec::new()]
    {
        refused_after_reading(&ask(&world, &shared(&key, &claims(&json!({})))), "jwt_algorithm");
    }
    for algorithm in ["none", "NonE", "HS256", "A128KW"] {
        let message = message(&json!({ "alg": algorithm, "kid": "r" }), &claims(&json!({})));
        refused_after_reading(&ask(&world, &with_signature(&message, b"")), "jwt_algorithm");
    }
    // A valid signature with another algorithm than the key's.
    refused(&ask(&world, &of_ci(&json!({ "alg": "PS256", "kid": "r" }), &json!({}))), "jwt_algorithm");
    refused(&ask(&world, &of_ci(&json!({ "alg": "RS256", "kid": "e" }), &json!({}))), "jwt_algorithm");
    assert_eq!(world.verified.get(), 0);
}

#[test]
fn rfc_8725_3_3_every_signature_is_verified() {
    let world = world();
    let message = message(&json!({ "alg": "ES256", "kid": "e" }), &claims(&json!({})));
    let good = signature("ES256", &message);
    let (r, s) = good.split_at(32);
    let der = [&[0x30, 68, 2, 32][..], r, &[2, 32], s].concat();
    for bad in [vec![0; 64], Vec::new(), good[..63].to_vec(), [&good[..], &[0]].concat(), der] {
        refused(&ask(&world, &with_signature(&message, &bad)), "jwt_signature");
    }
    served(&ask(&world, &with_signature(&message, &good)), "ci", Some("repo:acme/shop:ref:refs/heads/main"));
    let other = message.replace(&message[message.len() - 20..], "");
    refused_after_reading(&ask(&world, &with_signature(&other, &good)), "jwt_malformed");
    // A token that is signed with one caller's key and has the other's issuer.
    let mut foreign = claims(&json!({ "iss": "joe" }));
    foreign["aud"] = AUDIENCE.into();
    let ed = token(&json!({ "alg": "EdDSA" }), &foreign);
    refused(&ask(&world, &ed), "jwt_key_unknown");
}

#[test]
fn rfc_8725_3_4_a_signature_of_ed25519_is_written_in_one_way() {
    // The order of the base point, little-endian: a verifier without a range check also accepts S + L.
    const L: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let world = world();
    let good = issued(&json!({}));
    served(&ask(&world, &good), "agents", Some("agents/crawler-7"));
    let (message, _) = good.rsplit_once('.').unwrap();
    let mut malleable = signature("EdDSA", message);
    let mut carry = 0;
    for (byte, more) in malleable[32..].iter_mut().zip(L) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    refused(&ask(&world, &with_signature(message, &malleable)), "jwt_signature");
    // The same bytes, with a bit that Base64 does not use.
    let last = good.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let next = alphabet.chars().nth(alphabet.find(last).unwrap() + 1).unwrap();
    refused_after_reading(&ask(&world, &format!("{}{next}", &good[..good.len() - 1])), "jwt_malformed");
    refused_after_reading(&ask(&world, &format!("{good}=")), "jwt_malformed");
}

#[test]
fn rfc_8725_3_7_and_3_8_the_issuer_is_the_caller_s_byte_for_byte() {
    let world = world();
    for issuer in [
        json!("https://id.example.com/acme/"),
        json!("https://id.example.com/Acme"),
        json!("https://id.example.com"),
        json!("https://evil.example"),
        json!(""),
        json!([ISSUER]),
        json!(null),
    ] {
        refused_after_reading(&ask(&world, &of_ci(&rs256(), &json!({ "iss": issuer }))), "jwt_issuer");
    }
    // For an issuer that is not configured, nothing is fetched or computed.
    assert_eq!((world.fetched.take(), world.verified.get()), (Vec::new(), 0));
}

/// A token of another issuer can be another caller's secret token.
#[track_caller]
fn refused_after_reading(exchange: &Exchange, proof: &str) {
    assert_eq!((exchange.status, &exchange.log["proof"]), (401, &proof.into()), "{exchange:?}");
    assert_eq!(exchange.reads, ["BATCH_TOKEN"]);
}

#[test]
fn rfc_8725_3_9_a_token_for_somebody_else_is_none() {
    let world = world();
    for audience in [
        json!("https://api.example.com"),
        json!([]),
        json!(null),
        json!("https://gw.example.com/"),
        json!({}),
    ] {
        refused(&ask(&world, &of_ci(&rs256(), &json!({ "aud": audience }))), "jwt_audience");
    }
    served(
        &ask(&world, &of_ci(&rs256(), &json!({ "aud": ["x", AUDIENCE] }))),
        "ci",
        Some("repo:acme/shop:ref:refs/heads/main"),
    );
}

#[test]
fn rfc_8725_3_10_a_token_does_not_say_where_its_key_is() {
    let world = world();
    for name in ["jku", "x5u"] {
        let header = json!({ "alg": "RS256", "kid": "r", name: "https://evil.example/keys" });
        refused_after_reading(&ask(&world, &of_ci(&header, &json!({}))), "jwt_key_reference");
    }
    let header = json!({ "alg": "RS256", "kid": "r", "jwk": rsa() });
    refused_after_reading(&ask(&world, &of_ci(&header, &json!({}))), "jwt_key_reference");
    assert_eq!(world.fetched.take(), Vec::<String>::new());
    for id in ["https://evil.example/k", "../../etc/passwd", "/dev/null", "r' OR '1'='1", "R", ""] {
        let header = json!({ "alg": "RS256", "kid": id });
        refused(&ask(&world, &of_ci(&header, &json!({}))), "jwt_key_unknown");
    }
    assert!(world.fetched.take().iter().all(|url| url == KEYS));
    assert_eq!(world.verified.get(), 0);
    let header = json!({ "alg": "RS256", "kid": "r", "crit": ["exp"] });
    refused_after_reading(&ask(&world, &of_ci(&header, &json!({}))), "jwt_critical");
}

#[test]
fn rfc_8725_3_11_and_3_12_one_kind_of_token_is_not_taken_for_another() {
    let world = world();
    for kind in ["logout+jwt", "dpop+jwt", "secevent+jwt", "JOSE", ""] {
        let header = json!({ "alg": "RS256", "kid": "r", "typ": kind });
        refused_after_reading(&ask(&world, &of_ci(&header, &json!({}))), "jwt_type");
    }
    // A token with the gateway's own key and without its `typ`, and one with an issuer's key and that `typ`.
    let mut own = claims(&json!({ "sub": "agents/crawler-7", "jti": "j" }));
    own["iss"] = "ostiary".into();
    refused_after_reading(&ask(&world, &token(&json!({ "alg": "EdDSA", "typ": "JWT" }), &own)), "jwt_issuer");
    let header = json!({ "alg": "RS256", "kid": "r", "typ": "ostiary+jwt" });
    let foreign = of_ci(&header, &json!({ "sub": "agents/crawler-7", "jti": "j" }));
    refused(&ask(&world, &foreign), "jwt_key_unknown");
    // A token of one class is not valid for another, even with the same key.
    refused_after_reading(&ask(&world, &issued(&json!({ "sub": "robots/r2" }))), "jwt_issuer");
    refused_after_reading(&ask(&world, &issued(&json!({ "sub": "ci/x" }))), "jwt_issuer");
}

#[test]
fn a_token_has_its_time_and_its_claims() {
    let world = world();
    for (more, proof) in [
        (json!({ "exp": NOW - 60.0 }), "jwt_expired"),
        (json!({ "exp": null }), "jwt_malformed"),
        (json!({ "nbf": NOW + 61.0 }), "jwt_not_yet_valid"),
        (json!({ "iat": NOW + 61.0 }), "jwt_not_yet_valid"),
        (json!({ "exp": "never" }), "jwt_malformed"),
        (json!({ "repository": "evil/shop" }), "jwt_claims"),
        (json!({ "repository": "acme/shop/x" }), "jwt_claims"),
        (json!({ "ref": "refs/heads/main2" }), "jwt_claims"),
        (json!({ "ref": null }), "jwt_claims"),
    ] {
        refused(&ask(&world, &of_ci(&rs256(), &more)), proof);
    }
    for more in [json!({ "exp": NOW - 59.0 }), json!({ "nbf": NOW + 60.0 }), json!({ "iat": NOW + 60.0 })] {
        served(&ask(&world, &of_ci(&rs256(), &more)), "ci", Some("repo:acme/shop:ref:refs/heads/main"));
    }
    let both = of_ci(&rs256(), &json!({ "environment": "release" }));
    refused(&ask(&world, &both), "token_contradictory");
}

#[test]
fn what_is_no_token_is_read_by_nobody_and_bounded() {
    let world = world();
    let header = json!({ "alg": "RS256", "kid": "r" });
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let raw = |claims: &str| {
        use base64::Engine as _;
        let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        let message = format!("{}.{}", encode(&header.to_string()), encode(claims));
        with_signature(&message, &signature("RS256", &message))
    };
    for (text, proof) in [
        (raw(&format!(r#"{{"iss":"{ISSUER}","iss":"joe"}}"#)), "jwt_malformed"),
        (raw(&format!(r#"{{"iss":"joe","iss":"{ISSUER}","exp":9999999999}}"#)), "jwt_malformed"),
        (raw(r#"{"a":[[[[[[[[[1]]]]]]]]]}"#), "jwt_malformed"),
        (raw(&format!(r#"{{"a":{deep}}}"#)), "jwt_too_large"),
        (raw("[]"), "jwt_malformed"),
        (raw("{}"), "jwt_issuer"),
        ("eyJhbGciOiJub25lIn0.e30.".to_owned(), "jwt_algorithm"),
        ("eyJ.eyJ.eyJ".to_owned(), "jwt_malformed"),
        ("e...".to_owned(), "jwt_malformed"),
        (format!("eyJ{}.x.y", "a".repeat(100_000)), "jwt_too_large"),
    ] {
        refused_after_reading(&ask(&world, &text), proof);
    }
    assert_eq!((world.fetched.take(), world.verified.get()), (Vec::new(), 0));
    // Of many keys, only a few are tried.
    let many = (0..10).map(|n| issued(&json!({ "jti": n.to_string(), "exp": 1 }))).collect::<Vec<_>>();
    let mut many_tokens = Ask::new("GET", "/key/v1/x").without("authorization");
    for (n, token) in many.iter().enumerate() {
        let name = if n == 0 { "authorization" } else { "x-api-key" };
        many_tokens = many_tokens.header(name, token);
    }
    assert!(world.ask(&many_tokens).status == 401 && world.verified.get() <= 4);
}

#[test]
fn a_key_set_is_kept_and_asked_for_once_more_for_a_key_that_it_does_not_have() {
    let mut world = world();
    let good = of_ci(&rs256(), &json!({ "exp": NOW + 7_000.0 }));
    let later = |name: &str| of_ci(&json!({ "alg": "RS256", "kid": name }), &json!({ "exp": NOW + 7_000.0 }));
    let subject = Some("repo:acme/shop:ref:refs/heads/main");
    served(&ask(&world, &good), "ci", subject);
    served(&ask(&world, &good), "ci", subject);
    assert_eq!(world.fetched.take(), [KEYS]);
    // Anybody can send an unknown key id, so it does not cause a request on its own.
    refused(&ask(&world, &later("new")), "jwt_key_unknown");
    assert_eq!(world.fetched.take(), Vec::<String>::new());
    world.now += 31_000.0;
    world.key_sets.borrow_mut().insert(KEYS.to_owned(), Ok(set(&[named(rsa(), "new")])));
    served(&ask(&world, &later("new")), "ci", subject);
    assert_eq!(world.fetched.take(), [KEYS]);
    // The issuer has revoked the other key.
    refused(&ask(&world, &good), "jwt_key_unknown");
    world.now += 601_000.0;
    served(&ask(&world, &later("new")), "ci", subject);
    assert_eq!(world.fetched.take(), [KEYS]);
    world.has_cache = false;
    served(&ask(&world, &later("new")), "ci", subject);
    served(&ask(&world, &later("new")), "ci", subject);
    assert_eq!(world.fetched.take(), [KEYS, KEYS]);
}

#[test]
fn case_76_a_set_that_may_not_be_kept_is_kept_for_half_a_minute() {
    for (cache_control, seconds) in
        [("no-store", 30), ("max-age=0", 30), ("max-age=1", 30), ("max-age=31", 31)]
    {
        let mut world = world();
        let (status, _, body) = set(&[named(rsa(), "r")]);
        world.key_sets.borrow_mut().insert(KEYS.to_owned(), Ok((status, Some(cache_control), body)));
        let good = of_ci(&rs256(), &json!({}));
        let unknown = of_ci(&json!({ "alg": "RS256", "kid": "unknown" }), &json!({}));
        for token in [&good, &unknown, &good, &unknown] {
            ask(&world, token);
        }
        assert_eq!(world.fetched.take().len(), 1, "{cache_control}");
        assert_eq!(world.cache.borrow().values().next().unwrap().1, seconds, "{cache_control}");
        world.now += f64::from(seconds) * 1000.0;
        ask(&world, &good);
        assert_eq!(world.fetched.take().len(), 1, "{cache_control}");
    }
}

#[test]
fn case_76_an_issuer_that_does_not_respond_is_not_asked_with_each_request() {
    let mut world = world();
    world.key_sets.borrow_mut().insert(KEYS.to_owned(), Err(SendError::Unreachable));
    let good = of_ci(&rs256(), &json!({}));
    for _ in 0..3 {
        ask(&world, &good).refused("key_set_unavailable");
    }
    assert_eq!(world.fetched.take(), [KEYS]);
    world.now += 5_000.0;
    world.key_sets.borrow_mut().insert(KEYS.to_owned(), Ok(set(&[named(rsa(), "r")])));
    assert_eq!(ask(&world, &good).status, 200);
    assert_eq!(world.fetched.take(), [KEYS]);
    // The keys that are known keep working while it does not respond, for as long as they would have.
    world.key_sets.borrow_mut().insert(KEYS.to_owned(), Err(SendError::Unreachable));
    world.now += 40_000.0;
    let unknown = of_ci(&json!({ "alg": "RS256", "kid": "unknown" }), &json!({}));
    ask(&world, &unknown).refused("key_set_unavailable");
    refused(&ask(&world, &unknown), "jwt_key_unknown");
    assert_eq!(ask(&world, &good).status, 200);
    assert_eq!(world.fetched.take(), [KEYS]);
    world.now += 560_000.0;
    ask(&world, &of_ci(&rs256(), &json!({ "exp": NOW + 7_000.0 }))).refused("key_set_unavailable");
    assert_eq!(world.fetched.take(), [KEYS]);
}

#[test]
fn a_key_set_that_cannot_be_had_is_no_wrong_token() {
    let huge = format!(r#"{{"keys":[{}]}}"#, " ".repeat(70_000));
    for answer in [
        Err(SendError::Unreachable),
        Err(SendError::TimedOut),
        Ok((200, None, huge)),
        Ok((302, None, String::new())),
        Ok((200, None, "<html>".to_owned())),
        Ok((200, None, "{}".to_owned())),
        Ok((404, None, set(&[named(rsa(), "r")]).2)),
    ] {
        let world = world();
        world.key_sets.borrow_mut().insert(KEYS.to_owned(), answer.clone());
        let exchange = ask(&world, &of_ci(&rs256(), &json!({})));
        exchange.refused("key_set_unavailable");
        assert_eq!(
            (exchange.status, &exchange.log["proof"]),
            (503, &"key_set_unavailable".into()),
            "{answer:?}"
        );
        assert_eq!((&exchange.log["level"], exchange.reads.len()), (&"error".into(), 0));
    }
}

#[test]
fn a_token_that_could_not_be_checked_is_a_503_beside_any_that_is_refused() {
    let world = world();
    world.key_sets.borrow_mut().insert(KEYS.to_owned(), Err(SendError::Unreachable));
    let unchecked = of_ci(&rs256(), &json!({}));
    for refused in [issued(&json!({ "exp": 1 })), "a.b.c".to_owned(), "some-text".to_owned()] {
        for (first, second) in [(&unchecked, &refused), (&refused, &unchecked)] {
            let ask = Ask::new("GET", "/key/v1/x").without("authorization");
            let ask = ask.header("authorization", &format!("Bearer {first}")).header("x-api-key", second);
            world.ask(&ask).refused("key_set_unavailable");
        }
    }
}

#[test]
fn an_issuer_s_metadata_leads_to_its_keys_and_nowhere_else() {
    let found = || token(&rs256(), &claims(&json!({ "aud": "found", "sub": "x" })));
    let world1 = world();
    served(&ask_for(&world1, "/found/x", &found()), "found", Some("x"));
    served(&ask_for(&world1, "/found/x", &found()), "found", Some("x"));
    assert_eq!(world1.fetched.take(), [METADATA, KEYS]);
    for metadata in [
        json!({ "issuer": ISSUER, "jwks_uri": "https://evil.example/keys" }),
        json!({ "issuer": ISSUER, "jwks_uri": "http://id.example.com/keys" }),
        json!({ "issuer": format!("{ISSUER}/"), "jwks_uri": KEYS }),
        json!({ "issuer": ISSUER }),
        json!({}),
    ] {
        let world = world();
        world.key_sets.borrow_mut().insert(METADATA.to_owned(), Ok((200, None, metadata.to_string())));
        let exchange = ask_for(&world, "/found/x", &found());
        assert_eq!((exchange.status, world.fetched.take()), (503, vec![METADATA.to_owned()]), "{metadata}");
    }
}

#[test]
fn a_class_has_as_many_holders_as_it_likes_and_each_is_counted_and_logged_by_itself() {
    let mut world = world();
    world.limits.insert("BY_CALLER", RateLimitVerdict::Within);
    let exchange = ask_for(&world, "/other/x", &issued(&json!({})));
    served(&exchange, "agents", Some("agents/crawler-7"));
    assert_eq!(exchange.counted, [("BY_CALLER".to_owned(), "other/agents/crawler-7".to_owned())]);
    let exchange = ask_for(&world, "/other/x", &issued(&json!({ "sub": "agents/crawler-8" })));
    assert_eq!(exchange.counted, [("BY_CALLER".to_owned(), "other/agents/crawler-8".to_owned())]);
    assert_eq!(world.fetched.take(), Vec::<String>::new());
}

#[test]
fn a_class_bounds_its_tokens() {
    let world = world();
    for (more, proof) in [
        (json!({ "exp": NOW + 31.0 * 86_400.0 }), "jwt_lifetime"),
        (json!({ "iat": null }), "jwt_malformed"),
        (json!({ "exp": NOW - 60.0 }), "jwt_expired"),
        (json!({ "aud": "https://staging.example.com" }), "jwt_audience"),
        (json!({ "jti": null }), "jwt_malformed"),
        (json!({ "rules": "GET /**" }), "jwt_malformed"),
        (json!({ "rules": ["GET v1"] }), "jwt_malformed"),
    ] {
        refused(&ask(&world, &issued(&more)), proof);
    }
}

#[test]
fn a_token_narrows_itself_and_never_widens() {
    let world = world();
    let on = |path: &str, more: &Value| {
        let exchange = ask_for(&world, path, &issued(more));
        (exchange.status, exchange.log["mismatch"].as_str().map(str::to_owned))
    };
    let narrowed = (403, Some("token".to_owned()));
    assert_eq!(on("/key/v1/x", &json!({ "routes": ["key"] })), (200, None));
    assert_eq!(on("/key/v1/x", &json!({ "routes": ["other"] })), narrowed);
    assert_eq!(on("/key/v1/x", &json!({ "routes": [] })), narrowed);
    assert_eq!(on("/key/v1/x", &json!({ "rules": ["GET /v1/*"] })), (200, None));
    assert_eq!(on("/key/v1/x/y", &json!({ "rules": ["GET /v1/*"] })), narrowed);
    assert_eq!(on("/key/v1/x", &json!({ "rules": ["POST /v1/*"] })), narrowed);
    // No token may do more than its class.
    assert_eq!(on("/key/v2/x", &json!({ "rules": ["* /**"] })).0, 403);
    let operator = Ask::bare("GET", "https://ops.gw.example.com/ready").header("host", "ops.gw.example.com");
    let by =
        |token: &str| world.ask(&operator.clone().header("authorization", &format!("Bearer {token}"))).status;
    assert_ne!(by(&issued(&json!({}))), 403);
    assert_eq!(by(&issued(&json!({ "routes": ["key"] }))), 403);
}

#[test]
fn a_token_narrows_the_second_method_and_the_second_target_of_a_request_too() {
    let world = world();
    let on = |ask: Ask, rules: &[&str]| {
        let token = issued(&json!({ "rules": rules }));
        let exchange =
            world.ask(&ask.without("authorization").header("authorization", &format!("Bearer {token}")));
        (exchange.status, exchange.log["mismatch"].as_str().map(str::to_owned))
    };
    let (served, narrowed) = ((200, None), (403, Some("token".to_owned())));
    let named = || Ask::new("POST", "/other/v1/x?_method=DELETE");
    assert_eq!(on(named(), &["POST,DELETE /v1/*"]), served);
    assert_eq!(on(named(), &["POST /v1/*"]), narrowed);
    let moved = || Ask::new("MOVE", "/other/public/x").header("destination", "/other/private/x");
    assert_eq!(on(moved(), &["MOVE /public/**", "MOVE /private/**"]), served);
    assert_eq!(on(moved(), &["MOVE /public/**"]), narrowed);
}

#[test]
fn a_list_in_a_secret_revokes_without_a_build() {
    let list = |list: &'static str| world().with("OPS_TOKEN", Binding::Value(list));
    for revoked in
        [r#"{"jti":{"j7":0}}"#, r#"{"sub":{"agents/crawler-7":1300819001}}"#, r#"{"iat":1300819001}"#]
    {
        let exchange = ask(&list(revoked), &issued(&json!({})));
        exchange.refused("caller_unauthenticated");
        assert_eq!((exchange.status, &exchange.log["proof"]), (401, &"jwt_revoked".into()), "{revoked}");
        assert_eq!(
            exchange.header("www-authenticate"),
            ["Basic realm=\"ostiary\", Bearer realm=\"ostiary\""]
        );
        let password =
            base64::engine::general_purpose::STANDARD.encode(format!("git:{}", issued(&json!({}))));
        let git = Ask::new("GET", "/git/x").without("authorization");
        let refused = list(revoked).ask(&git.header("authorization", &format!("Basic {password}")));
        assert_eq!(refused.log["proof"], "jwt_revoked");
        assert_eq!(refused.header("www-authenticate"), ["Basic realm=\"ostiary\""]);
        assert_eq!(exchange.log["subject"], "agents/crawler-7");
    }
    for others in [r#"{"jti":{"j8":0},"sub":{"agents/crawler-8":9999999999},"iat":1300819000}"#, "{}"] {
        let exchange = ask(&list(others), &issued(&json!({})));
        served(&exchange, "agents", Some("agents/crawler-7"));
        // One wait is enough for both.
        assert_eq!(exchange.reads, ["ONLY_KEY", "OPS_TOKEN"]);
    }
    for binding in
        [Binding::Missing, Binding::Hangs, Binding::Throws, Binding::Value("[]"), Binding::Value("x")]
    {
        let exchange = ask(&world().with("OPS_TOKEN", binding), &issued(&json!({})));
        exchange.refused("secret_unavailable");
        assert_eq!((exchange.status, &exchange.log["proof"]), (503, &"revocation_unreadable".into()));
    }
    let operator = Ask::bare("GET", "https://ops.gw.example.com/ready").header("host", "ops.gw.example.com");
    let operator = operator.header("authorization", &format!("Bearer {}", issued(&json!({}))));
    assert_eq!(list(r#"{"jti":{"j7":0}}"#).ask(&operator).status, 401);
}

#[test]
fn tokens_of_two_holders_are_contradictory_and_one_beside_another_text_counts() {
    let world = world();
    let both = |first: &str, second: &str| {
        let ask = Ask::new("GET", "/key/v1/x").without("authorization");
        world.ask(&ask.header("authorization", &format!("Bearer {first}")).header("x-api-key", second))
    };
    let (seven, eight) = (issued(&json!({})), issued(&json!({ "sub": "agents/crawler-8" })));
    refused(&both(&seven, &eight), "token_contradictory");
    refused(&both(&seven, &of_ci(&rs256(), &json!({}))), "token_contradictory");
    served(&both(&seven, "some-text"), "agents", Some("agents/crawler-7"));
    served(&both(&issued(&json!({ "exp": 1 })), "canary-batch-token"), "batch", None);
}

#[test]
fn case_15_a_signed_token_is_not_forwarded() {
    let token = issued(&json!({}));
    let ask = Ask::new("GET", "/key/v1/x").without("authorization").header("x-note", &token);
    let exchange = world().ask(&ask.header("authorization", &format!("Bearer {token}")));
    assert!(!format!("{:?}", exchange.sent().headers).contains(&token));
}

#[test]
fn a_login_that_a_cookie_carries_counts_for_an_admitted_page_alone() {
    let claims = json!({
        "iss": "https://acme.cloudflareaccess.com", "aud": ["app"], "sub": "u", "iat": NOW, "exp": NOW + 60.0,
    });
    let login = token(&json!({ "alg": "EdDSA" }), &claims);
    let with = |headers: &[(&str, &str)]| {
        let ask =
            Ask::new("GET", "/access/x").without("authorization").header("cf-access-jwt-assertion", &login);
        world().ask(&headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value)))
    };
    for headers in [
        &[][..],
        &[("origin", "https://app.example.com"), ("sec-fetch-site", "cross-site")],
        &[("origin", "https://gw.example.com"), ("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "none")],
    ] {
        served(&with(headers), "access", Some("u"));
    }
    for headers in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "null")],
        &[("origin", "https://gw.example.com.evil.example")],
        &[("origin", "http://gw.example.com")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
    ] {
        let exchange = with(headers);
        assert_eq!((exchange.status, &exchange.log["proof"]), (401, &"jwt_origin".into()), "{headers:?}");
        assert_eq!(exchange.reads, Vec::<String>::new());
    }
    assert!(with(&[]).sent().header("cf-access-jwt-assertion").is_empty());
}

#[test]
fn variables_say_the_issuer_the_audience_and_where_its_keys_are() {
    let issuer = "https://acct-1.example.com/";
    let keys = "https://acct-1.example.com/keys";
    let metadata = json!({ "issuer": issuer, "jwks_uri": keys }).to_string();
    let metadata_url = "https://acct-1.example.com/.well-known/openid-configuration";
    let mut world = world();
    world.key_sets.borrow_mut().insert(metadata_url.to_owned(), Ok((200, None, metadata)));
    world.key_sets.borrow_mut().insert(keys.to_owned(), Ok(set(&[named(ec(), "e")])));
    let of = |issuer: &str, audience: &str| {
        let claims = claims(&json!({ "iss": issuer, "aud": audience, "sub": "x" }));
        token(&json!({ "alg": "ES256", "kid": "e" }), &claims)
    };
    let exchange = ask_for(&world, "/varied/x", &of(issuer, "acct-1"));
    assert_eq!((exchange.status, &exchange.log["caller"]), (200, &json!("varied")));
    assert_eq!(*world.fetched.borrow(), [metadata_url, keys]);
    for (token, word) in [
        (of("https://acct-2.example.com/", "acct-1"), "jwt_issuer"),
        (of("https://${var.ACCOUNT}.example.com/", "acct-1"), "jwt_issuer"),
        (of(issuer, "acct-2"), "jwt_audience"),
        (of(issuer, ""), "jwt_audience"),
    ] {
        assert_eq!(ask_for(&world, "/varied/x", &token).log["proof"], word);
    }
    // What the dashboard has made of it since the build is no URL: nobody is asked for keys.
    for variable in ["a b", "x@y", "x/../y", ""] {
        world.variables.insert("ACCOUNT", variable);
        world.fetched.borrow_mut().clear();
        let exchange =
            ask_for(&world, "/varied/x", &of(&format!("https://{variable}.example.com/"), variable));
        assert_ne!(exchange.status, 200, "{variable}");
        assert_eq!(*world.fetched.borrow(), <[&str; 0]>::default(), "{variable}");
    }
    world.variables.remove("ACCOUNT");
    assert_eq!(ask_for(&world, "/varied/x", &of("", "")).log["proof"], "jwt_issuer");
}

#[test]
fn a_signature_by_the_keys_of_one_caller_proves_no_other_caller_of_the_issuer() {
    let more = format!(
        r#"
[callers.mallory]
jwt = {{ issuer = "joe", audience = "{AUDIENCE}", claims = {{}}, keys = [{ed25519}] }}

[routes.both]
mount    = "/both"
upstream = "https://key.example.com"
auth     = {{ header = "x-api-key", value = "${{only}}" }}
allow    = {{ joe = ["* /**"], mallory = ["* /**"] }}
"#,
        ed25519 = inline(&ed25519()),
    );
    let gateway = gateway().replace(&format!("{}, {}", inline(&rsa()), inline(&ec())), &inline(&rsa()));
    let mut world = World::of(&(gateway + &more));
    world.now = NOW * 1000.0;
    let joe = claims(&json!({ "iss": "joe" }));
    for (algorithm, caller) in [("RS256", "joe"), ("EdDSA", "mallory")] {
        let exchange = ask_for(&world, "/both/x", &token(&json!({ "alg": algorithm }), &joe));
        served(&exchange, caller, Some("repo:acme/shop:ref:refs/heads/main"));
    }
    assert_eq!(world.verified.get(), 2);
}

#[test]
fn an_unknown_key_makes_the_gateway_fetch_a_set_that_is_thirty_seconds_old() {
    let mut world = world();
    let unknown = of_ci(&json!({ "alg": "RS256", "kid": "new" }), &json!({}));
    served(&ask(&world, &of_ci(&rs256(), &json!({}))), "ci", Some("repo:acme/shop:ref:refs/heads/main"));
    assert_eq!(world.fetched.take(), [KEYS]);
    world.now += 29_000.0;
    refused(&ask(&world, &unknown), "jwt_key_unknown");
    assert_eq!(world.fetched.take(), Vec::<String>::new());
    world.now += 1_000.0;
    refused(&ask(&world, &unknown), "jwt_key_unknown");
    assert_eq!(world.fetched.take(), [KEYS]);
}

#[test]
fn a_build_has_the_forms_of_callers_that_its_configuration_uses_and_no_others() {
    use ostiary_core::configuration::Forms;
    // The routes admit every method.
    let none = Forms { second_resources: true, ..Forms::NONE };
    let forms = Forms::used_by(&world().gateway);
    let expected =
        Forms { jwt_callers: true, fetched_keys: true, ambient_callers: true, issued: true, ..none };
    assert_eq!(forms, expected);
    let one = |more: &str| {
        World::of(&format!(
            "[secrets]\nkey = [\"ONLY_KEY\"]\n[callers.one]\n{more}\n[routes.r]\nmount = \"/r\"\n\
             upstream = \"https://api.example.com\"\nauth = {{ bearer = \"${{key}}\" }}\nallow = {{ one = [\"* /**\"] }}\n"
        ))
    };
    let inline = format!(
        "jwt = {{ issuer = \"joe\", audience = \"{AUDIENCE}\", claims = {{}}, keys = [{}] }}",
        self::inline(&rsa())
    );
    assert_eq!(Forms::used_by(&one(&inline).gateway), Forms { jwt_callers: true, ..none });
}
