//! The operator's endpoints: health, ready and probe.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use ostiary_core::runtime::SendError;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::world::{Ask, Binding, Exchange, FakeAnswer, World};

pub const NONCE: &str = "AAAAAAAAAAAAAAAAAAAAAA";

/// A request to the operator's host, with the operator's token.
fn ask(method: &'static str, path: &str) -> Ask {
    Ask::bare(method, &format!("https://ops.gw.example.com{path}"))
        .header("host", "ops.gw.example.com")
        .header("authorization", "Bearer canary-ops-token")
}

pub fn probe(world: &World, body: &Value) -> Exchange {
    world.ask(&ask("POST", "/probe").header("x-of-the-operator", "1").body(&body.to_string()))
}

fn proof(value: &str) -> String {
    let mut code = Hmac::<Sha256>::new_from_slice(value.as_bytes()).unwrap();
    code.update(&[0; 16]);
    URL_SAFE_NO_PAD.encode(code.finalize().into_bytes())
}

#[test]
fn without_an_operator_none_of_this_exists() {
    let usual = include_str!("gateway.toml");
    let (before, rest) = usual.split_once("[operator]\n").unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    let world = World::of(&format!("{before}{after}"));
    for (method, path) in [("GET", "/health"), ("GET", "/ready"), ("POST", "/probe")] {
        let exchange = world.ask(&ask(method, path));
        exchange.refused("no_route");
        assert_eq!(exchange.reads, <[&str; 0]>::default());
    }
}

#[test]
fn nothing_answers_on_another_host() {
    let world = World::new();
    for host in ["gw.example.com", "api.gw.example.com", "ops.gw.example.com.evil.com"] {
        let ask = Ask::bare("GET", &format!("https://{host}/health")).header("host", host);
        assert_eq!(world.ask(&ask).report, Value::Null, "{host}");
    }
}

#[test]
fn health_needs_no_caller_and_reads_nothing() {
    let world = World::new();
    let exchange = world.ask(&ask("GET", "/health").without("authorization"));
    let bindings = &world.gateway.operator.as_ref().unwrap().environments[0].bindings;
    let expected = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "configuration": world.gateway.digest,
        "environment": null,
        "bindings": bindings,
    });
    assert_eq!((exchange.status, &exchange.report), (200, &expected));
    assert_eq!(exchange.reads, <[&str; 0]>::default());
    assert_eq!(exchange.header("cache-control"), ["no-store"]);
    assert_eq!(exchange.header("ostiary-request-id").len(), 1);
    assert_eq!((&exchange.log["operation"], &exchange.log["status"]), (&json!("health"), &json!(200)));
}

#[test]
fn health_names_the_environment_that_a_variable_names() {
    for (variable, environment, known) in
        [("", json!(null), true), ("staging", json!("staging"), false), ("a\"b", json!("a\"b"), false)]
    {
        let mut world = World::new();
        world.variables.insert("OSTIARY_ENVIRONMENT", variable);
        let report = world.ask(&ask("GET", "/health")).report;
        assert_eq!(
            (&report["environment"], report["bindings"].is_string()),
            (&environment, known),
            "{variable}"
        );
    }
}

#[test]
fn ready_and_probe_want_an_operator() {
    let world = World::new();
    for (method, path) in [("GET", "/ready"), ("POST", "/probe"), ("GET", "/"), ("GET", "/else")] {
        let exchange = world.ask(&ask(method, path).without("authorization"));
        exchange.refused("caller_unauthenticated");
        assert_eq!(exchange.reads, <[&str; 0]>::default(), "{path}");
        for token in ["canary-checkout-token", "canary-api-key", "wrong"] {
            let ask = ask(method, path).without("authorization");
            world
                .ask(&ask.header("authorization", &format!("Bearer {token}")))
                .refused("caller_unauthenticated");
        }
    }
    let unreadable = World::new().with("OPS_TOKEN_NEXT", Binding::Throws);
    let stranger = ask("GET", "/ready").without("authorization").header("authorization", "Bearer wrong");
    unreadable.ask(&stranger).refused("secret_unavailable");
}

#[test]
fn an_operator_can_do_nothing_else() {
    let world = World::new();
    for (method, path) in [
        ("POST", "/ready"),
        ("GET", "/probe"),
        ("PUT", "/probe"),
        ("GET", "/"),
        ("GET", "/overview"),
        ("POST", "/explain"),
        ("GET", "/health/"),
        ("GET", "/ready/x"),
        ("POST", "/health"),
        ("OPTIONS", "/probe"),
    ] {
        world.ask(&ask(method, path)).refused("not_allowed");
    }
    world.ask(&ask("GET", "/ready%2Fx")).refused("path_ambiguous");
}

#[test]
fn a_digest_proves_an_operator_too_and_reads_nothing() {
    let ask = ask("GET", "/ready?secret=only").without("authorization");
    let exchange = World::new().ask(&ask.header("authorization", "Bearer canary-ci-token"));
    assert_eq!((exchange.status, exchange.reads), (200, vec!["ONLY_KEY".to_owned()]));
}

#[test]
fn a_token_that_no_caller_can_show_is_not_ready() {
    let world = World::new().with("OPS_TOKEN_NEXT", Binding::Value("canary\u{e9}"));
    let exchange = world.ask(&ask("GET", "/ready?secret=ops"));
    let outcomes = ["ok", "invalid"].map(|outcome| json!(outcome));
    let sources = exchange.report["secrets"][0]["sources"].as_array().unwrap();
    assert_eq!(sources.iter().map(|source| source["outcome"].clone()).collect::<Vec<_>>(), outcomes);
}

