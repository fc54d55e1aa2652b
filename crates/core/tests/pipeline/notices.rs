//! Notices, which have their own lines in the log.

use ostiary_core::runtime::rate_limit_verdict::RateLimitVerdict;
use serde_json::{Value, json};

use crate::world::{Ask, Binding, Exchange, World};

fn get(path: &str) -> Ask {
    Ask::new("GET", path)
}

/// The name and the binding of each notice.
fn told(exchange: &Exchange) -> Vec<(&str, &str)> {
    let text =
        |notice: &'_ Value, key: &str| notice[key].as_str().map(str::to_owned).unwrap_or_default().leak();
    let told = exchange.notices.iter().map(|notice| (&*text(notice, "event"), &*text(notice, "binding")));
    told.collect()
}

#[test]
fn a_request_without_a_fault_has_none() {
    assert_eq!(told(&World::new().with_body("hello\n").ask(&get("/api/v1/x"))), []);
}

#[test]
fn a_fallback_has_the_request_s_id_and_says_what_failed_and_what_served() {
    let done = World::new().with("API_KEY", Binding::Hangs).ask(&get("/api/v1/x"));
    let expected = json!({
        "event": "fallback_served", "level": "warn", "request_id": done.log["request_id"], "route": "api",
        "secret": "api", "binding": "API_KEY", "source": 1, "failure": "timeout", "served_by": "API_KEY_PREVIOUS",
    });
    assert_eq!(done.notices, [expected]);
    assert_eq!(done.log["level"], "warn");
}

#[test]
fn an_invalid_value_is_told_also_where_nothing_served() {
    let world =
        World::new().with("API_KEY", Binding::Value("a\nb")).with("API_KEY_PREVIOUS", Binding::Missing);
    let done = world.ask(&get("/api/v1/x"));
    done.refused("secret_unavailable");
    assert_eq!(told(&done), [("source_invalid", "API_KEY")]);
}

#[test]
fn a_failover_is_told_with_the_status_of_the_refusal() {
    let done = World::new().first_statuses(&[401]).ask(&get("/api/v1/x"));
    assert_eq!(done.status, 200);
    assert_eq!(told(&done), [("failover_served", "API_KEY")]);
    assert_eq!(
        (&done.notices[0]["status"], &done.notices[0]["served_by"]),
        (&json!(401), &json!("API_KEY_PREVIOUS"))
    );
}

#[test]
fn a_key_that_everybody_refuses_is_told_once() {
    let done = World::new().answering(401, &[]).ask(&get("/api/v1/x"));
    assert_eq!(told(&done), [("credential_refused", "API_KEY")]);
    assert_eq!(done.notices[0]["level"], "warn");
    // A caller can cause it, so only the request's own event has it.
    assert_eq!(done.log["level"], "info");
}

#[test]
fn a_redaction_is_told_by_the_secret_and_by_where_it_was_once_each() {
    let world = World::new()
        .answering(200, &[("x-debug", "canary-api-key"), ("x-more", "canary-api-key")])
        .with_body("canary-api-key canary-api-key\ncanary-api-key\n");
    let done = world.ask(&get("/api/v1/x"));
    let found: Vec<_> = done.notices.iter().map(|notice| &notice["found_in"]).collect();
    assert_eq!(found, ["head"], "the body says no more than the head has said: {:?}", done.notices);
    let world = World::new().with_body("canary-api-key canary-api-key\ncanary-api-key\n");
    let done = world.ask(&get("/api/v1/x"));
    let expected = json!({
        "event": "secret_redacted", "level": "warn", "request_id": done.log["request_id"], "route": "api",
        "secret": "api", "found_in": "body",
    });
    assert_eq!(done.notices, [expected]);
    let world = World::new().answering(200, &[("x-canary-api-key", "1")]);
    assert_eq!(world.ask(&get("/api/v1/x")).notices[0]["found_in"], "head");
}

#[test]
fn a_429_names_its_limit_and_what_it_counted() {
    let limited = r#"
        callers.ci = { bearer_sha256 = ["2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"] }
        [routes.limited]
        mount      = "/limited"
        upstream   = "https://api.example.com"
        auth       = []
        rate_limit = [{ binding = "BY_ADDRESS", by = "address" }, { binding = "BY_CALLER", by = "caller" }]
        allow      = { ci = ["GET /x"], anyone = ["GET /health"] }
    "#;
    for (path, binding, counted) in [
        ("/limited/x", "BY_CALLER", "caller"),
        ("/limited/x", "BY_ADDRESS", "address"),
        ("/limited/health", "BY_CALLER", "anyone"),
    ] {
        let mut world = World::of(limited);
        world.limits.insert(binding, RateLimitVerdict::Exceeded);
        let done = world.ask(&get(path).without("authorization").header("authorization", "Bearer foo"));
        done.refused("rate_limited");
        assert_eq!(
            (&done.log["rate_limit"], &done.log["counted"]),
            (&json!(binding), &json!(counted)),
            "{path}"
        );
    }
    let done = World::of(limited).ask(&get("/limited/health"));
    assert_eq!((&done.log["rate_limit"], &done.log["counted"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_preflight_of_a_foreign_origin_is_told_from_a_good_one() {
    let gateway = r#"
        [routes.app]
        mount    = "/app"
        upstream = "https://api.example.com"
        auth     = []
        cors     = { origins = ["https://app.example.com"] }
        allow    = { anyone = ["GET /**"] }
    "#;
    for (origin, expected) in
        [("https://app.example.com", json!("granted")), ("https://other.example", json!("foreign_origin"))]
    {
        let ask = Ask::new("OPTIONS", "/app/x").header("origin", origin);
        let done = World::of(gateway).ask(&ask.header("access-control-request-method", "GET"));
        assert_eq!((done.status, &done.log["preflight"]), (204, &expected), "{origin}");
        let done = World::of(gateway).ask(&get("/app/x").header("origin", origin));
        assert_eq!(done.log["preflight"], Value::Null, "{origin}");
    }
}

#[test]
fn a_secret_in_the_head_of_a_response_is_told_with_its_route() {
    let done = World::new().answering(200, &[("x-debug", "canary-api-key")]).ask(&get("/api/v1/x"));
    let expected = json!({
        "event": "secret_redacted", "level": done.notices[0]["level"], "request_id": done.log["request_id"],
        "route": "api", "secret": "api", "found_in": "head",
    });
    assert_eq!(done.notices, [expected]);
}
