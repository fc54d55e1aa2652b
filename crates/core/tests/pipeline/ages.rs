//! `GET ages`: what the Secrets Store API says of the sources.

use ostiary_core::runtime::SendError;
use serde_json::{Value, json};

use crate::world::{Ask, Binding, Exchange, Sent, World};

/// Two stores, and a secret of the Worker's own.
const GATEWAY: &str = r#"
[secrets]
api     = ["API_KEY", "API_KEY_PREVIOUS", { worker_secret = "CLASSIC_KEY" }]
only    = ["ONLY_KEY"]
reader  = ["READER", "READER_NEXT"]
ops     = ["OPS_TOKEN"]

[callers.ops]
bearer = "${ops}"

[operator]
mount = "ops.gw.example.com"
allow = ["ops"]
secrets_store = { url = "https://api.example.org/accounts/${var.ACCOUNT}/secrets_store", token = "${reader}" }

[routes.api]
mount    = "/api"
upstream = "https://api.example.com"
auth     = [{ bearer = "${api}" }, { header = "x-only", value = "${only}" }]
allow    = { ops = ["* /**"] }
"#;

const WRANGLER: &str = r#"
secrets = { required = ["CLASSIC_KEY"] }
vars = { ACCOUNT = "acct-1" }
secrets_store_secrets = [
  { binding = "API_KEY", store_id = "one", secret_name = "api_key" },
  { binding = "ONLY_KEY", store_id = "two", secret_name = "only_key" },
  { binding = "API_KEY_PREVIOUS", store_id = "one", secret_name = "api_key_previous" },
  { binding = "READER", store_id = "one", secret_name = "reader" },
  { binding = "READER_NEXT", store_id = "one", secret_name = "reader_next" },
  { binding = "OPS_TOKEN", store_id = "one", secret_name = "ops_token" },
]
[env.staging]
secrets = { required = ["CLASSIC_KEY"] }
vars = { ACCOUNT = "acct-2", OSTIARY_ENVIRONMENT = "staging" }
secrets_store_secrets = [
  { binding = "API_KEY", store_id = "three", secret_name = "staging_api_key" },
  { binding = "ONLY_KEY", store_id = "three", secret_name = "only_key" },
  { binding = "API_KEY_PREVIOUS", store_id = "three", secret_name = "api_key_previous" },
  { binding = "READER", store_id = "three", secret_name = "reader" },
  { binding = "READER_NEXT", store_id = "three", secret_name = "reader_next" },
  { binding = "OPS_TOKEN", store_id = "three", secret_name = "ops_token" },
]
"#;

/// 2026-01-01 and 2026-01-02.
const TIMES: [&str; 2] = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00.123456Z"];
const SECONDS: [u64; 2] = [1_767_225_600, 1_767_312_000];

type Answer = Result<(u16, String), SendError>;

fn world(answers: impl IntoIterator<Item = Answer>) -> World {
    let world = World::deployed(GATEWAY, WRANGLER);
    world.tokens.borrow_mut().extend(answers.into_iter().map(|answer| {
        answer.map(|(status, body)| {
            let body: &'static str = body.leak();
            (status, body)
        })
    }));
    world
}

fn ask(path: &str) -> Ask {
    Ask::bare("GET", &format!("https://ops.gw.example.com{path}"))
        .header("host", "ops.gw.example.com")
        .header("authorization", "Bearer canary-ops-token")
        .header("x-of-the-operator", "1")
}

/// A secret as the API shows one.
fn secret(store: &str, name: &str) -> Value {
    let [created, modified] = TIMES;
    json!({ "id": "1", "name": name, "store_id": store, "created": created, "modified": modified, "status": "active",
            "comment": "canary-comment", "scopes": ["workers"] })
}

#[expect(clippy::unnecessary_wraps, reason = "an answer among others that are failures")]
fn list(secrets: &[Value], info: &Value) -> Answer {
    let body =
        json!({ "success": true, "errors": [], "messages": [], "result": secrets, "result_info": info });
    Ok((200, body.to_string()))
}

fn page(store: &str, names: &[&str]) -> Answer {
    let secrets: Vec<_> = names.iter().map(|name| secret(store, name)).collect();
    list(&secrets, &json!({ "page": 1, "per_page": 100, "total_pages": 1 }))
}

const OF_ONE: [&str; 5] = ["api_key", "api_key_previous", "ops_token", "reader", "reader_next"];

/// By binding: two times, or a failure.
fn ages(exchange: &Exchange) -> Vec<(String, Value)> {
    assert_eq!((exchange.status, exchange.sent.len()), (200, 0), "{exchange:?}");
    let secrets = exchange.report["secrets"].as_array().unwrap();
    let sources = secrets.iter().flat_map(|secret| secret["sources"].as_array().unwrap());
    let age = |source: &Value| match source.get("failure") {
        Some(failure) => failure.clone(),
        None => json!([source["created"], source["modified"]]),
    };
    sources.map(|source| (source["binding"].as_str().unwrap().to_owned(), age(source))).collect()
}

fn of(exchange: &Exchange, binding: &str) -> Value {
    ages(exchange).into_iter().find(|(name, _)| name == binding).unwrap().1
}

