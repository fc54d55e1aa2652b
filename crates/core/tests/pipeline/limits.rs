//! Rate limits, the size of bodies, and the deadline for a stalled body.

use ostiary_core::runtime::rate_limit_verdict::RateLimitVerdict;

use crate::world::{Ask, World};

const GATEWAY: &str = r#"
[secrets]
only     = ["ONLY_KEY"]
checkout = ["CHECKOUT_TOKEN"]

[callers.checkout]
bearer = "${checkout}"

[routes.limited]
mount      = "/limited"
upstream   = "https://api.example.com"
auth       = { bearer = "${only}" }
rate_limit = [{ binding = "BY_ADDRESS", by = "address" }, { binding = "BY_CALLER", by = "caller" }]
allow      = { checkout = ["GET /x"], anyone = ["GET /health"] }

[routes.both]
mount      = "/both"
upstream   = "https://api.example.com"
auth       = { bearer = "${only}" }
rate_limit = [{ binding = "BY_ADDRESS", by = "address" }, { binding = "BY_CALLER", by = "address" }]
allow      = { checkout = ["GET /x"] }

[routes.small]
mount    = "/small"
upstream = "https://api.example.com"
auth     = { bearer = "${only}" }
max_body = "1KiB"
idle_timeout = "30s"
allow    = { checkout = ["* /x"] }

[routes.plain]
mount    = "/plain"
upstream = "https://api.example.com"
auth     = { bearer = "${only}" }
allow    = { checkout = ["* /x"] }
"#;

const KNOWN: &str = "192.0.2.7";

fn world() -> World {
    World::of(GATEWAY)
}

fn limited(binding: &'static str, verdict: RateLimitVerdict) -> World {
    let mut world = world();
    world.limits.insert(binding, verdict);
    world
}

fn get(path: &str) -> Ask {
    Ask::new("GET", path).header("cf-connecting-ip", KNOWN)
}

fn pair(binding: &str, key: &str) -> (String, String) {
    (binding.to_owned(), key.to_owned())
}

#[test]
fn a_request_is_counted_by_address_before_its_caller_is_looked_at_and_by_caller_after() {
    let exchange = world().ask(&get("/limited/x"));
    assert_eq!(exchange.status, 200);
    assert_eq!(exchange.counted, [pair("BY_ADDRESS", KNOWN), pair("BY_CALLER", "limited/checkout")]);
    assert_eq!(world().ask(&get("/plain/x")).counted, []);
}

#[test]
fn every_attempt_counts() {
    let unproved =
        world().ask(&get("/limited/x").without("authorization").header("authorization", "Bearer no"));
    unproved.refused("caller_unauthenticated");
    assert_eq!(unproved.counted, [pair("BY_ADDRESS", KNOWN)]);
    let forbidden = world().ask(&get("/limited/other"));
    forbidden.refused("not_allowed");
    assert_eq!(forbidden.counted.len(), 2);
}

#[test]
fn case_18_somebody_without_a_token_is_counted_by_address() {
    let exchange = world().ask(&get("/limited/health").without("authorization"));
    assert_eq!(exchange.counted, [pair("BY_ADDRESS", KNOWN), pair("BY_CALLER", "limited/anyone/192.0.2.7")]);
    let forged = Ask::new("GET", "/limited/health")
        .header("x-forwarded-for", "192.0.2.9")
        .header("forwarded", "for=192.0.2.9");
    assert_eq!(world().ask(&forged).counted[0], pair("BY_ADDRESS", "unknown"));
}

#[test]
fn a_limit_that_is_exceeded_is_a_refusal_that_says_when_to_come_back() {
    let exchange = limited("BY_ADDRESS", RateLimitVerdict::Exceeded).ask(&get("/limited/x"));
    exchange.refused("rate_limited");
    assert_eq!((exchange.status, exchange.header("retry-after")), (429, vec!["60"]));
    assert_eq!(exchange.reads, <[String; 0]>::default(), "nothing is read for it");
    assert_eq!(exchange.counted.len(), 1);

    let exchange = limited("BY_CALLER", RateLimitVerdict::Exceeded).ask(&get("/limited/x"));
    exchange.refused("rate_limited");
    assert_eq!(exchange.header("retry-after"), ["10"]);
    assert_eq!(exchange.reads, ["CHECKOUT_TOKEN"]);
    assert_eq!((&exchange.log["caller"], &exchange.log["level"]), (&"checkout".into(), &"info".into()));
}

