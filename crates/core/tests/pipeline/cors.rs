//! Requests from pages of other origins.

use crate::world::{Ask, Exchange, World};

const GATEWAY: &str = r#"
[secrets]
only     = ["ONLY_KEY"]
checkout = ["CHECKOUT_TOKEN"]

[callers.checkout]
bearer = "${checkout}"

[routes.app]
mount    = "/app"
upstream = "https://api.example.com"
auth     = { header = "x-api-key", value = "${only}" }
cors     = { origins = ["https://app.acme.com"], credentials = true, headers = ["content-type"], max_age = "1h" }
allow    = { checkout = ["GET /v1/**", "POST /v1/charges", "OPTIONS /v1/**"] }

[routes.any]
mount    = "/any"
upstream = "https://api.example.com"
auth     = { bearer = "${only}" }
cors     = { origins = ["*"] }
allow    = { checkout = ["* /**"], anyone = ["GET /health"] }

[routes.sdk]
mount    = "/sdk"
upstream = "https://api.example.com"
auth     = { bearer = "${only}" }
cors     = { origins = ["https://*.pages.dev", "tauri://localhost"], headers = ["openai-beta", "x-stainless-*"], expose = ["x-ratelimit-*"] }
allow    = { checkout = ["* /**"] }
forward_headers = ["origin"]

[routes.every]
mount    = "/every"
upstream = "https://api.example.com"
auth     = { bearer = "${only}" }
cors     = { origins = ["*"], headers = ["*"] }
allow    = { checkout = ["* /**"] }

[routes.none]
mount    = "/none"
upstream = "https://api.example.com"
auth     = { bearer = "${only}" }
allow    = { checkout = ["* /**", "OPTIONS /**"] }
"#;

const APP: &str = "https://app.acme.com";

fn world() -> World {
    World::of(GATEWAY).answering(
        200,
        &[
            ("access-control-allow-origin", "*"),
            ("access-control-max-age", "9"),
            ("timing-allow-origin", "*"),
            ("cross-origin-resource-policy", "same-origin"),
            ("vary", "accept"),
        ],
    )
}

fn preflight(path: &str, origin: &str) -> Exchange {
    let ask = Ask::new("OPTIONS", path).without("authorization");
    world().ask(&ask.header("origin", origin).header("access-control-request-method", "POST"))
}

fn preflight_for(path: &str, origin: &str, headers: &str) -> Exchange {
    let ask = Ask::new("OPTIONS", path).without("authorization").header("origin", origin);
    let ask = ask.header("access-control-request-method", "POST");
    world().ask(&ask.header("access-control-request-headers", headers))
}

fn controls(exchange: &Exchange) -> Vec<String> {
    let lines = exchange.headers.iter().filter(|(name, _)| name.starts_with("access-control-"));
    lines.map(|(name, value)| format!("{}: {value}", &name["access-control-".len()..])).collect()
}

#[test]
fn case_34_a_preflight_is_answered_by_the_gateway_and_nothing_is_read_or_sent() {
    let exchange = preflight("/app/v1/charges", APP);
    assert_eq!((exchange.status, exchange.code.as_deref()), (204, None));
    assert_eq!((exchange.reads.len(), exchange.sent.len()), (0, 0));
    assert_eq!(
        controls(&exchange),
        [
            "allow-origin: https://app.acme.com",
            "allow-credentials: true",
            "allow-methods: GET, HEAD, POST, OPTIONS",
            "allow-headers: authorization, x-api-key, content-type",
            "max-age: 3600",
        ]
    );
    assert_eq!(
        exchange.header("vary"),
        ["Origin, Access-Control-Request-Method, Access-Control-Request-Headers"]
    );
    assert_eq!(exchange.header("ostiary-request-id").len(), 1);
    assert_eq!((&exchange.log["route"], &exchange.log["status"]), (&"app".into(), &204.into()));
}

#[test]
fn a_preflight_of_another_origin_is_told_nothing() {
    for origin in [
        "https://evil.example",
        "http://app.acme.com",
        "https://app.acme.com.evil.example",
        "https://app.acme.com:8443",
        "HTTPS://APP.ACME.COM",
        "null",
        "",
    ] {
        let exchange = preflight("/app/v1/charges", origin);
        assert_eq!((exchange.status, controls(&exchange)), (204, vec![]), "{origin}");
        assert_eq!((exchange.reads.len(), exchange.sent.len()), (0, 0));
    }
}