fn sent(world: &World) -> Vec<Sent> {
    world.asked_for_tokens.take()
}

#[test]
fn each_source_has_the_times_of_its_secret_in_its_store() {
    let world = world([page("one", &OF_ONE), page("two", &["only_key", "api_key"])]);
    let exchange = world.ask(&ask("/ages"));
    assert!(ages(&exchange).iter().all(|(_, age)| *age == json!(SECONDS)), "{exchange:?}");
    let first = &exchange.report["secrets"][0];
    let [created, modified] = SECONDS;
    assert_eq!(
        first,
        &json!({ "name": "api", "sources": [
            { "source": 1, "binding": "API_KEY", "created": created, "modified": modified },
            { "source": 2, "binding": "API_KEY_PREVIOUS", "created": created, "modified": modified },
        ] })
    );
    assert_eq!(exchange.log["operation"], "ages");
    // The operator's token, and that of the API.
    assert_eq!(exchange.reads, ["OPS_TOKEN", "READER"]);
    let sent = sent(&world);
    let urls: Vec<_> = sent.iter().map(|sent| sent.url.as_str()).collect();
    let base = "https://api.example.org/accounts/acct-1/secrets_store/stores";
    let query = "secrets?order=name&direction=asc&per_page=100&page=1";
    assert_eq!(urls, [format!("{base}/one/{query}"), format!("{base}/two/{query}")]);
    for sent in &sent {
        assert_eq!((sent.method.as_str(), &sent.body), ("GET", &None));
        let names: Vec<_> = sent.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["authorization", "user-agent"]);
        assert_eq!(sent.header("authorization"), ["Bearer canary-reader"]);
    }
}

#[test]
fn ages_are_those_of_the_environment_that_the_gateway_runs_in() {
    let mut world = world([page("three", &["staging_api_key"])]);
    world.variables.extend([("OSTIARY_ENVIRONMENT", "staging"), ("ACCOUNT", "acct-2")]);
    let exchange = world.ask(&ask("/ages"));
    assert_eq!(of(&exchange, "API_KEY"), json!(SECONDS));
    assert_eq!(of(&exchange, "ONLY_KEY"), json!("not_listed"));
    assert!(sent(&world)[0].url.contains("/acct-2/secrets_store/stores/three/"));
    // One that nobody has configured has no ages.
    world.variables.insert("OSTIARY_ENVIRONMENT", "elsewhere");
    world.ask(&ask("/ages")).refused("not_allowed");
}

#[test]
fn ages_want_an_operator_and_no_query() {
    let world = world([]);
    world.ask(&ask("/ages").without("authorization")).refused("caller_unauthenticated");
    for path in ["/ages?secret=api", "/ages?x"] {
        world.ask(&ask(path)).refused("operation_invalid");
    }
    World::new().ask(&ask("/ages")).refused("not_allowed");
    for binding in [Binding::Missing, Binding::Throws, Binding::Hangs, Binding::Value("a\nb")] {
        let world = World::deployed(GATEWAY, WRANGLER).with("READER", binding).with("READER_NEXT", binding);
        world.ask(&ask("/ages")).refused("secret_unavailable");
        assert_eq!(sent(&world), []);
    }
    let world = World::deployed(GATEWAY, WRANGLER).with("READER", Binding::Missing);
    world.ask(&ask("/ages"));
    assert_eq!(sent(&world)[0].header("authorization"), ["Bearer canary-reader-next"]);
    let mut world = World::deployed(GATEWAY, WRANGLER);
    world.variables.insert("ACCOUNT", "../../x");
    world.ask(&ask("/ages")).refused("misconfigured");
}