#[test]
fn ready_tells_what_each_source_comes_to() {
    for (binding, outcome) in [
        (Binding::Missing, "missing"),
        (Binding::Throws, "error"),
        (Binding::Hangs, "timeout"),
        (Binding::Value(" \n"), "empty"),
        (Binding::Value("canary\u{e9}"), "invalid"),
        (Binding::Value("canary\n"), "ok"),
    ] {
        let world = World::new().with("API_KEY", binding);
        let exchange = world.ask(&ask("GET", "/ready?secret=api"));
        let sources = json!([
            { "source": 1, "binding": "API_KEY", "outcome": outcome, "ms": 3 },
            { "source": 2, "binding": "API_KEY_PREVIOUS", "outcome": "ok", "ms": 3 },
        ]);
        let expected = json!({ "ready": true, "secrets": [{ "name": "api", "sources": sources }] });
        assert_eq!((exchange.status, exchange.report), (200, expected), "{outcome}");

        let exchange = world.with("API_KEY_PREVIOUS", Binding::Missing).ask(&ask("GET", "/ready?secret=api"));
        let ready = outcome == "ok";
        assert_eq!(exchange.status, if ready { 200 } else { 503 }, "{outcome}");
        assert_eq!(exchange.report["ready"], json!(ready), "{outcome}");
    }
}

fn routes(report: &Value) -> Vec<(String, Value)> {
    let routes = report["routes"].as_array().unwrap().iter();
    routes.map(|route| (route["name"].as_str().unwrap().to_owned(), route["source"].clone())).collect()
}

#[test]
fn ready_wants_one_position_at_which_all_secrets_of_a_route_are_usable() {
    let source = |world: &World| {
        let exchange = world.ask(&ask("GET", "/ready"));
        let pair = routes(&exchange.report).into_iter().find(|(name, _)| name == "pair").unwrap();
        let served = world.ask(&Ask::new("GET", "/pair/x"));
        // `ready` and a request judge the same.
        assert_eq!(pair.1.is_null(), served.code.as_deref() == Some("secret_unavailable"));
        (exchange.status, exchange.report["ready"].clone(), pair.1)
    };
    assert_eq!(source(&World::new()), (200, json!(true), json!(1)));
    let report = World::new().ask(&ask("GET", "/ready")).report;
    let pair = report["routes"].as_array().unwrap().iter().find(|route| route["name"] == "pair");
    let expected = json!({ "name": "pair", "secrets": ["only", "pair_id", "pair_key"], "source": 1 });
    assert_eq!(pair, Some(&expected));
    for binding in [Binding::Missing, Binding::Value("canary\u{e9}")] {
        let world = World::new().with("PAIR_ID", binding);
        assert_eq!(source(&world), (200, json!(true), json!(2)));
        // Each secret has a usable source, but no position has both.
        let world = world.with("PAIR_KEY_PREVIOUS", binding);
        assert_eq!(source(&world), (503, json!(false), Value::Null));
    }
    // A secret with one source uses it at every position.
    let world = World::new().with("ONLY_KEY", Binding::Missing);
    assert_eq!(source(&world), (503, json!(false), Value::Null));
}

#[test]
fn ready_judges_each_auth_with_a_secret_once() {
    let world = World::new();
    let names: Vec<_> = routes(&world.ask(&ask("GET", "/ready")).report).into_iter().collect();
    let with_secrets = ["api", "key", "query", "basic", "username", "pair", "account", "classic", "plain"];
    let mut found: Vec<_> = names.iter().map(|(name, _)| name.as_str()).collect();
    found.sort_unstable();
    let mut expected = with_secrets;
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(world.ask(&ask("GET", "/ready?secret=pair_id")).report.get("routes"), None);
}

#[test]
fn a_route_whose_secrets_are_in_two_calls_is_judged_in_the_second() {
    // `api` is in the first call, and `last` in the last one.
    let names: Vec<String> =
        (0..25).map(|index| format!("s{index} = [\"S{index}\", \"S{index}_NEXT\"]\n")).collect();
    let usual = include_str!("gateway.toml").replace("ops      = [", &format!("{}ops = [", names.concat()));
    let usual = usual
        .replace("[callers.checkout]", "last = [\"THREE_KEY\", \"THREE_KEY_PREVIOUS\"]\n[callers.checkout]");
    let both = "\n[routes.both]\nmount = \"/both\"\nupstream = \"https://both.example.com\"\nauth = [{ header = \"x-a\", \
                value = \"${api}\" }, { header = \"x-b\", value = \"${last}\" }]\nallow = { checkout = [\"GET /**\"] }\n";
    let world = World::deployed(&(usual + both), &many_bindings()).with("API_KEY", Binding::Missing);
    let first = world.ask(&ask("GET", "/ready"));
    assert!(!routes(&first.report).iter().any(|(name, _)| name == "both"));
    let second = |world: &World| {
        let after = first.report["after"].as_str().unwrap();
        let exchange = world.ask(&ask("GET", &format!("/ready?after={after}")));
        (exchange.status, routes(&exchange.report))
    };
    assert_eq!(second(&world), (200, vec![("both".to_owned(), json!(2))]));
    let world = world.with("THREE_KEY_PREVIOUS", Binding::Missing);
    assert_eq!(second(&world), (503, vec![("both".to_owned(), Value::Null)]));
}

