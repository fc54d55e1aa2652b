//! Credentials that are exchanged for tokens: the grants of OAuth 2.0 and other exchanges, and the cache of tokens.

use ostiary_core::runtime::SendError;
use serde_json::{Value, json};

use crate::signing::{sent, world};
use crate::world::{Ask, Binding, Exchange, Sent, World};

const CLIENT: &str = "client_id = \"me &\", client_secret = \"${key}\"";
const REUSE: &str = "client_id = \"me\", client_secret = \"${key}\", reuse = true";
const RSA: &str = include_str!("../jose/rsa.pkcs8.pem");

fn oauth2(fields: &str) -> World {
    let auth = format!("{{ oauth2 = {{ token_url = \"https://auth.example.com/oauth/token\", {fields} }} }}");
    let mut world = world("https://api.example.com", &auth, "");
    world.now = 1_700_000_000_500.0;
    world
}

fn get() -> Ask {
    Ask::new("GET", "/r/x")
}

/// The one request for a token since the last time.
#[track_caller]
fn asked(world: &World) -> Sent {
    let [asked] = &world.asked_for_tokens.take()[..] else { panic!("another number of exchanges") };
    asked.clone()
}

fn form(sent: &Sent) -> Vec<(String, String)> {
    assert_eq!(sent.header("content-type"), ["application/x-www-form-urlencoded"]);
    url::form_urlencoded::parse(sent.body.as_deref().unwrap().as_bytes()).into_owned().collect()
}

fn field(sent: &Sent, name: &str) -> Option<String> {
    form(sent).into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

fn claims(token: &str) -> Value {
    use base64::Engine as _;
    let claims = token.split('.').nth(1).unwrap();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).unwrap();
    serde_json::from_slice(&claims).unwrap()
}

