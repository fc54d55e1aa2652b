//! Trace context, request ids and durations.

use serde_json::{Value, json};

use crate::world::{Ask, Exchange, World};

const GATEWAY: &str = r#"
gateway = { trace = true }

[secrets]
api      = ["API_KEY", "API_KEY_PREVIOUS"]
checkout = ["CHECKOUT_TOKEN"]

[callers.checkout]
bearer = "${checkout}"

[routes.api]
mount    = "/api"
upstream = "https://api.example.com"
auth     = { bearer = "${api}" }
timing   = true
allow    = { checkout = ["GET /**"], anyone = ["GET /open"] }

[routes.silent]
mount    = "/silent"
upstream = "https://api.example.com"
auth     = { bearer = "${api}" }
forward_trace = false
allow    = { checkout = ["GET /**"] }

[routes.sets]
mount    = "/sets"
upstream = "https://api.example.com"
auth     = { header = "x-request-id", value = "${api}" }
allow    = { checkout = ["GET /**"] }
"#;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const ID: &str = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";

/// The request's own id in these tests.
const OWN: &str = "00000000000000000000000000000007";

fn ask(path: &str, headers: &[(&str, &str)]) -> Exchange {
    let ask = Ask::new("GET", path);
    World::of(GATEWAY).ask(&headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value)))
}

#[test]
fn a_trace_is_continued_with_the_gateway_as_the_parent() {
    let done = ask("/api/x", &[("traceparent", PARENT), ("tracestate", "a=1, b=2"), ("x-request-id", ID)]);
    let sent = done.sent();
    assert_eq!(sent.header("traceparent"), [format!("00-{TRACE}-0000000000000007-01")]);
    assert_eq!(sent.header("tracestate"), ["a=1,b=2"]);
    assert_eq!(sent.header("x-request-id"), [ID]);
    assert_eq!((&done.log["trace_id"], &done.log["x_request_id"]), (&json!(TRACE), &json!(ID)));
}

#[test]
fn a_trace_begins_where_there_is_none_that_is_valid() {
    for headers in [&[][..], &[("traceparent", "00-x"), ("tracestate", "a=1")], &[("tracestate", "a=1")]] {
        let done = ask("/api/x", headers);
        let sent = done.sent();
        assert_eq!(sent.header("traceparent"), [format!("00-{OWN}-0000000000000007-03")]);
        assert!(sent.header("tracestate").is_empty(), "a state of another trace says nothing");
        assert_eq!(sent.header("x-request-id"), [OWN]);
        assert_eq!((&done.log["trace_id"], &done.log["x_request_id"]), (&json!(OWN), &Value::Null));
    }
}

#[test]
fn an_invalid_state_goes_and_the_trace_stays() {
    let done = ask("/api/x", &[("traceparent", PARENT), ("tracestate", "a=1,a=2")]);
    assert!(done.sent().header("tracestate").is_empty());
    assert_eq!(done.log["trace_id"], TRACE);
}

#[test]
fn every_attempt_has_the_same_context() {
    let done = World::of(GATEWAY).first_statuses(&[401]).ask(&Ask::new("GET", "/api/x"));
    let contexts: Vec<_> = done.sent.iter().map(|sent| sent.header("traceparent")).collect();
    assert_eq!(contexts.len(), 2);
    assert_eq!(contexts[0], contexts[1]);
}

#[test]
fn an_upstream_that_must_not_see_it_does_not() {
    let headers =
        [("traceparent", PARENT), ("tracestate", "a=1"), ("baggage", "user=1"), ("x-request-id", ID)];
    let done = ask("/silent/x", &headers);
    for (name, _) in headers {
        assert!(done.sent().header(name).is_empty(), "{name}");
    }
    assert_eq!((&done.log["trace_id"], &done.log["x_request_id"]), (&json!(TRACE), &json!(ID)));
}

#[test]
fn what_the_auth_sets_stays() {
    let done = ask("/sets/x", &[("x-request-id", ID)]);
    assert_eq!(done.sent().header("x-request-id"), ["canary-api-key"]);
}