#[test]
fn ready_checks_a_list_of_revoked_tokens_and_the_tokens_of_the_account_s_apis() {
    let gateway = include_str!("gateway.toml")
        .replace("[callers.checkout]", "list = [\"CLASSIC_KEY\"]\nreader = [\"ANALYTICS_KEY\"]\n[callers.checkout]")
        .replace(
            "[callers.batch]",
            "[callers.agents]\nissued = { keys = [\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"], revoked = \"${list}\" }\n\
             [callers.batch]",
        )
        .replace(
            "[operator]\n",
            "[operator]\nsecrets_store = { url = \"https://api.example.org/store\", token = \"${reader}\" }\n",
        );
    for (secret, binding, value, outcome) in [
        ("list", "CLASSIC_KEY", "{\"jti\":{\"canary\":1}}", "ok"),
        ("list", "CLASSIC_KEY", "{\"jti\":[\"canary\"]}", "invalid"),
        ("list", "CLASSIC_KEY", "canary", "invalid"),
        ("reader", "ANALYTICS_KEY", "canary-token", "ok"),
        ("reader", "ANALYTICS_KEY", "canary\u{e9}", "invalid"),
        ("reader", "ANALYTICS_KEY", "canary\nx", "invalid"),
    ] {
        let gateway =
            gateway.replace("list = [\"CLASSIC_KEY\"]", "list = [{ worker_secret = \"CLASSIC_KEY\" }]");
        let gateway =
            gateway.replace("classic  = [{ worker_secret = \"CLASSIC_KEY\" }]", "classic = [\"FIXED_KEY\"]");
        let world = World::of(&gateway).with(binding, Binding::Value(value));
        let exchange = world.ask(&ask("GET", &format!("/ready?secret={secret}")));
        assert_eq!(exchange.report["secrets"][0]["sources"][0]["outcome"], outcome, "{secret} {value}");
        assert_eq!(exchange.status, if outcome == "ok" { 200 } else { 503 }, "{secret} {value}");
    }
}

#[test]
fn ready_reads_every_binding_once() {
    let world = World::new();
    let exchange = world.ask(&ask("GET", "/ready"));
    let names: Vec<_> =
        exchange.report["secrets"].as_array().unwrap().iter().map(|secret| &secret["name"]).collect();
    let declared: Vec<_> = world.gateway.secrets.iter().map(|secret| secret.name.as_ref()).collect();
    assert_eq!(names, declared);
    assert_eq!(exchange.report.get("after"), None);
    let mut reads = exchange.reads.clone();
    reads.sort_unstable();
    reads.dedup();
    assert_eq!(reads.len(), exchange.reads.len(), "{:?}", exchange.reads);
}

#[test]
fn ready_reads_forty_sources_a_call_and_goes_on_where_it_is_told() {
    let world = with_many_secrets();
    let mut seen = Vec::new();
    let mut path = "/ready".to_owned();
    loop {
        let report = world.ask(&ask("GET", &path)).report;
        let page = report["secrets"].as_array().unwrap();
        let sources: usize = page.iter().map(|secret| secret["sources"].as_array().unwrap().len()).sum();
        assert!(sources <= 40, "{sources}");
        seen.extend(page.iter().map(|secret| secret["name"].as_str().unwrap().to_owned()));
        let Some(after) = report.get("after") else { break };
        path = format!("/ready?after={}", after.as_str().unwrap());
    }
    let declared: Vec<_> = world.gateway.secrets.iter().map(|secret| secret.name.to_string()).collect();
    assert_eq!(seen, declared);
}

#[test]
fn ready_does_not_guess() {
    let world = World::new();
    for query in
        ["secret=else", "after=else", "secret=api&after=api", "secret=api&secret=api", "x=1", "secret"]
    {
        world.ask(&ask("GET", &format!("/ready?{query}"))).refused("operation_invalid");
    }
}

#[test]
fn a_probe_sends_the_route_s_request_with_that_source_alone() {
    for (source, binding, value) in
        [(1, "API_KEY", "canary-api-key"), (2, "API_KEY_PREVIOUS", "canary-api-key-previous")]
    {
        let world = World::new().answering(204, &[("set-cookie", "a=b")]);
        let body = json!({ "route": "api", "method": "GET", "path": "/v1/x?limit=1", "source": source, "nonce": NONCE });
        let exchange = probe(&world, &body);
        let secrets = json!([{ "name": "api", "binding": binding, "outcome": "ok", "hmac": proof(value) }]);
        let expected = json!({
            "source": source, "status": 204, "refused": false, "secrets": secrets, "secrets_ms": 0, "upstream_ms": 0,
        });
        assert_eq!((exchange.status, &exchange.report), (200, &expected));
        let sent = exchange.sent();
        assert_eq!(
            (sent.method.as_str(), sent.url.as_str()),
            ("GET", "https://api.example.com/base/v1/x?limit=1")
        );
        assert_eq!(
            sent.headers,
            [
                ("accept".to_owned(), "*/*".to_owned()),
                ("authorization".to_owned(), format!("Bearer {value}")),
                ("cdn-loop".to_owned(), "ostiary-235a86cf9acf622a".to_owned()),
                ("user-agent".to_owned(), concat!("ostiary/", env!("CARGO_PKG_VERSION")).to_owned()),
            ]
        );
        let reads: Vec<_> = exchange.reads.iter().filter(|read| !read.starts_with("OPS")).collect();
        assert_eq!(reads, [binding]);
        assert_eq!((&exchange.log["route"], &exchange.log["caller"]), (&json!("api"), &json!("ops")));
        assert_eq!(exchange.log["operation"], "probe");
    }
}

