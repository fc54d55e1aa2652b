//! Attacks 1 to 12: the target and the routing.

use crate::world::{Ask, World};

#[test]
fn cases_1_and_2_an_ambiguous_path_is_refused_on_a_known_and_on_an_unknown_route() {
    let world = World::new();
    for path in [
        "/api/../key/x",
        "/api/%2e%2e/key",
        "/api/..\\key",
        "/api/..%2fx",
        "/api/%5cx",
        "/api/..;/x",
        "/nowhere/%2e%2e/x",
    ] {
        world.ask(&Ask::new("GET", path)).refused("path_ambiguous");
    }
}

#[test]
fn case_2_an_encoded_slash_passes_where_the_route_says_so() {
    let world = World::new();
    let passed = world.ask(&Ask::new("GET", "/slash/a%2Fb%2fc"));
    assert_eq!(passed.sent().url, "https://slash.example.com/a%2Fb%2fc");
    world.ask(&Ask::new("GET", "/slash/a%2f..%2fb")).refused("path_ambiguous");
    world.ask(&Ask::new("GET", "/slash/a%5cb")).refused("path_ambiguous");
    world.ask(&Ask::new("GET", "/api/v1/a%2fb")).refused("path_ambiguous");
    world.ask(&Ask::new("GET", "/nowhere/a%2fb")).refused("path_ambiguous");
}

#[test]
fn case_3_an_escape_is_decoded_once_and_goes_up_as_it_came() {
    let exchange = World::new().ask(&Ask::new("GET", "/api/v1/%252e%252e%252f"));
    assert_eq!(exchange.sent().url, "https://api.example.com/base/v1/%252e%252e%252f");
}

#[test]
fn case_4_the_origin_never_changes() {
    let world = World::new();
    for (path, url) in [
        ("/open//evil.com/x", "https://open.example.com//evil.com/x"),
        ("/open/@evil.com/", "https://open.example.com/@evil.com/"),
        ("/open/:9999/", "https://open.example.com/:9999/"),
        ("/open", "https://open.example.com/"),
    ] {
        assert_eq!(world.ask(&Ask::new("GET", path)).sent().url, url, "{path}");
    }
    for path in ["//evil.com/x", "/open@evil.com/", "/open.evil.com/", "/open:9999/", "/opens", "/OPEN/"] {
        world.ask(&Ask::new("GET", path)).refused("no_route");
    }
}

proptest::proptest! {
    #[test]
    fn case_4_the_url_standard_finds_the_configured_origin_in_whatever_is_sent(
        path in "[a/.%2fF@:\\\\\\[\\]?&=;~ -]{0,24}", mount in "(open|slash|query|account)"
    ) {
        let exchange = World::new().ask(&Ask::new("GET", &format!("/{mount}{path}")));
        for sent in &exchange.sent {
            let host = if mount == "account" { "accounts" } else { &mount };
            let url = url::Url::parse(&sent.url).unwrap();
            proptest::prop_assert_eq!(url.origin().ascii_serialization(), format!("https://{}.example.com", host));
            proptest::prop_assert!(mount != "account" || url.path().starts_with("/v1/acct-1/"), "{}", url);
        }
    }
}

#[test]
fn cases_5_6_and_7_a_host_that_is_none_is_refused_before_routing() {
    let world = World::new();
    for (url, host) in [
        ("https://evil.com/open/", "gw.example.com"),
        ("https://user:password@gw.example.com/open/", "gw.example.com"),
        ("https://evil/open/zzz?x=/dump", "evil/open/zzz?x="),
        ("https://a b/open/", "a b"),
        ("https://gw.example.com*", "gw.example.com"),
    ] {
        world.ask(&Ask::bare("OPTIONS", url).header("host", host)).refused("invalid_host");
    }
    world.ask(&Ask::bare("GET", "https:///open/")).refused("invalid_host");
}

#[test]
fn case_68_a_request_of_another_worker_is_for_the_host_of_its_url() {
    let exchange = World::new().ask(&Ask::bare("GET", "https://api.gw.example.com/health"));
    assert_eq!(exchange.sent().url, "https://api.example.com/base/health");
}

#[test]
fn case_9_a_query_goes_up_as_it_came() {
    let world = World::new();
    for query in ["a=1&a=2;b=3", "a=%zz", "a=b?c=/../d", "%6Bey=1", "=&&="] {
        let exchange = world.ask(&Ask::new("GET", &format!("/open/x?{query}")));
        assert_eq!(exchange.sent().url, format!("https://open.example.com/x?{query}"));
    }
}

