//! Attack 43: when the upstream refuses the credential, the next one serves the same request.

use ostiary_core::runtime::SendError;
use proptest::prelude::*;
use serde_json::json;

use crate::world::{Ask, Binding, Exchange, FakeAnswer, World};

const GATEWAY: &str = r#"
[secrets]
api      = ["API_KEY", "API_KEY_PREVIOUS"]
three    = ["THREE_KEY", "THREE_KEY_PREVIOUS", "THREE_LAST_KEY"]
only     = ["ONLY_KEY"]
pair_id  = ["PAIR_ID", "PAIR_ID_PREVIOUS"]
pair_key = ["PAIR_KEY", "PAIR_KEY_PREVIOUS"]
checkout = ["CHECKOUT_TOKEN"]

[callers.checkout]
bearer = "${checkout}"

[routes.api]
mount    = "/api"
upstream = "https://api.example.com"
auth     = { bearer = "${api}" }
allow    = { checkout = ["* /**"], anyone = ["OPTIONS /**"] }

[routes.three]
mount    = "/three"
upstream = "https://api.example.com"
auth     = { query = "key", value = "${three}" }
failover = { status = [401, 403], replay_limit = "1KiB" }
allow    = { checkout = ["* /**"] }

[routes.pair]
mount    = "/pair"
upstream = "https://api.example.com"
auth     = [{ header = "x-id", value = "${pair_id}" }, { header = "x-key", value = "${pair_key}" }, { header = "x-only", value = "${only}" }]
allow    = { checkout = ["* /**"] }

[routes.single]
mount    = "/single"
upstream = "https://api.example.com"
auth     = { bearer = "${only}" }
allow    = { checkout = ["* /**"] }

[routes.told]
mount    = "/told"
upstream = "https://api.example.com"
auth     = { bearer = "${api}" }
failover = { when = [401, { status = 400, body = "API_KEY_INVALID" }, { status = 200, body = '"ok":false' }, { status = 200, body = "errors" }] }
allow    = { checkout = ["* /**"] }

[routes.off]
mount    = "/off"
upstream = "https://api.example.com"
auth     = { bearer = "${api}" }
failover = false
allow    = { checkout = ["* /**"] }
"#;

fn world() -> World {
    World::of(GATEWAY)
}

fn get(path: &str) -> Ask {
    Ask::new("GET", path)
}

fn credentials(exchange: &Exchange) -> Vec<String> {
    exchange.sent.iter().map(|sent| sent.header("authorization").join(" | ")).collect()
}