#[test]
fn a_probe_tells_of_the_source_that_it_names_and_of_no_other() {
    for (binding, outcome) in
        [(Binding::Missing, "missing"), (Binding::Throws, "error"), (Binding::Hangs, "timeout")]
    {
        let world = World::new().with("API_KEY", binding);
        let body = json!({ "route": "api", "method": "GET", "path": "/v1/x", "source": 1, "nonce": NONCE });
        let exchange = probe(&world, &body);
        let secrets = json!([{ "name": "api", "binding": "API_KEY", "outcome": outcome }]);
        let expected =
            json!({ "source": 1, "failure": "secret_unavailable", "secrets": secrets, "secrets_ms": 0 });
        assert_eq!((exchange.status, &exchange.report), (200, &expected));
        assert_eq!(exchange.sent, []);
    }
    // A value is proved even if it is not valid in its place.
    let world = World::new().with("API_KEY", Binding::Value("canary\u{e9}"));
    let body = json!({ "route": "api", "path": "/v1/x", "source": 1, "nonce": NONCE });
    let exchange = probe(&world, &body);
    assert_eq!(exchange.report["secrets"][0]["outcome"], "invalid");
    assert_eq!(exchange.report["secrets"][0]["hmac"], proof("canary\u{e9}"));
    assert_eq!(exchange.sent, []);
}