#[test]
fn of_several_limits_that_are_exceeded_the_longest_period_counts() {
    for (exceeded, expected) in
        [(&["BY_ADDRESS", "BY_CALLER"][..], "60"), (&["BY_CALLER"], "10"), (&["BY_ADDRESS"], "60")]
    {
        let mut world = world();
        world.limits = exceeded.iter().map(|binding| (*binding, RateLimitVerdict::Exceeded)).collect();
        let refused = world.ask(&get("/both/x"));
        assert_eq!((refused.header("retry-after"), refused.counted.len()), (vec![expected], 2));
    }
}

#[test]
fn a_limit_that_cannot_be_asked_lets_the_request_pass_and_is_a_warning() {
    let exchange = limited("BY_ADDRESS", RateLimitVerdict::Unknown).ask(&get("/limited/x"));
    assert_eq!(exchange.status, 200);
    assert_eq!((&exchange.log["rate_limit_unknown"], &exchange.log["level"]), (&true.into(), &"warn".into()));
    assert!(world().ask(&get("/limited/x")).log.get("rate_limit_unknown").is_none());
}

#[test]
fn case_42_a_body_that_says_it_is_too_large_is_refused_before_anything_is_read() {
    let post = |length: &str| Ask::new("POST", "/small/x").header("content-length", length);
    for length in ["1025", " 1025 ", "18446744073709551615"] {
        let exchange = world().ask(&post(length));
        exchange.refused("payload_too_large");
        assert_eq!((exchange.status, exchange.reads), (413, vec!["CHECKOUT_TOKEN".to_owned()]));
    }
    assert_eq!(world().ask(&post("1024")).status, 200);
    assert_eq!(world().ask(&Ask::new("POST", "/plain/x").header("content-length", "1025")).status, 200);
    // Clients that may not send anything do not learn about a limit.
    world().ask(&post("1025").without("authorization")).refused("caller_unauthenticated");
}

#[test]
fn only_a_route_with_an_idle_timeout_has_its_answers_watched() {
    let world = World::of(&GATEWAY.replace("auth ", "redact = false\nauth "));
    let watched = world.ask(&Ask::new("GET", "/small/x").header("accept-encoding", "gzip, br"));
    assert_eq!(watched.idle_timeout, Some(30_000));
    assert_eq!(watched.sent().header("accept-encoding"), ["identity"]);
    let plain = world.ask(&Ask::new("GET", "/plain/x").header("accept-encoding", "gzip, br"));
    assert_eq!(plain.idle_timeout, None);
    assert_eq!(plain.sent().header("accept-encoding"), ["gzip, br"]);
}

const OPERATED: &str = r#"
[secrets]
only     = ["ONLY_KEY"]
checkout = ["CHECKOUT_TOKEN"]

[callers.checkout]
bearer = "${checkout}"

[operator]
mount      = "/ops"
allow      = ["checkout"]
rate_limit = [{ binding = "BY_ADDRESS", by = "address" }, { binding = "BY_CALLER", by = "caller" }]

[routes.operator]
mount      = "/x"
upstream   = "https://api.example.com"
auth       = { bearer = "${only}" }
rate_limit = [{ binding = "BY_CALLER", by = "caller" }]
allow      = { checkout = ["GET /x"] }
"#;

#[test]
fn the_operator_s_endpoints_have_limits_of_their_own() {
    let asked = |limited: &'static str, ask: Ask| {
        let mut world = World::of(OPERATED);
        world.limits.insert(limited, RateLimitVerdict::Exceeded);
        world.ask(&ask)
    };
    let address = pair("BY_ADDRESS", KNOWN);
    let caller = pair("BY_CALLER", "[operator]/checkout");

    let exchange = asked("nothing", get("/ops/ready"));
    assert_eq!((exchange.status, &exchange.counted), (200, &vec![address.clone(), caller.clone()]));
    let exchange = asked("nothing", get("/ops/health").without("authorization"));
    assert_eq!((exchange.status, &exchange.counted), (200, &vec![address.clone()]));

    for path in ["/ops/health", "/ops/ready", "/ops/elsewhere"] {
        let exchange = asked("BY_ADDRESS", get(path));
        exchange.refused("rate_limited");
        assert_eq!((exchange.header("retry-after"), exchange.reads.len()), (vec!["60"], 0), "{path}");
    }
    let exchange = asked("BY_CALLER", get("/ops/ready"));
    exchange.refused("rate_limited");
    assert_eq!(exchange.header("retry-after"), ["10"]);
    assert_eq!(exchange.reads, ["CHECKOUT_TOKEN"]);
    let exchange = asked("BY_CALLER", get("/ops/ready").without("authorization"));
    exchange.refused("caller_unauthenticated");
    assert_eq!(exchange.counted, [address]);

    let exchange = asked("nothing", get("/x/x"));
    assert_eq!(exchange.counted, [pair("BY_CALLER", "operator/checkout")], "a route is counted apart");
    assert_ne!(exchange.counted, [caller]);
}