#[test]
fn cases_43_and_55_a_body_can_say_that_the_key_is_refused() {
    let long: &'static str = format!("{}API_KEY_INVALID", " ".repeat(4_096)).leak();
    let fitting: &'static str = format!("{}API_KEY_INVALID{}", " ".repeat(4_081), "x".repeat(9_000)).leak();
    let json = "application/json; charset=utf-8";
    for (status, media_type, body, refused, looked) in [
        (401, "", "", true, false),
        (400, json, r#"{"error":{"details":[{"reason":"API_KEY_INVALID"}]}}"#, true, true),
        (400, json, r#"{"error":{"status":"INVALID_ARGUMENT"}}"#, false, true),
        (200, json, r#"{"ok":false,"error":"invalid_auth"}"#, true, true),
        (200, json, r#"{"ok":true}"#, false, true),
        (200, "application/graphql-response+json", r#"{"errors":[]}"#, true, true),
        (200, "Text/Plain", "errors", true, true),
        (403, json, "API_KEY_INVALID", false, false),
        (400, "application/octet-stream", "API_KEY_INVALID", false, false),
        (400, "", "API_KEY_INVALID", false, false),
        (200, "text/event-stream", "errors", false, false),
        (400, json, fitting, true, true),
        (400, json, long, false, true),
    ] {
        let first = FakeAnswer::new(status, &[("content-type", media_type)]).with_body(body);
        let exchange = world().first([Ok(first)]).ask(&get("/told/x"));
        let attempts = if refused { 2 } else { 1 };
        assert_eq!(exchange.sent.len(), attempts, "{status} {media_type} {}", body.trim());
        let looks = exchange.steps.iter().any(|step| step == "looks at 4096 bytes for 2000 ms");
        assert_eq!(looks, looked, "{status} {media_type}");
        // A body that the runtime decodes itself cannot be read while it streams.
        assert_eq!(exchange.sent[0].header("accept-encoding"), ["identity"]);
    }
    let coded = FakeAnswer::new(400, &[("content-type", json), ("content-encoding", "zstd")]);
    let exchange = world().first([Ok(coded.with_body("API_KEY_INVALID"))]).ask(&get("/told/x"));
    assert_eq!(exchange.sent.len(), 1);
}

#[test]
fn a_body_that_breaks_off_hides_no_rejection_and_makes_none() {
    for (status, body, attempts) in
        [(401, "", 2), (400, "{\"reason\":\"API_KEY_INVALID\"", 2), (400, "{\"reason\":", 1), (200, "", 1)]
    {
        let first = FakeAnswer::new(status, &[("content-type", "application/json")]).with_body(body);
        let exchange = world().first([Ok(first.cut_off())]).ask(&get("/told/x"));
        assert_eq!(exchange.sent.len(), attempts, "{status} {body}");
        if attempts == 1 {
            assert_eq!((exchange.status, exchange.body.as_str()), (status, body));
        }
    }
}

#[test]
fn every_refused_source_is_in_the_log_when_a_later_one_is_accepted() {
    let exchange = world().first_statuses(&[401, 403]).ask(&get("/three/x"));
    assert_eq!((exchange.status, &exchange.log["failover"]), (200, &json!("primary_refused")));
    let noted = exchange.log["secrets"].as_array().unwrap();
    let noted: Vec<_> = noted.iter().map(|note| (note["source"].as_u64(), note["status"].as_u64())).collect();
    assert_eq!(noted, [(Some(1), Some(401)), (Some(2), Some(403)), (Some(3), None)]);
    let [notice] = &exchange.notices[..] else { panic!("{:?}", exchange.notices) };
    let named = ["event", "binding", "served_by"].map(|field| notice[field].as_str().unwrap());
    assert_eq!(named, ["failover_served", "THREE_KEY", "THREE_LAST_KEY"]);

    // The word is about the sources that were tried: the primary may also have failed.
    let world = world().with("THREE_KEY", Binding::Missing).first_statuses(&[401]);
    let exchange = world.ask(&get("/three/x"));
    assert_eq!((exchange.status, &exchange.log["failover"]), (200, &json!("primary_refused")));
    let failures: Vec<_> =
        exchange.log["secrets"].as_array().unwrap().iter().map(|note| note["failure"].as_str()).collect();
    assert_eq!(failures, [Some("missing"), Some("refused"), None]);
}

#[test]
fn case_43_the_next_source_serves_the_same_request() {
    let exchange = world().first_statuses(&[401]).ask(&get("/api/x?y=1").header("accept", "text/plain"));
    assert_eq!(exchange.status, 200);
    assert_eq!(credentials(&exchange), ["Bearer canary-api-key", "Bearer canary-api-key-previous"]);
    let [first, second] = &exchange.sent[..] else { panic!("{exchange:?}") };
    assert_eq!((&first.method, &first.url), (&second.method, &second.url));
    assert_eq!(first.header("accept"), second.header("accept"));
    assert_eq!(
        exchange.log["secrets"],
        json!([
            { "secret": "api", "binding": "API_KEY", "source": 1, "failure": "refused", "status": 401 },
            { "secret": "api", "binding": "API_KEY_PREVIOUS", "source": 2 },
        ])
    );
    assert_eq!(exchange.log["failover"], "primary_refused");
    assert_eq!(exchange.log["level"], "warn");
    assert_eq!(exchange.log["attempts"], 2);
}

#[test]
fn case_43_the_next_source_is_resolved_before_the_first_answer_is_given_up() {
    let exchange = world().first_statuses(&[401]).ask(&get("/api/x"));
    let expected = [
        "read CHECKOUT_TOKEN",
        "read API_KEY",
        "send: 401",
        "read API_KEY_PREVIOUS",
        "send: 200",
        "looks at 4 bytes for 1000 ms",
    ];
    assert_eq!(exchange.steps, expected);
}

#[test]
fn case_43_the_first_answer_stands_when_no_next_source_can_be_resolved() {
    for (binding, failure) in [
        (Binding::Missing, "missing"),
        (Binding::Throws, "error"),
        (Binding::Hangs, "timeout"),
        (Binding::Value(" "), "empty"),
        (Binding::Value("canary\nx"), "invalid"),
    ] {
        let world = world().with("API_KEY_PREVIOUS", binding);
        let exchange = world.first([Ok(FakeAnswer::new(401, &[("x-why", "expired")]))]).ask(&get("/api/x"));
        assert_eq!((exchange.status, exchange.header("x-why")), (401, vec!["expired"]));
        assert_eq!(exchange.sent.len(), 1);
        assert_eq!(exchange.log["failover"], "next_unavailable");
        assert_eq!(exchange.log["secrets"][1]["failure"], failure);
        assert_eq!(exchange.log["level"], "warn", "a source failed");
    }
}

#[test]
fn case_43_the_log_tells_a_source_that_was_refused_already_from_one_that_cannot_be_had() {
    let same = Binding::Value("canary-three-key");
    for (second, third, word) in [
        (same, same, "all_refused"),
        (same, Binding::Missing, "next_unavailable"),
        (Binding::Throws, same, "next_unavailable"),
        (Binding::Throws, Binding::Missing, "next_unavailable"),
    ] {
        let world = world().with("THREE_KEY_PREVIOUS", second).with("THREE_LAST_KEY", third);
        assert_eq!(world.answering(401, &[]).ask(&get("/three/x")).log["failover"], word);
    }
    // A failure before the first attempt is recorded apart from one after it.
    let exchange = world().with("API_KEY", Binding::Missing).answering(401, &[]).ask(&get("/api/x"));
    assert_eq!(exchange.log["failover"], "all_refused");
}

#[test]
fn case_43_only_on_the_configured_statuses() {
    for (path, status, attempts) in [
        ("/api/x", 400, 1),
        ("/api/x", 403, 1),
        ("/api/x", 404, 1),
        ("/api/x", 429, 1),
        ("/api/x", 500, 1),
        ("/api/x", 503, 1),
        ("/api/x", 302, 1),
        ("/api/x", 401, 2),
        ("/three/x", 403, 2),
        ("/three/x", 401, 2),
        ("/single/x", 401, 1),
        ("/off/x", 401, 1),
    ] {
        let exchange = world().first_statuses(&[status]).ask(&get(path));
        assert_eq!(exchange.sent.len(), attempts, "{path} {status}");
        assert_eq!(exchange.status, if attempts == 1 { status } else { 200 }, "{path} {status}");
        assert_eq!(exchange.log.get("attempts"), (attempts > 1).then_some(&json!(attempts)));
    }
}

#[test]
fn case_43_a_value_that_was_refused_is_not_sent_again() {
    let same = Binding::Value("canary-api-key");
    let exchange = world().with("API_KEY_PREVIOUS", same).answering(401, &[]).ask(&get("/api/x"));
    assert_eq!((exchange.status, exchange.sent.len()), (401, 1));
    assert_eq!(exchange.log["secrets"][1]["failure"], "repeated");
    assert_eq!(exchange.log["failover"], "all_refused");

    let same = Binding::Value("canary-three-key");
    let exchange = world().with("THREE_KEY_PREVIOUS", same).first_statuses(&[401]).ask(&get("/three/x"));
    let urls: Vec<_> = exchange.sent.iter().map(|sent| sent.url.as_str()).collect();
    let expected = [
        "https://api.example.com/x?key=canary-three-key",
        "https://api.example.com/x?key=canary-three-last-key",
    ];
    assert_eq!(urls, expected);
    assert_eq!(exchange.log["failover"], "primary_refused");
}

#[test]
fn case_43_a_refusal_that_a_caller_can_force_is_no_warning() {
    let exchange = world().answering(401, &[("x-last", "1")]).ask(&get("/api/x"));
    assert_eq!((exchange.status, exchange.header("x-last")), (401, vec!["1"]));
    assert_eq!(exchange.sent.len(), 2);
    assert_eq!(exchange.log["failover"], "all_refused");
    assert_eq!(exchange.log["level"], "info");
    for note in exchange.log["secrets"].as_array().unwrap() {
        assert_eq!((&note["failure"], &note["status"]), (&json!("refused"), &json!(401)));
    }
}

#[test]
fn case_43_only_a_success_says_that_the_next_source_was_accepted() {
    for (status, word) in [
        (200, json!("primary_refused")),
        (304, json!("primary_refused")),
        (400, json!(null)),
        (403, json!(null)),
        (404, json!(null)),
        (429, json!(null)),
        (500, json!(null)),
    ] {
        let exchange = world().first_statuses(&[401]).answering(status, &[]).ask(&get("/api/x"));
        let level = if word.is_null() { "info" } else { "warn" };
        assert_eq!((exchange.status, &exchange.log["failover"]), (status, &word));
        assert_eq!(exchange.log["level"], level, "{status}");
    }
}

#[test]
fn case_43_one_attempt_for_each_source_and_the_last_answer_is_returned() {
    let statuses = [401, 403, 401];
    let exchange =
        world().first_statuses(&statuses[..2]).answering(401, &[("x-last", "1")]).ask(&get("/three/x"));
    assert_eq!((exchange.status, exchange.header("x-last"), exchange.sent.len()), (401, vec!["1"], 3));
    let noted: Vec<_> =
        exchange.log["secrets"].as_array().unwrap().iter().map(|note| note["status"].as_u64()).collect();
    assert_eq!(noted, statuses.map(|status| Some(u64::from(status))));
}

#[test]
fn case_43_the_first_answer_stands_when_the_next_attempt_has_none() {
    for second in [Err(SendError::Unreachable), Err(SendError::TimedOut), Ok(FakeAnswer::new(600, &[]))] {
        let world = world().first([Ok(FakeAnswer::new(401, &[("x-why", "expired")])), second]);
        let exchange = world.ask(&get("/api/x"));
        assert_eq!((exchange.status, exchange.header("x-why")), (401, vec!["expired"]));
        assert_eq!(exchange.log["secrets"][1]["failure"], "unanswered");
    }
}

#[test]
fn case_43_links_are_cleaned_of_the_credential_that_the_answer_is_for() {
    let link = ("location", "https://api.example.com/next?key=canary-api-key-previous&page=2");
    let exchange = world().first_statuses(&[401]).answering(302, &[link]).ask(&get("/three/x"));
    assert_eq!(exchange.header("location"), ["https://gw.example.com/three/next?page=2"]);
    let link = ("location", "https://api.example.com/next?key=canary-api-key&page=2");
    let world = world().first([Ok(FakeAnswer::new(401, &[link])), Err(SendError::Unreachable)]);
    assert_eq!(world.ask(&get("/three/x")).header("location"), ["https://gw.example.com/three/next?page=2"]);
}

#[test]
fn case_43_a_body_is_kept_up_to_the_replay_limit_and_only_where_it_can_be_of_use() {
    let post = |path: &str, length: &str| Ask::new("POST", path).header("content-length", length);
    for (ask, replay_limit) in [
        (post("/api/x", "65536"), 65_536),
        (post("/api/x", "65537"), 0),
        (post("/three/x", "1024"), 1_024),
        (post("/three/x", "1025"), 0),
        (Ask::new("POST", "/api/x").header("transfer-encoding", "chunked"), 65_536),
        (post("/api/x", "0"), 0),
        (get("/api/x"), 0),
        (post("/single/x", "5"), 0),
        (post("/off/x", "5"), 0),
    ] {
        assert_eq!(world().ask(&ask).sent().replay_limit, replay_limit, "{ask:?}");
    }
    // The first source fails, so there is no other one left.
    let exchange = world().with("API_KEY", Binding::Throws).ask(&post("/api/x", "5"));
    assert_eq!(exchange.sent().replay_limit, 0);
}

#[test]
fn case_43_nothing_is_replayed_above_the_limit() {
    let too_long = Ask::new("POST", "/api/x").header("content-length", "65537");
    let exchange = world().answering(401, &[]).ask(&too_long);
    assert_eq!((exchange.status, exchange.sent.len()), (401, 1));
    assert_eq!(exchange.log["failover"], "not_replayable");
    assert!(!exchange.reads.contains(&"API_KEY_PREVIOUS".to_owned()), "no read that cannot be of use");

    let chunked = Ask::new("POST", "/api/x").header("transfer-encoding", "chunked");
    for (can_replay, status, attempts) in [(false, 401, 1), (true, 200, 2)] {
        let mut world = world().first_statuses(&[401]);
        world.can_replay = can_replay;
        let exchange = world.ask(&chunked);
        assert_eq!((exchange.status, exchange.sent.len()), (status, attempts));
    }
}

#[test]
fn case_43_an_idempotency_key_goes_up_unchanged_each_time() {
    let ask = Ask::new("POST", "/api/x").header("content-length", "2").header("idempotency-key", "abc");
    let exchange = world().first_statuses(&[401]).ask(&ask);
    assert_eq!(exchange.sent.len(), 2);
    for sent in &exchange.sent {
        assert_eq!(sent.header("idempotency-key"), ["abc"]);
    }
}

#[test]
fn case_43_the_secrets_of_one_auth_move_on_together() {
    let exchange = world().first_statuses(&[401]).ask(&get("/pair/x"));
    let sent = &exchange.sent[1];
    assert_eq!(sent.header("x-id"), ["canary-pair-id-previous"]);
    assert_eq!(sent.header("x-key"), ["canary-pair-key-previous"]);
    assert_eq!(sent.header("x-only"), ["canary-only-key"]);
    assert_eq!(exchange.reads.iter().filter(|name| *name == "ONLY_KEY").count(), 1, "case 28");
    let notes = exchange.log["secrets"].as_array().unwrap().iter().map(|note| {
        format!("{} {}", note["binding"].as_str().unwrap(), note["failure"].as_str().unwrap_or("served"))
    });
    let notes: Vec<_> = notes.collect();
    let expected = [
        "ONLY_KEY served",
        "PAIR_ID refused",
        "PAIR_KEY refused",
        "PAIR_ID_PREVIOUS served",
        "PAIR_KEY_PREVIOUS served",
    ];
    assert_eq!(notes, expected);
    // A new value for one half makes another credential.
    let half = world().with("PAIR_ID_PREVIOUS", Binding::Value("canary-pair-id")).first_statuses(&[401]);
    assert_eq!(half.ask(&get("/pair/x")).status, 200);
}

#[test]
fn a_preflight_without_a_credential_has_none_to_fail_over_from() {
    let preflight =
        Ask::new("OPTIONS", "/api/x").without("authorization").header("access-control-request-method", "GET");
    let exchange = world().answering(401, &[]).ask(&preflight);
    assert_eq!((exchange.status, exchange.sent.len()), (401, 1));
    assert_eq!(exchange.reads, <[String; 0]>::default());
}

proptest! {
    /// For any responses, and any sources with the same value or none.
    #[test]
    fn case_43_no_credential_is_sent_twice_and_the_answer_is_the_last_one(
        values in prop::array::uniform3(prop::option::of(prop::sample::select(vec!["canary-1", "canary-2", "canary-3"]))),
        statuses in prop::array::uniform3(prop::sample::select(vec![200, 401, 403, 404, 500])),
    ) {
        let mut world = world().first_statuses(&statuses);
        for (name, value) in ["THREE_KEY", "THREE_KEY_PREVIOUS", "THREE_LAST_KEY"].into_iter().zip(values) {
            world = world.with(name, value.map_or(Binding::Missing, Binding::Value));
        }
        let exchange = world.ask(&get("/three/x"));
        let mut distinct: Vec<_> = values.into_iter().flatten().collect();
        distinct.sort_unstable();
        distinct.dedup();
        let accepted = statuses.iter().position(|status| !matches!(status, 401 | 403));
        let attempts = distinct.len().min(accepted.map_or(3, |at| at + 1));
        let mut urls: Vec<_> = exchange.sent.iter().map(|sent| &sent.url).collect();
        prop_assert_eq!(urls.len(), attempts);
        urls.sort_unstable();
        urls.dedup();
        prop_assert_eq!(urls.len(), attempts);
        let expected = if attempts == 0 { 503 } else { statuses[attempts - 1] };
        prop_assert_eq!(exchange.status, expected);
        let warned = exchange.log["failover"] == "primary_refused";
        prop_assert_eq!(warned, attempts > 1 && expected == 200);
        let mut reads = exchange.reads.clone();
        reads.sort_unstable();
        reads.dedup();
        prop_assert_eq!(reads.len(), exchange.reads.len());
    }
}

#[test]
fn a_pair_whose_next_source_repeats_the_refused_one_falls_back_to_the_third_with_the_fixed_secret() {
    let gateway = GATEWAY.replace(
        "auth     = { query = \"key\", value = \"${three}\" }",
        "auth     = [{ query = \"key\", value = \"${three}\" }, { header = \"x-only\", value = \"${fixed}\" }]",
    );
    let gateway = gateway.replace("[secrets]", "[secrets]\nfixed = [\"FIXED_KEY\"]");
    let world = World::of(&gateway).with("THREE_KEY_PREVIOUS", Binding::Value("canary-three-key"));
    let exchange = world.first_statuses(&[401]).ask(&get("/three/x"));
    let urls: Vec<_> = exchange.sent.iter().map(|sent| sent.url.as_str()).collect();
    let expected = [
        "https://api.example.com/x?key=canary-three-key",
        "https://api.example.com/x?key=canary-three-last-key",
    ];
    assert_eq!(urls, expected);
    assert!(exchange.sent.iter().all(|sent| sent.header("x-only") == ["canary-fixed-key"]));
    let events: Vec<_> = exchange.notices.iter().map(|notice| notice["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["failover_served"]);
    assert_eq!((exchange.status, &exchange.log["failover"]), (200, &json!("primary_refused")));
}

#[test]
fn a_request_of_anyone_that_is_no_preflight_carries_the_credential() {
    let options = Ask::new("OPTIONS", "/api/x").without("authorization");
    assert_eq!(credentials(&world().ask(&options)), ["Bearer canary-api-key"]);
    let preflight = options.header("access-control-request-method", "GET");
    assert_eq!(credentials(&world().ask(&preflight)), [""]);
    let gateway = GATEWAY.replace("anyone = [\"OPTIONS /**\"]", "anyone = [\"GET /**\"]");
    let get =
        Ask::new("GET", "/api/x").without("authorization").header("access-control-request-method", "GET");
    assert_eq!(credentials(&World::of(&gateway).ask(&get)), ["Bearer canary-api-key"]);
}
