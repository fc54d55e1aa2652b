//! Connections that fail, and upstreams that ask for a retry later.

use ostiary_core::runtime::SendError;

use crate::world::{Ask, Exchange, FakeAnswer, World};

const GATEWAY: &str = r#"
[secrets]
api      = ["API_KEY", "API_KEY_PREVIOUS"]
only     = ["ONLY_KEY"]
checkout = ["CHECKOUT_TOKEN"]

[callers.checkout]
bearer = "${checkout}"

[routes.twice]
mount    = "/twice"
upstream = "https://api.example.com"
auth     = { bearer = "${api}" }
retry    = { attempts = 2 }
allow    = { checkout = ["* /**"] }

[routes.thrice]
mount    = "/thrice"
upstream = "https://api.example.com"
auth     = { bearer = "${api}" }
retry    = { attempts = 3 }
allow    = { checkout = ["* /**"] }

[routes.unkeyed]
mount    = "/unkeyed"
upstream = "https://api.example.com"
auth     = { bearer = "${only}" }
retry    = { attempts = 2 }
strip_headers = ["idempotency-key"]
allow    = { checkout = ["* /**"] }

[routes.once]
mount    = "/once"
upstream = "https://api.example.com"
auth     = { bearer = "${api}" }
allow    = { checkout = ["* /**"] }
"#;

fn world() -> World {
    World::of(GATEWAY)
}

fn failing(times: usize, why: SendError) -> World {
    world().first(vec![Err(why); times])
}

fn pauses(exchange: &Exchange) -> Vec<u32> {
    exchange
        .steps
        .iter()
        .filter_map(|step| step.strip_prefix("sleep "))
        .map(|text| text.parse().unwrap())
        .collect()
}

#[test]
fn a_binding_that_is_missing_is_not_tried_again() {
    let exchange = failing(1, SendError::NoBinding).ask(&Ask::new("GET", "/twice/x"));
    assert_eq!(exchange.code.as_deref(), Some("misconfigured"));
    assert_eq!((exchange.status, exchange.sent.len()), (500, 1));
}

#[test]
fn a_failed_connection_is_tried_again_where_the_route_says_so_and_the_method_is_idempotent() {
    let keyed = |method| Ask::new(method, "/twice/x").header("idempotency-key", "abc");
    for (ask, attempts) in [
        (Ask::new("GET", "/twice/x"), 2),
        (Ask::new("HEAD", "/twice/x"), 2),
        (Ask::new("PUT", "/twice/x"), 2),
        (Ask::new("DELETE", "/twice/x"), 2),
        (Ask::new("POST", "/twice/x"), 1),
        (Ask::new("PATCH", "/twice/x"), 1),
        (keyed("POST"), 2),
        (keyed("PATCH"), 2),
        (Ask::new("POST", "/twice/x").header("idempotency-key", " "), 1),
        (keyed("POST").header("connection", "close, Idempotency-Key"), 1),
        (Ask::new("POST", "/unkeyed/x").header("idempotency-key", "abc"), 1),
        (Ask::new("PUT", "/unkeyed/x").header("idempotency-key", "abc"), 2),
        (Ask::new("GET", "/once/x"), 1),
        (Ask::new("GET", "/thrice/x"), 2),
    ] {
        let exchange = failing(1, SendError::Unreachable).ask(&ask);
        assert_eq!(exchange.sent.len(), attempts, "{ask:?}");
        assert_eq!(exchange.status, if attempts == 1 { 502 } else { 200 }, "{ask:?}");
    }
}

#[test]
fn it_is_tried_so_often_and_no_more() {
    let exchange = failing(3, SendError::Unreachable).ask(&Ask::new("GET", "/thrice/x"));
    assert_eq!((exchange.status, exchange.sent.len()), (502, 3));
    let all: Vec<_> = exchange.sent.iter().map(|sent| sent.header("authorization")).collect();
    assert_eq!(all, [["Bearer canary-api-key"]; 3]);
    assert_eq!(exchange.log["attempts"], 3);
}

#[test]
fn the_pauses_grow_and_half_of_each_is_chance() {
    let exchange = failing(2, SendError::Unreachable).ask(&Ask::new("GET", "/thrice/x"));
    let [first, second] = pauses(&exchange)[..] else { panic!("{exchange:?}") };
    assert!((50..100).contains(&first) && (100..200).contains(&second), "{first} {second}");
}