#[test]
fn a_refusal_has_its_trace_in_the_log() {
    let done = World::of(GATEWAY)
        .ask(&Ask::bare("GET", "https://gw.example.com/nowhere").header("traceparent", PARENT));
    assert_eq!((done.status, &done.log["trace_id"]), (404, &json!(TRACE)));
}

#[test]
fn case_32_a_token_is_neither_handed_on_nor_logged() {
    let headers = [("tracestate", "a=canary-checkout-token"), ("x-request-id", "canary-checkout-token")];
    let done = ask("/api/x", &[&headers[..], &[("traceparent", PARENT)]].concat());
    assert!(done.sent().header("tracestate").is_empty());
    assert_eq!(done.sent().header("x-request-id"), [OWN]);
    assert_eq!(done.log["x_request_id"], Value::Null);
}

#[test]
fn case_32_only_what_can_be_nothing_but_an_id_is_logged() {
    let done = ask("/api/x", &[("x-request-id", "hello.world")]);
    assert_eq!(done.sent().header("x-request-id"), ["hello.world"]);
    assert_eq!(done.log["x_request_id"], Value::Null);
    let long = "a".repeat(129);
    assert_eq!(ask("/api/x", &[("x-request-id", &long)]).sent().header("x-request-id"), [OWN]);
}

#[test]
fn without_a_word_of_it_nothing_is_added_or_logged() {
    let done = World::new()
        .ask(&Ask::new("GET", "/api/v1/x").header("traceparent", "odd").header("x-request-id", "odd"));
    assert_eq!(done.sent().header("traceparent"), ["odd"]);
    assert_eq!(done.sent().header("x-request-id"), ["odd"]);
    assert_eq!((&done.log["trace_id"], &done.log["x_request_id"]), (&Value::Null, &Value::Null));
    assert!(done.header("server-timing").is_empty() && done.header("ostiary-attempts").is_empty());
}

#[test]
fn a_response_says_how_long_it_took_beside_what_the_upstream_says() {
    let world =
        World::of(GATEWAY).answering(200, &[("server-timing", "db;dur=5"), ("ostiary-attempts", "9")]);
    let done = world.first_statuses(&[401]).ask(&Ask::new("GET", "/api/x"));
    assert_eq!(done.header("server-timing"), ["db;dur=5", "secrets;dur=0, upstream;dur=0"]);
    assert_eq!(done.header("ostiary-attempts"), ["2"]);
    assert!(ask("/silent/x", &[]).header("ostiary-attempts").is_empty());
}

#[test]
fn a_refusal_says_how_far_it_came() {
    let done = World::of(GATEWAY).ask(&Ask::new("GET", "/api/x").without("authorization"));
    done.refused("caller_unauthenticated");
    assert_eq!((done.header("ostiary-attempts"), done.header("server-timing")), (vec!["0"], vec![]));
    let mut world = World::of(GATEWAY);
    world.answer = Err(ostiary_core::runtime::SendError::TimedOut);
    let done = world.ask(&Ask::new("GET", "/api/x"));
    assert_eq!(done.status, 504);
    assert_eq!(done.header("ostiary-attempts"), ["1"]);
    assert_eq!(done.header("server-timing"), ["secrets;dur=0, upstream;dur=0"]);
}

#[test]
fn a_header_of_a_trace_that_the_route_strips_is_not_sent_upstream() {
    let strip = "timing   = true\nstrip_headers = [\"x-request-id\", \"tracestate\"]";
    let world = World::of(&GATEWAY.replacen("timing   = true", strip, 1));
    let ask = Ask::new("GET", "/api/x").header("x-request-id", "theirs").header("traceparent", PARENT);
    let exchange = world.ask(&ask.header("tracestate", "a=1"));
    let sent = exchange.sent();
    assert_eq!((sent.header("x-request-id"), sent.header("tracestate")), (Vec::new(), Vec::new()));
    assert_eq!(sent.header("traceparent"), [format!("00-{TRACE}-0000000000000007-01")]);
}