#[test]
fn what_the_api_fails_at_is_a_word_and_costs_the_other_store_nothing() {
    let answered = |status: u16| Ok((status, r#"{"success":false,"errors":[],"result":null}"#.to_owned()));
    let text = |body: &str| Ok((200, body.to_owned()));
    for (answer, word) in [
        (answered(400), "refused"),
        (answered(401), "refused"),
        (answered(403), "refused"),
        (answered(404), "store_unknown"),
        (answered(429), "rate_limited"),
        (answered(500), "invalid"),
        (answered(302), "invalid"),
        (answered(200), "invalid"),
        (text(""), "invalid"),
        (text("<html>"), "invalid"),
        (text("[]"), "invalid"),
        (text(r#"{"result":{}}"#), "invalid"),
        (text(r#"{"result":["api_key"]}"#), "invalid"),
        (text(&"x".repeat(1024 * 1024 + 1)), "invalid"),
        (Err(SendError::TimedOut), "timeout"),
        (Err(SendError::Unreachable), "unreachable"),
        (Err(SendError::TooLarge), "invalid"),
    ] {
        let exchange = world([answer.clone(), page("two", &["only_key"])]).ask(&ask("/ages"));
        assert_eq!(of(&exchange, "API_KEY"), json!(word), "{answer:?}");
        assert_eq!(of(&exchange, "ONLY_KEY"), json!(SECONDS), "{answer:?}");
    }
}

#[test]
fn only_what_the_list_says_of_this_store_and_this_name_counts() {
    let [created, modified] = TIMES;
    let with = |change: Value| {
        let mut row = secret("one", "api_key");
        row.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        world([list(&[row], &Value::Null), page("two", &[])])
    };
    for change in [
        json!({ "store_id": "two" }),
        json!({ "store_id": null }),
        json!({ "name": "API_KEY" }),
        json!({ "name": 1 }),
        json!({ "name": null }),
    ] {
        let exchange = with(change.clone()).ask(&ask("/ages"));
        assert_eq!(of(&exchange, "API_KEY"), json!("not_listed"), "{change}");
    }
    for change in [
        json!({ "created": null }),
        json!({ "created": 1_767_225_600 }),
        json!({ "modified": "yesterday" }),
        json!({ "modified": "2026-01-01T00:00:00+02:00" }),
        json!({ "modified": "" }),
        json!({ "created": "<b>2026-01-01T00:00:00Z" }),
    ] {
        let exchange = with(change.clone()).ask(&ask("/ages"));
        assert_eq!(of(&exchange, "API_KEY"), json!("time_unreadable"), "{change}");
    }
    // A name that is listed twice has the times that come first.
    let mut again = secret("one", "api_key");
    again["created"] = json!(modified);
    let exchange = world([list(&[secret("one", "api_key"), again], &Value::Null), page("two", &[])]);
    assert_eq!(of(&exchange.ask(&ask("/ages")), "API_KEY"), json!(SECONDS), "{created}");
}

#[test]
fn a_list_of_pages_is_read_until_every_name_is_found() {
    let others = |from: usize, count: usize| -> Vec<Value> {
        (from..from + count).map(|number| secret("one", &format!("other_{number}"))).collect()
    };
    let of_three = |page| json!({ "page": page, "total_pages": 3 });
    let mut second = others(100, 98);
    second.extend([secret("one", "api_key"), secret("one", "ops_token")]);
    let last = ["api_key_previous", "reader", "reader_next"].map(|name| secret("one", name));
    let two = page("two", &["only_key"]);
    for infos in [[of_three(1), of_three(2), of_three(3)], [Value::Null, json!({}), json!({})]] {
        let [first_info, second_info, last_info] = infos;
        let answers = [
            list(&others(0, 100), &first_info),
            list(&second, &second_info),
            list(&last, &last_info),
            two.clone(),
        ];
        let world = world(answers);
        let exchange = world.ask(&ask("/ages"));
        assert!(ages(&exchange).iter().all(|(_, age)| *age == json!(SECONDS)), "{exchange:?}");
        let pages: Vec<_> =
            sent(&world).iter().map(|sent| sent.url[sent.url.len() - 6..].to_owned()).collect();
        assert_eq!(pages, ["page=1", "page=2", "page=3", "page=1"]);
    }
    // All found: the rest of the list is not read.
    let world = world([page_of_many("one", 9), two.clone()]);
    assert!(ages(&world.ask(&ask("/ages"))).iter().all(|(_, age)| *age == json!(SECONDS)));
    assert_eq!(sent(&world).len(), 2);
    // A total that is a lie ends with an empty page, and one without an end after five.
    let lie = json!({ "total_pages": 1e9 });
    let ends = self::world([list(&others(0, 3), &lie), list(&[], &lie), two.clone()]);
    assert_eq!(of(&ends.ask(&ask("/ages")), "API_KEY"), json!("not_listed"));
    let endless = self::world((0..5).map(|_| list(&others(0, 3), &lie)).chain([two]));
    let exchange = endless.ask(&ask("/ages"));
    assert_eq!(of(&exchange, "API_KEY"), json!("too_many_pages"));
    assert_eq!(of(&exchange, "ONLY_KEY"), json!(SECONDS));
    assert_eq!(sent(&endless).len(), 6);
}

fn page_of_many(store: &str, pages: u32) -> Answer {
    let secrets: Vec<_> = OF_ONE.iter().map(|name| secret(store, name)).collect();
    list(&secrets, &json!({ "total_pages": pages }))
}

#[test]
fn one_deadline_is_for_all_requests_together() {
    let more = json!({ "total_pages": 9 });
    let first = list(&[secret("one", "api_key")], &more);
    let mut world = world([first.clone(), first]);
    world.own_request_ms = 2_600.0;
    let exchange = world.ask(&ask("/ages"));
    assert_eq!(of(&exchange, "API_KEY"), json!(SECONDS));
    assert_eq!(of(&exchange, "OPS_TOKEN"), json!("timeout"));
    assert_eq!(of(&exchange, "ONLY_KEY"), json!("timeout"));
    // What is left for each.
    let timeouts: Vec<_> = sent(&world).iter().map(|sent| sent.replay_limit).collect();
    assert_eq!(timeouts, [5_000, 2_400]);
}

#[test]
fn an_operator_with_ages_gets_all_other_endpoints_too() {
    let world = world([]);
    let ready = world.ask(&ask("/ready"));
    assert!(ready.report["ready"].is_boolean() && !ready.reads.is_empty(), "{ready:?}");
    assert!(sent(&world).is_empty());
}
