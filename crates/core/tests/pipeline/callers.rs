//! The authentication of callers, and the rules for each.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::world::{Ask, Binding, Exchange, World};

fn bare(method: &'static str, path: &str) -> Ask {
    Ask::new(method, path).without("authorization")
}

fn basic(pair: &str) -> String {
    format!("Basic {}", STANDARD.encode(pair))
}

#[track_caller]
fn unauthenticated(exchange: &Exchange, proof: &str) {
    exchange.refused("caller_unauthenticated");
    assert_eq!(exchange.status, 401);
    assert_eq!(exchange.header("www-authenticate").len(), 1);
    assert_eq!(exchange.log["proof"], proof);
}

#[test]
fn both_tokens_of_a_caller_work_while_one_is_being_rotated() {
    let world = World::new();
    for token in [
        "Bearer canary-checkout-token",
        "bearer  canary-checkout-token",
        "Bearer canary-checkout-token-previous",
    ] {
        let exchange = world.ask(&bare("GET", "/api/v1/x").header("authorization", token));
        assert_eq!((exchange.status, &exchange.log["caller"]), (200, &"checkout".into()), "{token}");
    }
}

#[test]
fn case_32_a_token_that_is_absent_malformed_or_wrong_gets_the_same_answer() {
    let world = World::new();
    unauthenticated(&world.ask(&bare("GET", "/api/v1/x")), "token_absent");
    for value in ["", "Bearer", "Bearer ", "Basic", "Basic !!", "Basic Og=="] {
        unauthenticated(&world.ask(&bare("GET", "/api/v1/x").header("authorization", value)), "token_absent");
    }
    for value in [
        "Bearer x",
        "Bearer canary-checkout-toke",
        "Bearer canary-checkout-token x",
        "Bearer CANARY-CHECKOUT-TOKEN",
        "Basic eA==",
        "Digest x",
        "canary-checkout-toke",
        "to/ken canary-checkout-token",
    ] {
        unauthenticated(
            &world.ask(&bare("GET", "/api/v1/x").header("authorization", value)),
            "token_unknown",
        );
    }
    let twice = Ask::new("GET", "/api/v1/x").header("authorization", "Bearer canary-checkout-token");
    unauthenticated(&world.ask(&twice), "token_unknown");
}

#[test]
fn case_29_nothing_is_read_without_a_token_or_for_a_digest_and_no_upstream_secret_without_a_rule() {
    let world = World::new();
    assert_eq!(world.ask(&bare("GET", "/api/v1/x")).reads, Vec::<String>::new());
    let digest = world.ask(&bare("GET", "/api/v1/balance").header("authorization", "Bearer canary-ci-token"));
    assert_eq!(digest.reads, ["API_KEY"]);
    let tokens = ["CHECKOUT_TOKEN", "CHECKOUT_TOKEN_PREVIOUS", "BATCH_TOKEN"];
    assert_eq!(world.ask(&bare("GET", "/api/v1/x").header("authorization", "Bearer x")).reads, tokens);
    let forbidden = world.ask(&Ask::new("DELETE", "/api/v1/x"));
    forbidden.refused("not_allowed");
    assert_eq!((forbidden.status, forbidden.reads), (403, tokens.map(str::to_owned).to_vec()));
}

#[test]
fn a_caller_shows_its_token_where_its_sdk_puts_the_key() {
    let world = World::new();
    for (path, name, value) in [
        ("/key/x", "x-api-key", "canary-checkout-token".to_owned()),
        ("/key/x", "x-api-key", "Key canary-checkout-token".to_owned()),
        ("/key/x", "x-api-key", " canary-ci-token ".to_owned()),
        ("/key/x", "authorization", "Bearer canary-checkout-token".to_owned()),
        ("/key/x", "authorization", basic("api:canary-checkout-token")),
        ("/key/x", "authorization", basic("canary-checkout-token:")),
        ("/key/x", "authorization", basic("canary-checkout-token")),
        ("/key/x", "authorization", basic("api:canary-checkout-token").replace('=', "")),
        ("/classic/x", "x-token", "canary-checkout-token".to_owned()),
    ] {
        assert_eq!(world.ask(&bare("GET", path).header(name, &value)).status, 200, "{path} {name} {value}");
    }
    for query in ["key=canary-checkout-token", "a=1;%6Bey=canary%2Dcheckout-token"] {
        assert_eq!(world.ask(&bare("GET", &format!("/query/x?{query}"))).status, 200, "{query}");
    }
    assert_eq!(world.ask(&bare("GET", "/classic/x?token=canary-ci-token")).status, 200);
}