#[test]
fn a_preflight_of_anybody_is_allowed_without_credentials() {
    let exchange = preflight("/any/x", "https://somewhere.example");
    assert_eq!(
        controls(&exchange),
        [
            "allow-origin: *",
            "allow-methods: GET, HEAD, POST, PUT, PATCH, DELETE",
            "allow-headers: authorization",
        ]
    );
}

#[test]
fn an_options_request_that_is_no_preflight_goes_its_usual_way() {
    let asked = Ask::new("OPTIONS", "/app/v1/x").header("origin", APP);
    assert_eq!(world().ask(&asked).sent.len(), 1);
    let asked = Ask::new("OPTIONS", "/app/v1/x").header("access-control-request-method", "GET");
    assert_eq!(world().ask(&asked).sent.len(), 1);
    let asked =
        Ask::new("GET", "/app/v1/x").header("origin", APP).header("access-control-request-method", "GET");
    assert_eq!(world().ask(&asked).sent.len(), 1);
    assert_eq!(preflight("/none/x", APP).code.as_deref(), Some("caller_unauthenticated"));
}

#[test]
fn case_19_an_answer_says_what_the_route_says_and_nothing_that_the_upstream_says() {
    let get = |path: &str, origin: &str| world().ask(&Ask::new("GET", path).header("origin", origin));
    let exchange = get("/app/v1/x", APP);
    assert_eq!(
        controls(&exchange),
        [
            "allow-origin: https://app.acme.com",
            "allow-credentials: true",
            "expose-headers: cross-origin-resource-policy, vary, cache-control, ostiary-request-id",
        ]
    );
    assert_eq!(exchange.header("vary"), ["accept", "Origin"]);
    assert_eq!(exchange.header("timing-allow-origin"), <[&str; 0]>::default());
    assert_eq!(exchange.header("cross-origin-resource-policy"), ["same-origin"], "it can only be stricter");
    let other = get("/app/v1/x", "https://evil.example");
    assert_eq!((controls(&other), other.header("vary")), (vec![], vec!["accept", "Origin"]));
    let silent = world().ask(&Ask::new("GET", "/app/v1/x"));
    assert_eq!((controls(&silent), silent.header("vary")), (vec![], vec!["accept", "Origin"]));
    let any = get("/any/x", "https://evil.example");
    assert_eq!(
        (controls(&any), any.header("vary")),
        (vec!["allow-origin: *".to_owned(), "expose-headers: *".to_owned()], vec!["accept"])
    );
    assert_eq!(controls(&get("/none/x", APP)), <[String; 0]>::default());
}

#[test]
fn a_page_can_read_why_it_was_refused() {
    let ask = Ask::new("GET", "/app/v1/x").header("origin", APP);
    let unproved = world().ask(&ask.clone().without("authorization"));
    unproved.refused("caller_unauthenticated");
    assert_eq!(controls(&unproved)[0], "allow-origin: https://app.acme.com");
    let forbidden = world().ask(&Ask::new("GET", "/app/v2").header("origin", APP));
    forbidden.refused("not_allowed");
    assert_eq!(forbidden.header("vary"), ["Origin"]);
    let other = world().ask(&Ask::new("GET", "/app/v2").header("origin", "https://evil.example"));
    assert_eq!(controls(&other), <[String; 0]>::default());
}

const SDK: &str =
    "authorization,content-type,OpenAI-Beta,x-stainless-arch,x-stainless-lang,x-stainless-,x-other";

#[test]
fn a_preflight_is_told_the_requested_headers_that_a_pattern_admits() {
    let listed = |exchange: &Exchange| {
        let line = controls(exchange).into_iter().find(|line| line.starts_with("allow-headers: "));
        line.map(|line| line["allow-headers: ".len()..].to_owned())
    };
    let exchange = preflight_for("/sdk/x", "https://a.pages.dev", SDK);
    let family = "authorization, openai-beta, x-stainless-arch, x-stainless-lang";
    assert_eq!(listed(&exchange).as_deref(), Some(family));
    let vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
    assert_eq!(exchange.header("vary"), [vary]);
    assert_eq!((exchange.reads.len(), exchange.sent.len()), (0, 0));

    let all = preflight_for("/every/x", "https://a.example", SDK);
    let all = listed(&all).unwrap();
    assert_eq!(
        all,
        "authorization, content-type, openai-beta, x-stainless-arch, x-stainless-lang, x-stainless-, x-other"
    );
    let odd = preflight_for("/every/x", "https://a.example", "x-a,, a b ,X-A,é,x-b\t");
    assert_eq!(listed(&odd).as_deref(), Some("authorization, x-a, x-b"));
    assert_eq!(listed(&preflight("/every/x", "https://a.example")).as_deref(), Some("authorization"));
    assert_eq!(
        listed(&preflight_for("/app/x", APP, SDK)).as_deref(),
        Some("authorization, x-api-key, content-type"),
        "a route without patterns lists what it names"
    );
}