#[test]
fn a_client_proves_itself_as_rfc_6749_has_it() {
    let world = oauth2(&format!(
        "{CLIENT}, scope = \"a b\", audience = \"https://x\", params = {{ p = \"${{other}}\" }}"
    ));
    let exchange = world.ask(&get());
    assert_eq!(sent(&exchange, "authorization"), "Bearer canary-token-1");
    let up = asked(&world);
    assert_eq!((up.method.as_str(), up.url.as_str()), ("POST", "https://auth.example.com/oauth/token"));
    // §2.3.1: encoded as in a form first, here `me%20%26`. A server that decodes no plus sign reads that, too.
    assert_eq!(up.header("authorization"), ["Basic bWUlMjAlMjY6Y2FuYXJ5LWFwaS1rZXk="]);
    assert_eq!(up.header("accept"), ["application/json"]);
    let expected = [
        ("grant_type", "client_credentials"),
        ("scope", "a b"),
        ("audience", "https://x"),
        ("p", "canary-only-key"),
    ];
    assert_eq!(form(&up), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert!(up.header("cookie").is_empty() && up.header("host").is_empty(), "nothing of the caller's");

    let world = oauth2(&format!(
        "{CLIENT}, client_auth = \"post\", grant = \"refresh_token\", refresh_token = \"${{other}}\""
    ));
    world.ask(&get());
    let up = asked(&world);
    assert!(up.header("authorization").is_empty());
    for (name, value) in [
        ("grant_type", "refresh_token"),
        ("refresh_token", "canary-only-key"),
        ("client_id", "me &"),
        ("client_secret", "canary-api-key"),
    ] {
        assert_eq!(field(&up, name).as_deref(), Some(value));
    }
}

#[test]
fn an_assertion_is_what_rfc_7523_wants() {
    let jwt = "jwt = { key = \"${key}\", alg = \"RS256\", kid = \"k\", claims = { iss = \"me@example.com\", scope = \"s\" } }";
    let world = oauth2(&format!("grant = \"jwt_bearer\", {jwt}")).with("API_KEY", Binding::Value(RSA));
    world.ask(&get());
    let up = asked(&world);
    // §2.1.
    assert!(
        up.body
            .as_ref()
            .unwrap()
            .starts_with("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=")
    );
    let mut claimed = claims(&field(&up, "assertion").unwrap());
    assert_eq!(claimed["jti"].take().as_str().unwrap().len(), 32);
    let expected = json!({
        "iss": "me@example.com", "scope": "s", "aud": "https://auth.example.com/oauth/token", "jti": null,
        "iat": 1_700_000_000, "exp": 1_700_000_060,
    });
    assert_eq!(claimed, expected);

    let jwt = "jwt = { key = \"${key}\", alg = \"RS256\" }";
    let client = format!("client_id = \"${{other}}\", client_auth = \"private_key_jwt\", {jwt}");
    let world = oauth2(&client).with("API_KEY", Binding::Value(RSA));
    world.ask(&get());
    let up = asked(&world);
    // §2.2 and §3.
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    assert_eq!(field(&up, "client_assertion_type").as_deref(), Some(kind));
    let claimed = claims(&field(&up, "client_assertion").unwrap());
    assert_eq!((&claimed["iss"], &claimed["sub"]), (&json!("canary-only-key"), &json!("canary-only-key")));
}

#[test]
fn an_app_of_github_s_gets_its_installation_token() {
    let auth = "{ exchange = { url = \"https://api.github.com/app/installations/${var.ACCOUNT}/access_tokens\", \
                auth = [{ jwt = { key = \"${key}\", alg = \"RS256\", ttl = \"9m\", claims = { iss = \"${other}\" } } }], \
                token = \"/token\", expires = \"/expires_at\", reuse = true, \
                put = { header = \"authorization\", value = \"token ${request.token}\" } } }";
    let mut world = world("https://api.github.com", auth, "").with("API_KEY", Binding::Value(RSA));
    world.now = 1_468_275_250_000.0;
    let body =
        r#"{"token":"canary-ghs","expires_at":"2016-07-11T23:14:10Z","permissions":{"issues":"write"}}"#;
    world.tokens.borrow_mut().push_back(Ok((201, body)));
    let exchange = world.ask(&get());
    assert_eq!(sent(&exchange, "authorization"), "token canary-ghs");
    let up = asked(&world);
    assert_eq!((up.method.as_str(), up.body.as_deref()), ("POST", None));
    assert_eq!(up.url, "https://api.github.com/app/installations/acct-1/access_tokens");
    let [bearer] = up.header("authorization")[..] else { panic!("{up:?}") };
    assert_eq!(claims(bearer.strip_prefix("Bearer ").unwrap())["iss"], "canary-only-key");
    let kept: Vec<u32> = world.cache.borrow().values().map(|(_, seconds)| *seconds).collect();
    assert_eq!(kept, [3600 - 60]);
}

#[test]
fn what_a_token_endpoint_says_reaches_the_log_as_a_code_and_the_caller_not_at_all() {
    for (outcome, error, status) in [
        (
            Ok((401, r#"{"error":"invalid_client","error_description":"canary"}"#)),
            "invalid_client",
            json!(401),
        ),
        (Ok((400, r#"{"error":"invalid_grant"}"#)), "invalid_grant", json!(400)),
        (Ok((400, r#"{"error":"canary_code"}"#)), "refused", json!(400)),
        (Ok((503, "canary")), "refused", json!(503)),
        (Ok((302, "")), "refused", json!(302)),
        (Ok((200, r#"{"error":"invalid_scope"}"#)), "invalid_scope", json!(200)),
        (Ok((200, "{}")), "no_token", json!(200)),
        (Ok((200, r#"{"access_token":7}"#)), "no_token", json!(200)),
        (Ok((200, r#"{"access_token":""}"#)), "no_token", json!(200)),
        (Ok((200, r#"{"access_token":"canary\nx"}"#)), "no_token", Value::Null),
        (Ok((200, "not JSON")), "no_token", json!(200)),
        (Err(SendError::Unreachable), "unreachable", Value::Null),
        (Err(SendError::TimedOut), "timeout", Value::Null),
        (Err(SendError::TooLarge), "too_large", Value::Null),
    ] {
        let world = oauth2(CLIENT).with("API_KEY_PREVIOUS", Binding::Missing);
        world.tokens.borrow_mut().push_back(outcome);
        let exchange = world.ask(&get());
        exchange.refused("secret_unavailable");
        let note = &exchange.log["secrets"][0];
        assert_eq!(
            (&note["failure"], &note["error"], &note["status"]),
            (&json!("exchange"), &json!(error), &status),
            "{outcome:?}"
        );
        assert_eq!(exchange.header("retry-after").len(), usize::from(exchange.status == 0), "{outcome:?}");
    }
}

#[test]
fn the_second_secret_is_exchanged_when_the_first_is_refused_by_either_end() {
    let world = oauth2(CLIENT);
    world.tokens.borrow_mut().push_back(Ok((401, r#"{"error":"invalid_client"}"#)));
    let exchange = world.ask(&get());
    assert_eq!((exchange.status, exchange.sent.len()), (200, 1));
    assert_eq!(exchange.log["secrets"][0]["error"], "invalid_client");

    let world = oauth2(CLIENT).first_statuses(&[401]);
    let exchange = world.ask(&get());
    assert_eq!(
        (exchange.status, exchange.sent.len()),
        (200, 2),
        "a token that nobody else used is not renewed"
    );
    assert_eq!(exchange.log["failover"], "primary_refused");
    let secrets: Vec<_> =
        world.asked_for_tokens.take().iter().map(|up| up.header("authorization")[0].to_owned()).collect();
    assert_ne!(secrets[0], secrets[1]);
}

#[test]
fn a_token_is_used_again_where_the_configuration_says_so() {
    let world = oauth2(REUSE);
    for _ in 0..3 {
        assert_eq!(sent(&world.ask(&get()), "authorization"), "Bearer canary-token-1");
    }
    asked(&world);
    let names: Vec<String> = world.cache.borrow().keys().cloned().collect();
    assert!(names[0].starts_with("token/") && names[0].len() == 38, "{names:?}");

    let off = oauth2("client_id = \"me\", client_secret = \"${key}\"");
    let mut without = oauth2(REUSE);
    without.has_cache = false;
    for world in [off, without] {
        world.ask(&get());
        world.ask(&get());
        assert_eq!(world.asked_for_tokens.borrow().len(), 2);
        assert!(world.cache.borrow().is_empty());
    }
}

#[test]
fn a_kept_token_is_found_by_its_own_credential_only() {
    let world = oauth2(REUSE);
    world.ask(&get());
    asked(&world);
    let kept = world.cache.borrow().clone();
    for other in [
        oauth2(REUSE).with("API_KEY", Binding::Value("canary-rotated")),
        oauth2(&format!("{REUSE}, scope = \"other\"")),
        oauth2(&REUSE.replace("\"me\"", "\"you\"")),
        oauth2(&format!("{REUSE}, params = {{ a = \"${{var.ACCOUNT}}\" }}")),
    ] {
        *other.cache.borrow_mut() = kept.clone();
        other.ask(&get());
        asked(&other);
        assert_eq!(other.cache.borrow().len(), 2);
    }
    // Write access to the cache is not enough to add a token.
    let forged = oauth2(REUSE);
    let (name, (mut bytes, seconds)) = kept.into_iter().next().unwrap();
    bytes[20] ^= 1;
    forged.cache.borrow_mut().insert(name.clone(), (bytes, seconds));
    forged.ask(&get());
    asked(&forged);
    forged.cache.borrow_mut().insert(name, (vec![0; 5], seconds));
    forged.ask(&get());
    asked(&forged);
}

#[test]
fn a_kept_token_goes_a_minute_before_its_end() {
    let mut world = oauth2(REUSE);
    world.ask(&get());
    asked(&world);
    world.now += (3600.0 - 62.0) * 1000.0;
    assert_eq!(sent(&world.ask(&get()), "authorization"), "Bearer canary-token-1");
    world.now += 2000.0;
    world.ask(&get());
    asked(&world);
    for short in [
        "{\"access_token\":\"canary\",\"expires_in\":60}",
        "{\"access_token\":\"canary\"}",
        "{\"access_token\":\"canary\",\"expires_in\":-5}",
    ] {
        let world = oauth2(REUSE);
        world.tokens.borrow_mut().push_back(Ok((200, short)));
        world.ask(&get());
        assert!(world.cache.borrow().is_empty(), "{short}");
    }
}

#[test]
fn a_kept_token_that_the_upstream_refuses_is_renewed_once_and_then_the_next_secret_is_tried() {
    let world = oauth2(REUSE);
    world.ask(&get());
    asked(&world);
    let world = world.first_statuses(&[401]);
    let exchange = world.ask(&Ask::new("POST", "/r/x").body("b"));
    assert_eq!(exchange.status, 200);
    let tokens: Vec<_> = exchange.sent.iter().map(|sent| sent.header("authorization")[0]).collect();
    assert_eq!(tokens, ["Bearer canary-token-1", "Bearer canary-token-2"]);
    asked(&world);
    assert_eq!(sent(&world.ask(&get()), "authorization"), "Bearer canary-token-2", "the renewed one is kept");
    assert_eq!(exchange.log["failover"], Value::Null, "no secret was refused");

    let world = world.first_statuses(&[401, 401]);
    let exchange = world.ask(&get());
    assert_eq!((exchange.status, exchange.sent.len()), (200, 3));
    assert_eq!(exchange.log["failover"], "primary_refused");
    let exchanges = world.asked_for_tokens.take();
    assert_eq!(exchanges.len(), 2);
    assert_ne!(exchanges[0].header("authorization"), exchanges[1].header("authorization"));
}

#[test]
fn a_renewal_that_fails_is_a_refusal_of_its_source() {
    let world = |more: &str| {
        let mut world = oauth2(REUSE);
        if !more.is_empty() {
            let auth =
                format!("{{ oauth2 = {{ token_url = \"https://auth.example.com/oauth/token\", {REUSE} }} }}");
            world = self::world("https://api.example.com", &auth, more);
            world.now = 1_700_000_000_500.0;
        }
        world.ask(&get());
        asked(&world);
        world
    };
    let endpoint_fails = |world: &World, times: usize| {
        world
            .tokens
            .borrow_mut()
            .extend(std::iter::repeat_n(Ok((400, "{\"error\":\"invalid_client\"}")), times));
    };
    let sources = |exchange: &Exchange| {
        let notes = exchange.log["secrets"].as_array().unwrap().clone();
        notes.iter().map(|note| format!("{} {}", note["source"], note["failure"])).collect::<Vec<_>>()
    };

    let failing = world("").first_statuses(&[401]);
    endpoint_fails(&failing, 1);
    let exchange = failing.ask(&get());
    assert_eq!((exchange.status, exchange.sent.len()), (200, 2));
    assert_eq!(exchange.log["failover"], "primary_refused");
    assert_eq!(sources(&exchange), ["1 \"refused\"", "1 \"exchange\"", "2 null"]);

    let failing = world("").first_statuses(&[401]);
    endpoint_fails(&failing, 2);
    let exchange = failing.ask(&get());
    assert_eq!((exchange.status, exchange.sent.len()), (401, 1));
    assert_eq!(exchange.log["failover"], "next_unavailable");

    // Without failover, the second source is never used.
    let without = world("failover = false").first_statuses(&[401]);
    endpoint_fails(&without, 1);
    let exchange = without.ask(&get());
    assert_eq!((exchange.status, exchange.sent.len()), (401, 1));
    assert_eq!(sources(&exchange), ["1 null", "1 \"exchange\""]);
    assert!(without.asked_for_tokens.borrow().len() == 1);
    // No source was used in the place of another one.
    assert_eq!(exchange.notices, [] as [serde_json::Value; 0]);
}

#[test]
fn no_assertion_is_made_twice() {
    let jwt = "jwt = { key = \"${key}\", alg = \"RS256\" }";
    let client = format!("client_id = \"me\", client_auth = \"private_key_jwt\", {jwt}");
    let world =
        oauth2(&client).with("API_KEY", Binding::Value(RSA)).with("API_KEY_PREVIOUS", Binding::Value(RSA));
    world.tokens.borrow_mut().push_back(Ok((500, "")));
    world.ask(&get());
    let ids: Vec<_> = world
        .asked_for_tokens
        .take()
        .iter()
        .map(|up| claims(&field(up, "client_assertion").unwrap())["jti"].clone())
        .collect();
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn a_token_does_not_come_back() {
    let world = oauth2(REUSE).with_body("you sent canary-token-1 of canary-api-key, Y2FuYXJ5LXRva2VuLTE=\n");
    for _ in 0..2 {
        let exchange = world.ask(&get());
        assert!(
            !exchange.body.contains("canary") && !exchange.body.contains("Y2FuYXJ5"),
            "{}",
            exchange.body
        );
    }
}

#[test]
fn the_second_secret_is_exchanged_with_the_fixed_part_of_the_credential() {
    let world = oauth2("client_id = \"${other}\", client_secret = \"${key}\", client_auth = \"post\"");
    world.tokens.borrow_mut().push_back(Ok((401, r#"{"error":"invalid_client"}"#)));
    let exchange = world.ask(&get());
    assert_eq!((exchange.status, exchange.sent.len()), (200, 1));
    let forms = world.asked_for_tokens.take();
    let tried: Vec<_> = forms.iter().map(|up| (field(up, "client_id"), field(up, "client_secret"))).collect();
    let expected = ["canary-api-key", "canary-api-key-previous"]
        .map(|secret| (Some("canary-only-key".to_owned()), Some(secret.to_owned())));
    assert_eq!(tried, expected);
    // Only the secret that has another source is noted as refused.
    let notes: Vec<_> = exchange.log["secrets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|note| (note["binding"].as_str().unwrap(), note["failure"].as_str()))
        .collect();
    assert_eq!(notes, [("API_KEY", Some("exchange")), ("API_KEY_PREVIOUS", None), ("ONLY_KEY", None)]);
}

#[test]
fn a_refused_exchange_of_secrets_with_one_source_is_noted_for_each() {
    let world = oauth2("client_id = \"${other}\", client_secret = \"${other}\"");
    world.tokens.borrow_mut().push_back(Ok((401, r#"{"error":"invalid_client"}"#)));
    let exchange = world.ask(&get());
    exchange.refused("secret_unavailable");
    let noted = json!([{
        "secret": "other", "binding": "ONLY_KEY", "source": 1, "failure": "exchange", "status": 401,
        "error": "invalid_client",
    }]);
    assert_eq!(exchange.log["secrets"], noted);
    asked(&world);
}

#[test]
fn a_redacted_token_has_the_name_of_the_first_secret_that_was_exchanged_for_it() {
    let world = oauth2("client_id = \"me\", client_secret = \"${other}\", params = { p = \"${key}\" }");
    let exchange = world.with_body("you sent canary-token-1.").ask(&get());
    assert!(!exchange.body.contains("canary"), "{}", exchange.body);
    assert_eq!(exchange.notices[0]["secret"], "other");
}