#[test]
fn a_token_counts_only_where_the_route_looks_for_one() {
    let world = World::new();
    unauthenticated(&world.ask(&Ask::new("GET", "/classic/x")), "token_absent");
    unauthenticated(&world.ask(&bare("GET", "/api/v1/x?key=canary-checkout-token")), "token_absent");
    unauthenticated(
        &world.ask(&bare("GET", "/api/v1/x").header("x-api-key", "canary-checkout-token")),
        "token_absent",
    );
    let wrong = bare("GET", "/key/x").header("authorization", &basic("canary-checkout-token:x"));
    unauthenticated(&world.ask(&wrong), "token_unknown");
}

#[test]
fn a_request_with_a_flood_of_tokens_proves_nobody_and_reads_nothing() {
    let flood = |count: u32| (0..count).map(|index| format!("key={index}&")).collect::<Vec<_>>().concat();
    let ask = |count| Ask::new("GET", &format!("/query/x?{}", flood(count))).without("authorization");
    let token = |count| Ask::new("GET", &format!("/query/x?{}key=canary-checkout-token", flood(count)));
    assert_eq!(World::new().ask(&token(8)).status, 200);
    for ask in [ask(10_001), token(10_001)] {
        let exchange = World::new().ask(&ask);
        unauthenticated(&exchange, "token_absent");
        assert_eq!(exchange.reads, Vec::<String>::new());
    }
}

#[test]
fn tokens_of_different_callers_prove_nobody() {
    let world = World::new();
    let ask = bare("GET", "/classic/x?token=canary-deploy-token").header("x-token", "canary-ci-token");
    unauthenticated(&world.ask(&ask), "token_contradictory");
    let same = bare("GET", "/classic/x?token=canary-ci-token").header("x-token", "canary-ci-token");
    assert_eq!(world.ask(&same).status, 200);
    let one = bare("GET", "/classic/x?token=wrong&token=").header("x-token", "canary-ci-token");
    assert_eq!(world.ask(&one).status, 200);
}

#[test]
fn a_token_of_a_caller_that_the_route_does_not_know_is_unknown() {
    let world = World::new();
    unauthenticated(
        &world.ask(&bare("GET", "/key/x").header("x-api-key", "canary-batch-token")),
        "token_unknown",
    );
}

#[test]
fn a_token_that_could_have_matched_an_unreadable_secret_is_503_and_not_401() {
    for broken in [Binding::Throws, Binding::Hangs] {
        let world = World::new().with("CHECKOUT_TOKEN", broken);
        let exchange = world.ask(&bare("GET", "/api/v1/x").header("authorization", "Bearer x"));
        exchange.refused("secret_unavailable");
        assert_eq!((exchange.status, &exchange.log["proof"]), (503, &"token_unreadable".into()));
        let previous =
            bare("GET", "/api/v1/x").header("authorization", "Bearer canary-checkout-token-previous");
        assert_eq!(world.ask(&previous).status, 200);
    }
    for gone in [Binding::Missing, Binding::Value(" \r\n")] {
        let world = World::new().with("CHECKOUT_TOKEN_PREVIOUS", gone);
        let exchange = world.ask(&bare("GET", "/api/v1/x").header("authorization", "Bearer x"));
        unauthenticated(&exchange, "token_unknown");
    }
}

#[test]
fn an_empty_token_secret_proves_nobody() {
    let world = World::new()
        .with("CHECKOUT_TOKEN", Binding::Value(""))
        .with("CHECKOUT_TOKEN_PREVIOUS", Binding::Value("\n"));
    for value in ["Bearer ", "Bearer", "Basic Og==", "Basic "] {
        unauthenticated(&world.ask(&bare("GET", "/api/v1/x").header("authorization", value)), "token_absent");
    }
}