#[test]
fn another_origin_is_not_told_what_it_asked_for() {
    for origin in ["https://pages.dev", "https://a.b.pages.dev", "tauri://localhost.evil.example", "null"] {
        let exchange = preflight_for("/sdk/x", origin, SDK);
        assert_eq!((exchange.status, controls(&exchange)), (204, vec![]), "{origin}");
        let said: Vec<_> = exchange.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(said, ["vary", "ostiary-request-id"]);
    }
    for origin in ["https://a.pages.dev", "tauri://localhost"] {
        let exchange = preflight_for("/sdk/x", origin, SDK);
        assert_eq!(exchange.header("access-control-allow-origin"), [origin]);
    }
}

#[test]
fn a_page_reads_the_headers_that_the_response_has() {
    let world = World::of(GATEWAY).answering(
        200,
        &[
            ("link", "<https://api.example.com/v1/x?page=2>; rel=\"next\""),
            ("x-ratelimit-remaining", "3"),
            ("x-ratelimit-reset", "9"),
            ("x-request-id", "r"),
            ("set-cookie", "a=1"),
            ("keep-alive", "timeout=5"),
            ("access-control-expose-headers", "X-Secret"),
        ],
    );
    let exposed = |path: &str, origin: &str| {
        let exchange = world.ask(&Ask::new("GET", path).header("origin", origin));
        exchange.header("access-control-expose-headers").join("|")
    };
    assert_eq!(
        exposed("/app/v1/x", APP),
        "x-ratelimit-remaining, x-ratelimit-reset, x-request-id, link, cache-control, ostiary-request-id"
    );
    assert_eq!(
        exposed("/sdk/x", "https://a.pages.dev"),
        "x-ratelimit-remaining, x-ratelimit-reset, ostiary-request-id"
    );
    assert_eq!(exposed("/any/x", "https://a.example"), "*");
    assert_eq!(exposed("/app/v1/x", "https://evil.example"), "");
}

#[test]
fn the_page_s_origin_is_sent_upstream_only_where_the_route_says_so() {
    let ask = |path: &str| {
        let ask = Ask::new("GET", path).header("origin", APP).header("sec-fetch-mode", "cors");
        world().ask(&ask.header("sec-fetch-site", "cross-site").header("referer", "https://app.acme.com/"))
    };
    for name in ["origin", "sec-fetch-mode", "sec-fetch-site", "referer"] {
        assert_eq!(ask("/app/v1/x").sent().header(name), <[&str; 0]>::default(), "{name}");
    }
    assert_eq!(ask("/sdk/x").sent().header("origin"), [APP]);
    assert_eq!(ask("/sdk/x").sent().header("sec-fetch-mode"), <[&str; 0]>::default());
    let upgrade = |path: &str| {
        let ask = Ask::new("GET", path).header("origin", APP).header("connection", "upgrade");
        world().ask(&ask.header("upgrade", "websocket"))
    };
    assert_eq!(upgrade("/app/v1/x").sent().header("origin"), <[&str; 0]>::default());
    assert_eq!(upgrade("/sdk/x").sent().header("origin"), [APP]);
}

#[test]
fn case_75_a_preflight_with_thousands_of_names_is_granted_few() {
    let names =
        |count: usize| (0..count).map(|at| format!("x-stainless-{at:05}")).collect::<Vec<_>>().join(",");
    for path in ["/every/x", "/sdk/x"] {
        for (count, granted) in [(100, 100), (128, 128), (129, 128), (20_000, 128)] {
            let exchange = preflight_for(path, "https://a.pages.dev", &names(count));
            let allowed = exchange.header("access-control-allow-headers").concat();
            let requested = allowed.split(", ").filter(|name| name.starts_with("x-stainless-0")).count();
            assert_eq!((exchange.status, requested), (204, granted), "{path} {count}");
        }
    }
    // The same for the names of an upstream's headers.
    let text: &'static str = Box::leak(names(20_000).replace("stainless", "ratelimit").into_boxed_str());
    let headers: Vec<(&str, &str)> = text.split(',').map(|name| (name, "1")).collect();
    let world = World::of(GATEWAY).answering(200, &headers);
    let exchange = world.ask(&Ask::new("GET", "/sdk/x").header("origin", "https://a.pages.dev"));
    let exposed = exchange.header("access-control-expose-headers").concat();
    assert_eq!(exposed.split(", ").count(), 128);
}