#[test]
fn case_10_exactly_one_credential_parameter_arrives_and_it_is_the_gateway_s() {
    let world = World::new();
    for (query, url) in [
        ("", "https://query.example.com/x?key=canary-only-key"),
        ("?", "https://query.example.com/x?key=canary-only-key"),
        ("?key=mine", "https://query.example.com/x?key=canary-only-key"),
        ("?a=1&%6Bey=mine&b=2;key=mine", "https://query.example.com/x?a=1&b=2&key=canary-only-key"),
        ("?debug=1&a=1", "https://query.example.com/x?a=1&key=canary-only-key"),
        ("?key[]=mine&key%5B0%5D=mine&Key=mine&a=1", "https://query.example.com/x?a=1&key=canary-only-key"),
        ("?+key=mine&key%00=mine&DEBUG[x]=1", "https://query.example.com/x?key=canary-only-key"),
        ("?keys[key]=1&[key]=2", "https://query.example.com/x?keys[key]=1&[key]=2&key=canary-only-key"),
    ] {
        assert_eq!(world.ask(&Ask::new("GET", &format!("/query/x{query}"))).sent().url, url, "{query}");
    }
}

#[test]
fn case_11_an_unknown_route_reads_and_dials_nothing() {
    let exchange = World::new().ask(&Ask::new("GET", "/nowhere"));
    exchange.refused("no_route");
    assert_eq!((exchange.status, exchange.reads.len()), (404, 0));
}

#[test]
fn case_12_no_header_chooses_the_upstream() {
    let world = World::new();
    let mut ask = Ask::new("GET", "/open/x");
    for name in ["x-forwarded-host", "x-original-url", "x-rewrite-url", "forwarded", "x-http-host-override"] {
        ask = ask.header(name, "evil.com");
    }
    assert_eq!(world.ask(&ask).sent().url, "https://open.example.com/x");
}

#[test]
fn a_named_host_never_falls_through_to_path_mounts() {
    let world = World::new();
    let on = |host: &'static str, path: &str| {
        let ask = Ask::bare("GET", &format!("https://{host}{path}")).header("host", host);
        world.ask(&ask.header("authorization", "Bearer canary-checkout-token"))
    };
    assert_eq!(on("api.gw.example.com", "/v1/x").sent().url, "https://api.example.com/base/v1/x");
    assert_eq!(on("API.gw.example.com:443", "/v1/x").sent().url, "https://api.example.com/base/v1/x");
    assert_eq!(on("shared.gw.example.com", "/api/v1/x").sent().url, "https://api.example.com/base/v1/x");
    on("shared.gw.example.com", "/open/x").refused("no_route");
    on("site.gw.example.com:8443", "/x").refused("no_route");
    on("api.gw.example.com", "/api/v1/x").refused("not_allowed");
}

#[test]
fn a_variable_is_read_for_each_request_and_checked_again() {
    let mut world = World::new();
    assert_eq!(
        world.ask(&Ask::new("GET", "/account/x")).sent().url,
        "https://accounts.example.com/v1/acct-1/x"
    );
    world.variables.insert("ACCOUNT", "acct-2");
    assert_eq!(
        world.ask(&Ask::new("GET", "/account/x")).sent().url,
        "https://accounts.example.com/v1/acct-2/x"
    );
    for value in ["../admin", "a?b", "a#b", "a b", ".", "a//b"] {
        world.variables.insert("ACCOUNT", value);
        world.ask(&Ask::new("GET", "/account/x")).refused("misconfigured");
    }
    world.variables.clear();
    world.ask(&Ask::new("GET", "/account/x")).refused("misconfigured");
}

const RULES: &str = r#"
[secrets]
checkout = ["CHECKOUT_TOKEN"]

[callers.checkout]
bearer = "${checkout}"

[routes.ai]
mount    = ["/ai", "/openai/v1"]
upstream = "https://ai.example.com/base/v1"
auth     = []
allow    = { checkout = ["POST /v1/chat/completions", "POST /models", "GET /items/", "GET /files/*.json", "GET /files/*"] }

[routes.files]
mount    = "/files"
upstream = "https://files.example.com"
auth     = []
allow    = { checkout = ["GET /*.json", "GET /*/meta"] }
"#;