#[test]
fn a_deadline_that_has_passed_is_no_failed_connection() {
    for why in [SendError::TimedOut, SendError::TooLarge] {
        let exchange = failing(1, why).ask(&Ask::new("GET", "/twice/x"));
        assert_eq!(exchange.sent.len(), 1);
        assert_eq!(exchange.status, if why == SendError::TimedOut { 504 } else { 413 });
    }
}

#[test]
fn a_body_that_is_gone_is_not_sent_again() {
    let put = Ask::new("PUT", "/twice/x").header("content-length", "5");
    for can_replay in [true, false] {
        let mut world = failing(1, SendError::Unreachable);
        world.can_replay = can_replay;
        assert_eq!(world.ask(&put).sent.len(), if can_replay { 2 } else { 1 });
    }
    let long = Ask::new("PUT", "/twice/x").header("content-length", "65537");
    assert_eq!(failing(1, SendError::Unreachable).ask(&long).sent.len(), 1);
}

#[test]
fn a_body_is_kept_where_a_retry_may_follow() {
    for (method, replay_limit) in [("PUT", 65_536), ("POST", 0)] {
        let ask = Ask::new(method, "/unkeyed/x").header("content-length", "5");
        assert_eq!(world().ask(&ask).sent().replay_limit, replay_limit, "{method}");
    }
}

#[test]
fn a_short_retry_after_is_waited_for() {
    let busy = |status, after| world().first([Ok(FakeAnswer::new(status, &[("retry-after", after)]))]);
    for (status, after, pause) in [
        (503, "1", Some(1_000)),
        (429, " 5 ", Some(5_000)),
        (503, "6", None),
        (503, "4294967295", None),
        (503, "-1", None),
        (503, "Wed, 21 Oct 2026 07:28:00 GMT", None),
        (503, "", None),
        (500, "1", None),
        (301, "1", None),
    ] {
        let exchange = busy(status, after).ask(&Ask::new("GET", "/twice/x"));
        assert_eq!(pauses(&exchange), pause.into_iter().collect::<Vec<_>>(), "{status} {after}");
        assert_eq!(exchange.status, if pause.is_some() { 200 } else { status }, "{status} {after}");
        assert_eq!(busy(status, after).ask(&Ask::new("POST", "/twice/x")).sent.len(), 1);
        assert_eq!(busy(status, after).ask(&Ask::new("GET", "/once/x")).sent.len(), 1);
    }
    assert_eq!(world().first_statuses(&[503]).ask(&Ask::new("GET", "/twice/x")).sent.len(), 1);
}

#[test]
fn the_pause_is_never_shorter_than_that_before_another_connection() {
    let busy = world().first([Ok(FakeAnswer::new(503, &[("retry-after", "0")]))]);
    let [pause] = pauses(&busy.ask(&Ask::new("GET", "/twice/x")))[..] else { panic!() };
    assert!((50..100).contains(&pause), "{pause}");
}

#[test]
fn the_last_answer_is_returned_when_the_upstream_stays_busy_or_goes_away() {
    let busy = FakeAnswer::new(503, &[("retry-after", "1")]);
    let exchange = world().first([Ok(busy.clone()), Ok(busy.clone())]).ask(&Ask::new("GET", "/twice/x"));
    assert_eq!((exchange.status, exchange.sent.len(), exchange.header("retry-after")), (503, 2, vec!["1"]));
    let exchange = world().first([Ok(busy), Err(SendError::Unreachable)]).ask(&Ask::new("GET", "/twice/x"));
    assert_eq!((exchange.status, exchange.sent.len()), (503, 2));
}

#[test]
fn retries_and_failover_have_each_their_own_count() {
    let world = world().first([
        Err(SendError::Unreachable),
        Ok(FakeAnswer::new(401, &[])),
        Err(SendError::Unreachable),
    ]);
    let exchange = world.ask(&Ask::new("GET", "/twice/x"));
    assert_eq!((exchange.status, exchange.sent.len()), (401, 3), "the one retry is spent, so the 401 stands");
}

#[test]
fn no_pause_is_longer_than_the_whole_of_it() {
    for (request_id, expected) in [(0, [50, 100]), (u128::MAX, [99, 199])] {
        let mut world = failing(2, SendError::Unreachable);
        world.request_id = request_id;
        assert_eq!(pauses(&world.ask(&Ask::new("GET", "/thrice/x"))), expected);
    }
}