#[test]
fn anyone_may_do_what_an_anyone_rule_says_and_nothing_is_read_for_the_proof() {
    let world = World::new();
    let exchange = world.ask(&bare("GET", "/api/health"));
    assert_eq!((exchange.status, &exchange.log["caller"]), (200, &"anyone".into()));
    assert_eq!(exchange.reads, ["API_KEY"]);
    assert_eq!(world.ask(&bare("GET", "/api/health").header("authorization", "Bearer wrong")).status, 200);
    unauthenticated(&world.ask(&bare("POST", "/api/health")), "token_absent");
}

#[test]
fn each_caller_may_do_what_its_rules_say_and_nothing_else() {
    let world = World::new();
    for (token, method, path, status) in [
        ("checkout-token", "GET", "/api/v1", 200),
        ("checkout-token", "HEAD", "/api/v1/x", 200),
        ("checkout-token", "POST", "/api/v1/charges/ch_1", 200),
        ("checkout-token", "POST", "/api/v1/charges", 403),
        ("checkout-token", "PUT", "/api/v1/charges/ch_1", 403),
        ("checkout-token", "GET", "/api/batch/x", 403),
        ("ci-token", "GET", "/api/v1/balance", 200),
        ("ci-token", "HEAD", "/api/v1/balance", 200),
        ("ci-token", "GET", "/api/v1/%62alance", 200),
        ("ci-token", "GET", "/api/v1/balance/", 403),
        ("batch-token", "PATCH", "/api/batch/x", 200),
        ("batch-token", "OPTIONS", "/api/batch/x", 403),
        ("batch-token", "GET", "/api/v1/x", 403),
    ] {
        let ask = bare(method, path).header("authorization", &format!("Bearer canary-{token}"));
        assert_eq!(world.ask(&ask).status, status, "{token} {method} {path}");
    }
}

#[test]
fn case_34_trace_connect_and_unknown_methods_are_405() {
    let world = World::new();
    for method in ["TRACE", "CONNECT", "LINK", "get", "", "GETX"] {
        let exchange = world.ask(&Ask::new(method, "/api/v1/x"));
        exchange.refused("method_not_allowed");
        assert!(
            exchange.header("allow").concat().starts_with("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
        );
        assert!(exchange.log.get("method").is_none());
    }
}

#[test]
fn case_34_an_unauthenticated_preflight_carries_no_credential() {
    let world = World::new();
    let preflight = bare("OPTIONS", "/api/open").header("access-control-request-method", "POST");
    let exchange = world.ask(&preflight);
    assert_eq!((exchange.status, exchange.reads.len()), (200, 0));
    assert_eq!(exchange.sent().header("authorization"), Vec::<&str>::new());
    unauthenticated(&world.ask(&bare("OPTIONS", "/api/v1/x")), "token_absent");
    let proved = world.ask(&Ask::new("OPTIONS", "/api/v1/x").header("access-control-request-method", "POST"));
    assert_eq!(proved.sent().header("authorization"), ["Bearer canary-api-key"]);
}

#[test]
fn the_log_names_route_rule_and_caller_and_nothing_of_the_request_s_text() {
    let exchange = World::new()
        .ask(&Ask::new("GET", "/api/v1/path-of-a-bot-token?query-text").header("user-agent", "agent-text"));
    let log = exchange.log.to_string();
    for (name, value) in [
        ("route", "api"),
        ("rule", "GET /v1/**"),
        ("caller", "checkout"),
        ("method", "GET"),
        ("level", "info"),
    ] {
        assert_eq!(exchange.log[name], value);
    }
    assert_eq!(exchange.log["request_id"], "00000000000000000000000000000007");
    assert_eq!(exchange.header("ostiary-request-id"), ["00000000000000000000000000000007"]);
    for text in ["bot-token", "query-text", "agent-text", "gw.example.com"] {
        assert!(!log.contains(text), "{log}");
    }
}