#[test]
fn a_request_that_nearly_fits_a_rule_is_told_apart_in_the_log() {
    let world = World::of(RULES);
    for (method, path, mismatch) in [
        ("POST", "/ai//v1/chat/completions", "empty_segment"),
        ("POST", "/ai/v1//chat/completions", "empty_segment"),
        ("POST", "/ai/v1/v1/chat/completions", "repeated_segment"),
        ("POST", "/ai/ai/v1/chat/completions", "repeated_segment"),
        ("POST", "/ai/base/v1/models", "repeated_segment"),
        ("POST", "/ai/v1/models", "repeated_segment"),
        ("POST", "/openai/v1/v1/models", "repeated_segment"),
        ("POST", "/openai/v1/openai/v1/models", "repeated_segment"),
        ("POST", "/ai/v1/chat/completions/", "trailing_slash"),
        ("GET", "/ai/items", "missing_slash"),
        ("PUT", "/ai/models", "method"),
    ] {
        let exchange = world.ask(&Ask::new(method, path));
        exchange.refused("not_allowed");
        assert_eq!(exchange.log["mismatch"], mismatch, "{method} {path}");
    }
    for (method, path) in [("POST", "/ai/elsewhere"), ("PUT", "/ai//models"), ("POST", "/ai/x/v1/models")] {
        let exchange = world.ask(&Ask::new(method, path));
        exchange.refused("not_allowed");
        assert_eq!(exchange.log.get("mismatch"), None, "{method} {path}");
    }
    assert_eq!(world.ask(&Ask::new("POST", "/ai/models")).log.get("mismatch"), None);
}

#[test]
fn case_51_a_path_that_a_rule_admits_under_one_reading_alone_is_ambiguous() {
    let world = World::of(RULES);
    for path in [
        "/files/private.key;.json",
        "/files/private.key%3B.json",
        "/files/private.key%3f.json",
        "/files/private.key%23.json",
        "/files/private.key%3f/meta",
    ] {
        let exchange = world.ask(&Ask::new("GET", path));
        exchange.refused("path_ambiguous");
        assert_eq!((exchange.status, &exchange.log["mismatch"]), (400, &"other_reading".into()), "{path}");
        assert_eq!(exchange.log["caller"], "checkout");
    }
    for (path, url) in [
        ("/files/a.json", "https://files.example.com/a.json"),
        ("/files/a.json;v=1.json", "https://files.example.com/a.json;v=1.json"),
        ("/ai/files/private.key%23.json", "https://ai.example.com/base/v1/files/private.key%23.json"),
    ] {
        assert_eq!(world.ask(&Ask::new("GET", path)).sent().url, url);
    }
}

#[test]
fn the_log_says_what_keeps_a_request_from_a_rule() {
    const RULES: &str = r#"batch    = ["* /batch/*"]"#;
    let other = r#"batch = ["GET /batch/*", "GET /list/", "GET /a/*/c", "GET /files/*.json"]"#;
    let world = World::of(&include_str!("gateway.toml").replace(RULES, other));
    for (path, mismatch) in [
        ("/batch//x", Some("empty_segment")),
        ("//batch//x", Some("empty_segment")),
        ("/list//", Some("empty_segment")),
        ("/batch/x/", Some("trailing_slash")),
        ("/list", Some("missing_slash")),
        ("/api/batch/x", Some("repeated_segment")),
        ("/base/batch/x", Some("repeated_segment")),
        ("/batch/batch/x", Some("repeated_segment")),
        ("/a/a/b/c", Some("repeated_segment")),
        ("/a/b/b/c", Some("repeated_segment")),
        ("/a/b/c/c", Some("repeated_segment")),
        ("/a/a/b/c/c", None),
        ("/other/batch/x", None),
        ("/batch/x/y", None),
        ("/batch", None),
        ("/", None),
    ] {
        let ask = Ask::new("GET", &format!("/api{path}")).without("authorization");
        let exchange = world.ask(&ask.header("authorization", "Bearer canary-batch-token"));
        exchange.refused("not_allowed");
        assert_eq!(exchange.log.get("mismatch").and_then(|word| word.as_str()), mismatch, "{path}");
    }
    for (method, path, code, mismatch) in [
        ("PUT", "/batch/x", "not_allowed", "method"),
        ("GET", "/files/a.key;.json", "path_ambiguous", "other_reading"),
    ] {
        let ask = Ask::new(method, &format!("/api{path}")).without("authorization");
        let exchange = world.ask(&ask.header("authorization", "Bearer canary-batch-token"));
        exchange.refused(code);
        assert_eq!(exchange.log["mismatch"], mismatch, "{path}");
    }
}

#[test]
fn case_19_another_port_of_a_host_with_mounts_has_no_mounts_of_other_hosts() {
    for host in ["site.gw.example.com", "ops.gw.example.com"] {
        let ask = |host: &str| {
            World::new().ask(&Ask::bare("GET", &format!("https://{host}/open/page")).header("host", host))
        };
        ask(&format!("{host}:8443")).refused("no_route");
        assert_ne!(ask(host).code.as_deref(), Some("no_route"), "{host}");
    }
    let other =
        Ask::bare("GET", "https://gw.example.com:8443/open/page").header("host", "gw.example.com:8443");
    assert_eq!(World::new().ask(&other).log["route"], "open");
}