#[test]
fn a_pair_is_probed_together_and_a_single_source_stays() {
    let body = json!({ "route": "pair", "path": "/x", "source": 2, "nonce": NONCE });
    let exchange = probe(&World::new(), &body);
    let bindings: Vec<_> = exchange.report["secrets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|proved| proved["binding"].clone())
        .collect();
    assert_eq!(bindings, ["ONLY_KEY", "PAIR_ID_PREVIOUS", "PAIR_KEY_PREVIOUS"]);
    assert_eq!(exchange.sent().header("x-key"), ["canary-pair-key-previous"]);
    assert_eq!(exchange.sent().header("x-only"), ["canary-only-key"]);
}

#[test]
fn a_probe_tells_why_nothing_came_back() {
    let body = json!({ "route": "api", "path": "/v1/x", "source": 1, "nonce": NONCE });
    for (answer, failure) in
        [(SendError::Unreachable, "upstream_unreachable"), (SendError::TimedOut, "upstream_timeout")]
    {
        let mut world = World::new();
        world.answer = Err(answer);
        let exchange = probe(&world, &body);
        assert_eq!((exchange.status, &exchange.report["failure"]), (200, &json!(failure)));
        assert_eq!(exchange.report.get("status"), None);
    }
    let exchange = probe(&World::new().answering(600, &[]), &body);
    assert_eq!(exchange.report["failure"], "upstream_invalid");
    let mut world = World::new();
    world.variables.clear();
    let body = json!({ "route": "account", "path": "/x", "source": 1, "nonce": NONCE });
    assert_eq!(probe(&world, &body).report["failure"], "misconfigured");
}

#[test]
fn without_a_path_only_the_proofs_are_made() {
    for body in [
        json!({ "route": "api", "source": 2, "nonce": NONCE }),
        json!({ "secret": "api", "source": 2, "nonce": NONCE }),
    ] {
        let exchange = probe(&World::new(), &body);
        let proved = json!([{
            "name": "api", "binding": "API_KEY_PREVIOUS", "outcome": "ok", "hmac": proof("canary-api-key-previous"),
        }]);
        assert_eq!(exchange.report, json!({ "source": 2, "secrets": proved, "secrets_ms": 0 }));
        assert_eq!(exchange.sent, []);
    }
}

#[test]
fn the_secret_of_a_caller_is_proved_by_its_name() {
    let body = json!({ "secret": "ops", "source": 2, "nonce": NONCE });
    let exchange = probe(&World::new(), &body);
    assert_eq!(exchange.report["secrets"][0]["hmac"], proof("canary-ops-token-next"));
    assert_eq!(exchange.reads.len(), 2, "{:?}", exchange.reads);
    let exchange = probe(&World::new().with("OPS_TOKEN_NEXT", Binding::Missing), &body);
    assert_eq!((&exchange.report["failure"], exchange.status), (&json!("secret_unavailable"), 200));
}

#[test]
fn a_probe_obeys_the_route_s_rules() {
    let world = World::new();
    for (method, path, code) in [
        ("GET", "/v2/x", "not_allowed"),
        ("GET", "/api/v1/x", "not_allowed"),
        ("POST", "/v1/charges/x", "operation_invalid"),
        ("OPTIONS", "/v1/x", "operation_invalid"),
        ("get", "/v1/x", "operation_invalid"),
        // Case 71.
        ("GET", "/v1/x?_method=DELETE", "not_allowed"),
        ("GET", "/v1/../../admin", "path_ambiguous"),
        ("GET", "/v1/%2e%2e/x", "path_ambiguous"),
        ("GET", "/v1/a%2Fb", "path_ambiguous"),
        ("GET", "v1/x", "path_ambiguous"),
        ("GET", "https://evil.com/v1/x", "path_ambiguous"),
        ("GET", "/v1/x#y", "path_ambiguous"),
        ("GET", "/v1/x?a b", "path_ambiguous"),
        ("GET", "/v1/x?a\nb", "path_ambiguous"),
    ] {
        let body = json!({ "route": "api", "method": method, "path": path, "source": 1, "nonce": NONCE });
        probe(&world, &body).refused(code);
    }
    // Another caller's rule is enough.
    let body =
        json!({ "route": "api", "method": "HEAD", "path": "/v1/deploys", "source": 1, "nonce": NONCE });
    assert_eq!(probe(&world, &body).sent().method, "HEAD");
}

#[test]
fn case_10_a_probe_cannot_bring_a_credential_along() {
    let body = json!({ "route": "query", "path": "/x?key=mine&a=1&debug=1", "source": 1, "nonce": NONCE });
    let exchange = probe(&World::new(), &body);
    assert_eq!(exchange.sent().url, "https://query.example.com/x?a=1&key=canary-only-key");
}

#[test]
fn a_probe_that_is_not_understood_reads_and_sends_nothing() {
    let good = json!({ "route": "api", "path": "/v1/x", "source": 1, "nonce": NONCE });
    let with = |key: &str, value: Value| {
        let mut body = good.clone();
        body[key] = value;
        body
    };
    for body in [
        json!([]),
        json!({}),
        with("route", json!("else")),
        with("route", json!(1)),
        with("secret", json!("api")),
        with("source", json!(0)),
        with("source", json!(3)),
        with("source", json!(-1)),
        with("source", json!("1")),
        with("nonce", json!("")),
        with("nonce", json!("AAAA")),
        with("nonce", json!("A".repeat(87))),
        with("nonce", json!("not base64!")),
        with("headers", json!({})),
        json!({ "secret": "else", "source": 1, "nonce": NONCE }),
        json!({ "secret": "only", "source": 2, "nonce": NONCE }),
        json!({ "secret": "only", "path": "/", "source": 1, "nonce": NONCE }),
        json!({ "secret": "only", "method": "GET", "source": 1, "nonce": NONCE }),
        json!({ "source": 1, "nonce": NONCE }),
    ] {
        let exchange = probe(&World::new(), &body);
        exchange.refused("operation_invalid");
        assert!(exchange.reads.iter().all(|read| read.starts_with("OPS")), "{body}");
    }
    World::new().ask(&ask("POST", "/probe").body("{")).refused("operation_invalid");
    let exchange = World::new().ask(&ask("POST", "/probe").body(&" ".repeat(4_097)));
    exchange.refused("payload_too_large");
    assert_eq!(exchange.status, 413);
    let padded = format!("{good}{}", " ".repeat(4_096 - good.to_string().len()));
    assert_eq!(World::new().ask(&ask("POST", "/probe").body(&padded)).status, 200);
}

#[test]
fn a_probe_says_whether_the_response_refuses_the_key() {
    let body = json!({ "route": "api", "path": "/v1/balance", "source": 1, "nonce": NONCE });
    for (status, refused) in [(200, false), (401, true), (403, false), (500, false)] {
        let exchange = probe(&World::new().answering(status, &[]), &body);
        assert_eq!(
            (&exchange.report["status"], &exchange.report["refused"]),
            (&json!(status), &json!(refused))
        );
    }
    let looked_up = json!({ "route": "api", "source": 1, "nonce": NONCE });
    assert_eq!(probe(&World::new(), &looked_up).report.get("refused"), None);
}

#[test]
fn a_probe_does_not_take_a_body_that_it_could_not_read_for_an_acceptance() {
    let body = json!({ "route": "api", "path": "/v1/balance", "source": 1, "nonce": NONCE });
    let failover = "[routes.api]\nfailover = { when = [401, { status = 200, body = '\"invalid\"' }] }\n";
    let gateway = include_str!("gateway.toml").replace("[routes.api]\n", failover);
    let late: &'static str = format!("{}\"invalid\"", " ".repeat(60_000)).leak();
    let long: &'static str = " ".repeat(65_536).leak();
    let json = ("content-type", "application/json");
    for (status, headers, answer, refused, undecided) in [
        (200, &[json][..], "{\"error\":\"invalid\"}", true, false),
        (200, &[json], "{}", false, false),
        (200, &[json], late, true, false),
        (200, &[json], long, false, true),
        (200, &[json, ("content-encoding", "zstd")], "{}", false, true),
        (200, &[("content-type", "application/octet-stream")], "{}", false, true),
        (401, &[], "", true, false),
        (403, &[json], long, false, false),
    ] {
        let exchange = probe(&World::of(&gateway).answering(status, headers).with_body(answer), &body);
        let told = exchange.report.get("undecided").is_some_and(|told| told == true);
        assert_eq!((&exchange.report["refused"], told), (&json!(refused), undecided), "{status} {headers:?}");
    }
    for (status, answer, refused, undecided) in [
        (200, "{\"ok\":", false, true),
        (200, "", false, true),
        // The part that arrived is enough.
        (200, "{\"error\":\"invalid\"", true, false),
        // The status decides.
        (401, "{", true, false),
        (403, "{", false, false),
    ] {
        let mut world = World::of(&gateway);
        world.answer = Ok(FakeAnswer::new(status, &[json]).with_body(answer).cut_off());
        let exchange = probe(&world, &body);
        let told = exchange.report.get("undecided").is_some_and(|told| told == true);
        assert_eq!((&exchange.report["refused"], told), (&json!(refused), undecided), "{status} {answer}");
    }
    // The response to HEAD has no body, so the texts cannot be in it.
    let head =
        json!({ "route": "api", "method": "HEAD", "path": "/v1/balance", "source": 1, "nonce": NONCE });
    for (status, refused, undecided) in [(200, false, true), (401, true, false), (403, false, false)] {
        let exchange = probe(&World::of(&gateway).answering(status, &[json]), &head);
        let told = exchange.report.get("undecided").is_some_and(|told| told == true);
        assert_eq!((&exchange.report["refused"], told), (&json!(refused), undecided), "HEAD {status}");
    }
}

fn with_page() -> World {
    World::of(&include_str!("gateway.toml").replace("[operator]\n", "[operator]\npage = true\n"))
}

#[test]
fn the_page_needs_no_caller_reads_nothing_and_is_kept_apart() {
    let world = with_page();
    for method in ["GET", "HEAD"] {
        let exchange = world.ask(&ask(method, "/").without("authorization"));
        assert_eq!((exchange.status, &exchange.report), (200, &json!("<p>A page</p>")));
        assert_eq!(exchange.header("content-security-policy"), ["default-src 'none'"]);
        assert_eq!(exchange.header("x-frame-options"), ["DENY"]);
        assert_eq!(exchange.header("content-type"), ["text/html; charset=utf-8"]);
        assert_eq!(exchange.log["operation"], "page");
        assert!(exchange.reads.is_empty());
    }
    assert!(world.ask(&ask("GET", "/health")).header("content-security-policy").is_empty());
    world.ask(&ask("POST", "/")).refused("not_allowed");
}

#[test]
fn overview_and_explain_want_an_operator() {
    let world = with_page();
    for (method, path) in [("GET", "/overview"), ("POST", "/explain")] {
        world.ask(&ask(method, path).without("authorization")).refused("caller_unauthenticated");
        let other = ask(method, path)
            .without("authorization")
            .header("authorization", "Bearer canary-checkout-token");
        world.ask(&other).refused("caller_unauthenticated");
    }
}

#[test]
fn the_overview_names_what_is_configured() {
    let exchange = with_page().ask(&ask("GET", "/overview"));
    assert_eq!(exchange.status, 200);
    assert_eq!(exchange.reads, ["OPS_TOKEN", "OPS_TOKEN_NEXT"], "for the operator alone");
    let report = &exchange.report;
    assert_eq!(report["callers"], json!(["checkout", "batch", "ci", "deploy", "ops"]));
    assert_eq!(report["secrets"][0]["sources"][1], json!({ "binding": "API_KEY_PREVIOUS", "store": true }));
    let route = &report["routes"][0];
    assert_eq!(route["mounts"], json!(["shared.gw.example.com/api", "api.gw.example.com", "/api"]));
    assert_eq!(
        (&route["upstream"], &route["auth"]),
        (&json!("https://api.example.com/base"), &json!(["Bearer · authorization"]))
    );
    assert_eq!(route["allow"][0], json!({ "caller": "anyone", "rules": ["GET /health", "OPTIONS /open"] }));
}

#[test]
fn explain_is_decided_by_the_code_that_serves_and_touches_nothing() {
    let world = with_page();
    let explain = |body: Value| {
        let exchange = world.ask(&ask("POST", "/explain").body(&body.to_string()));
        assert_eq!((exchange.sent.len(), exchange.status), (0, 200), "{exchange:?}");
        exchange.report
    };
    let url = "https://gw.example.com/api/v1/x";
    let report = explain(json!({ "method": "GET", "url": url, "caller": "checkout" }));
    assert_eq!((&report["decision"], &report["event"]["rule"]), (&json!("forwarded"), &json!("GET /v1/**")));
    assert_eq!(report["sent"]["url"], "https://api.example.com/base/v1/x");
    assert_eq!(report["reads"], json!(["API_KEY"]));
    let report = explain(json!({ "method": "PUT", "url": url, "caller": "ci" }));
    assert_eq!((&report["decision"], &report["event"]["code"]), (&json!("refused"), &json!("not_allowed")));
    assert_eq!(report["title"], "No rule admits this method and path.");
    let report = explain(json!({ "method": "GET", "url": url }));
    assert_eq!(report["event"]["code"], "caller_unauthenticated");
    let report = explain(json!({ "method": "GET", "url": "https://ops.gw.example.com/health" }));
    assert_eq!((&report["decision"], &report["event"]["operation"]), (&json!("answered"), &json!("health")));
    // The page that explains a request also shows a caller's own header; the gateway uses the one that it knows.
    let headers = json!([["Authorization", "Bearer theirs"], ["X-Api-Key", "theirs"]]);
    let report = explain(json!({ "method": "GET", "url": url, "caller": "checkout", "headers": headers }));
    assert_eq!(report["decision"], "forwarded");
}

#[test]
fn the_token_of_a_rehearsal_proves_nobody_outside_of_it() {
    let token = "Bearer a-token-for-a-rehearsal";
    let ask = Ask::new("GET", "/api/v1/x").without("authorization").header("authorization", token);
    with_page().ask(&ask).refused("caller_unauthenticated");
}

#[test]
fn what_explain_does_not_understand_is_refused() {
    let long = "x".repeat(5_000);
    for (body, code) in [
        ("{}", "operation_invalid"),
        ("[]", "operation_invalid"),
        (r#"{"method":"GET","url":"/api"}"#, "operation_invalid"),
        (r#"{"method":"GET","url":"https://"}"#, "operation_invalid"),
        (r#"{"method":"GET","url":"https://gw.example.com/","caller":"nobody"}"#, "operation_invalid"),
        (r#"{"method":"GET","url":"https://gw.example.com/","headers":[["a b","c"]]}"#, "operation_invalid"),
        (&long, "payload_too_large"),
    ] {
        with_page().ask(&ask("POST", "/explain").body(body)).refused(code);
    }
}

/// Fifty more secrets, with two sources each.
fn with_many_secrets() -> World {
    let names = (0..50).map(|index| format!("s{index} = [\"S{index}\", \"S{index}_NEXT\"]\n"));
    let secrets = format!("[secrets]\n{}", names.collect::<String>());
    let gateway = include_str!("gateway.toml").replace("[secrets]\n", &secrets);
    World::deployed(&gateway, &many_bindings())
}

/// The `wrangler.toml` with two bindings for each of fifty more secrets.
fn many_bindings() -> String {
    let row =
        |name: &str| format!("{{ binding = \"{name}\", store_id = \"store\", secret_name = \"{name}\" }},\n");
    let rows = (0..50).flat_map(|index| [row(&format!("S{index}")), row(&format!("S{index}_NEXT"))]);
    let list = "secrets_store_secrets = [\n";
    include_str!("wrangler.toml").replace(list, &format!("{list}{}", rows.collect::<String>()))
}

fn with_metrics() -> World {
    let gateway = include_str!("gateway.toml")
        .replace("ops      = [", "analytics = [\"ANALYTICS_KEY\", \"ANALYTICS_KEY_NEXT\"]\nops      = [")
        .replace("[operator]\n", "[operator]\nmetrics = { url = \"https://api.example.org/${var.ACCOUNT}/sql\", token = \"${analytics}\" }\n");
    World::of(&format!("gateway.metrics = \"METRICS\"\n{gateway}"))
}

#[test]
fn metrics_and_traffic_ask_with_nothing_of_the_operator_s() {
    let rows = r#"{"data":[{"route":"api","caller":"checkout","requests":"3","at":120,"p50":7,"p99":9.5}]}"#;
    let world = with_metrics();
    for (path, expected) in [
        (
            "/metrics",
            "ostiary_requests{route=\"api\",caller=\"checkout\",status=\"\",code=\"\",source=\"\",failover=\"\"} 3",
        ),
        ("/traffic?hours=24", "\"requests\":3.0"),
    ] {
        world.tokens.borrow_mut().extend([Ok((200, rows)), Ok((200, rows))]);
        let exchange = world.ask(&ask("GET", path).header("x-of-the-operator", "1"));
        assert_eq!((exchange.status, exchange.sent.len()), (200, 0), "{exchange:?}");
        let said = exchange.report.as_str().map_or_else(|| exchange.report.to_string(), str::to_owned);
        assert!(said.contains(expected), "{said}");
        let sent = world.asked_for_tokens.take();
        assert_eq!(sent.len(), 2);
        for sent in &sent {
            assert_eq!(
                (sent.method.as_str(), sent.url.as_str()),
                ("POST", "https://api.example.org/acct-1/sql")
            );
            let names: Vec<_> = sent.headers.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["authorization", "content-type", "user-agent"]);
            assert_eq!(sent.header("authorization"), ["Bearer canary-analytics-key"]);
            let sql = sent.body.as_deref().unwrap();
            assert!(sql.contains("FROM gateway_points WHERE blob7 = ''"), "{sql}");
        }
    }
}

#[test]
fn metrics_want_an_operator() {
    for path in ["/metrics", "/traffic?hours=1"] {
        with_metrics().ask(&ask("GET", path).without("authorization")).refused("caller_unauthenticated");
        World::new().ask(&ask("GET", path)).refused("not_allowed");
    }
    for asked in ["", "?hours=2", "?hours=1&hours=1", "?hours=1%27", "?since=1"] {
        let world = with_metrics();
        world.ask(&ask("GET", &format!("/traffic{asked}"))).refused("operation_invalid");
        assert!(world.asked_for_tokens.take().is_empty(), "{asked}");
    }
}

#[test]
fn metrics_that_cannot_be_had_are_a_refusal() {
    let refused = |answer, code: &str| {
        let world = with_metrics();
        world.tokens.borrow_mut().push_back(answer);
        world.ask(&ask("GET", "/metrics")).refused(code);
    };
    for body in ["", "<html>", "{}", "[]"] {
        refused(Ok((200, body)), "upstream_invalid");
    }
    refused(Ok((403, "{\"data\":[]}")), "upstream_invalid");
    refused(Err(SendError::TooLarge), "upstream_invalid");
    refused(Err(SendError::TimedOut), "upstream_timeout");
    refused(Err(SendError::Unreachable), "upstream_unreachable");
    let world = with_metrics().with("ANALYTICS_KEY", Binding::Missing);
    world.ask(&ask("GET", "/metrics"));
    let sent = world.asked_for_tokens.take();
    assert_eq!(
        sent[0].header("authorization"),
        ["Bearer canary-analytics-key-next"],
        "the next source serves"
    );
    let world = world.with("ANALYTICS_KEY_NEXT", Binding::Value("a\nb"));
    world.ask(&ask("GET", "/metrics")).refused("secret_unavailable");
}

#[test]
fn an_operator_with_metrics_gets_all_other_endpoints_too() {
    let world = with_metrics();
    let ready = world.ask(&ask("GET", "/ready"));
    assert!(ready.report["secrets"].is_array(), "{ready:?}");
    assert!(!ready.reads.is_empty());
    let body = json!({ "route": "api", "path": "/v1/x", "source": 1, "nonce": NONCE });
    assert_eq!(probe(&world, &body).sent().header("authorization"), ["Bearer canary-api-key"]);
    assert!(world.asked_for_tokens.borrow().is_empty());
}

#[test]
fn the_overview_shows_variables_and_forms_as_the_configuration_has_them() {
    let gateway = include_str!("gateway.toml").replace("[operator]\n", "[operator]\npage = true\n");
    let more = r#"
[routes.forms]
mount    = "/"
upstream = "https://${var.ACCOUNT}.example.com/v1"
allow    = { checkout = ["GET /**"] }
auth     = [
  { hmac = { key = "${only}", message = "${request.body}", put = { header = "x-signature", value = "${request.signature}" } } },
  { query = "key", value = "${only}" },
]
[routes.login]
mount    = "/login"
upstream = "https://api.example.com"
allow    = { checkout = ["GET /**"] }
auth     = { basic = { username = "user", password = "${only}" } }
[routes.aws]
mount    = "/aws"
upstream = "https://s3.amazonaws.com"
allow    = { checkout = ["GET /**"] }
auth     = { sigv4 = { access_key_id = "${only}", secret_access_key = "${only}", region = "us-east-1", service = "s3" } }
"#;
    let exchange = World::of(&(gateway + more)).ask(&ask("GET", "/overview"));
    let route = |name: &str| {
        let routes = exchange.report["routes"].as_array().unwrap();
        routes.iter().find(|route| route["name"] == name).unwrap().clone()
    };
    let forms = route("forms");
    assert_eq!(
        (&forms["mounts"], &forms["upstream"]),
        (&json!(["/"]), &json!("https://${var.ACCOUNT}.example.com/v1"))
    );
    assert_eq!(forms["auth"], json!(["HMAC · x-signature · reads the body", "?key"]));
    assert_eq!(route("login")["auth"], json!(["Basic · authorization"]));
    let aws = route("aws")["auth"][0].as_str().unwrap().to_owned();
    assert!(aws.starts_with("AWS Signature Version 4 · authorization"), "{aws}");
}

#[test]
fn a_probe_measures_how_long_the_reads_take() {
    let mut world = World::new();
    world.read_ms = 40.0;
    let of_secret = json!({ "secret": "ops", "source": 2, "nonce": NONCE });
    let of_route = json!({ "route": "pair", "source": 1, "nonce": NONCE });
    // One of the two sources was read for the operator's token.
    assert_eq!(
        probe(&world, &json!({ "secret": "api", "source": 2, "nonce": NONCE })).report["secrets_ms"],
        40
    );
    assert_eq!(probe(&world, &of_secret).report["secrets_ms"], 0);
    assert_eq!(probe(&world, &of_route).report["secrets_ms"], 120);
}

#[test]
fn a_probe_tells_the_fault_of_one_secret_for_that_secret_alone() {
    let world = World::new().with("PAIR_ID", Binding::Value("canary\u{e9}"));
    let exchange = probe(&world, &json!({ "route": "pair", "path": "/x", "source": 1, "nonce": NONCE }));
    let outcomes: Vec<_> = exchange.report["secrets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|proved| (proved["binding"].as_str().unwrap(), proved["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(outcomes, [("ONLY_KEY", "ok"), ("PAIR_ID", "invalid"), ("PAIR_KEY", "ok")]);
}

#[test]
fn ready_reads_exactly_forty_sources_where_there_are_more() {
    let report = with_many_secrets().ask(&ask("GET", "/ready")).report;
    assert_eq!((report["secrets"].as_array().unwrap().len(), &report["after"]), (20, &json!("s19")));
}

#[test]
fn traffic_is_of_the_last_hour_or_the_last_day() {
    let world = with_metrics();
    for (hours, step) in [(1, 120), (24, 1800)] {
        world.tokens.borrow_mut().extend([Ok((200, "{\"data\":[]}")), Ok((200, "{\"data\":[]}"))]);
        assert_eq!(world.ask(&ask("GET", &format!("/traffic?hours={hours}"))).status, 200);
        let asked = world.asked_for_tokens.take();
        let sql: Vec<_> = asked.iter().map(|sent| sent.body.as_deref().unwrap()).collect();
        assert!(sql.iter().all(|sql| sql.contains(&format!("INTERVAL '{hours}' HOUR"))), "{sql:?}");
        assert!(sql.iter().any(|sql| sql.contains(&format!("{step}) * {step} AS at"))), "{sql:?}");
    }
}

#[test]
fn a_build_has_the_instruments_that_its_configuration_asks_for() {
    use ostiary_core::configuration::Instruments;
    let plain = Instruments::used_by(&World::new().gateway);
    assert!(!plain.metrics && !plain.traffic && !plain.ages);
    let with_metrics = Instruments::used_by(&with_metrics().gateway);
    assert_eq!(with_metrics, Instruments { metrics: true, traffic: true, ..plain });
}
