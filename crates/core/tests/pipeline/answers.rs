//! Attacks 21 and 30 to 40: which parts of a response the caller receives.

use ostiary_core::redaction::InjectedSecrets;
use ostiary_core::request_id::RequestId;
use ostiary_core::runtime::SendError;

use crate::world::{Ask, Binding, World};

fn nothing() -> Vec<&'static str> {
    Vec::new()
}

#[test]
fn case_17_hop_by_hop_headers_of_an_answer_stay_behind() {
    let world = World::new().answering(
        200,
        &[
            ("connection", "close, X-Hop"),
            ("keep-alive", "timeout=5"),
            ("proxy-authenticate", "Basic"),
            ("te", "trailers"),
            ("trailer", "x"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("x-hop", "1"),
            ("content-length", "5"),
            ("x-kept", "1"),
        ],
    );
    let exchange = world.ask(&Ask::new("GET", "/open/x"));
    let names: Vec<_> = exchange.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["content-length", "x-kept", "ostiary-request-id"]);
}

#[test]
fn case_21_an_upstream_cannot_forge_the_gateway_s_own_headers() {
    let world = World::new().answering(
        200,
        &[
            ("ostiary-refusal", "no_route"),
            ("ostiary-request-id", "forged"),
            ("ostiary_refusal", "x"),
            ("ostiary-x", "y"),
        ],
    );
    let exchange = world.ask(&Ask::new("GET", "/open/x"));
    assert_eq!(
        exchange.headers,
        [("ostiary-request-id".to_owned(), "00000000000000000000000000000007".to_owned())]
    );
}

#[test]
fn cases_30_and_31_a_redirect_is_returned_and_leads_to_the_mount() {
    for status in [301, 302, 303, 307, 308] {
        let world = World::new().answering(
            status,
            &[
                ("location", "https://api.example.com/base/v1/next?page=2"),
                ("content-location", "/base/v1/this"),
                ("link", "<https://api.example.com/base/v1/x?page=3>; rel=\"next\", <https://else.example.com/>; rel=x"),
            ],
        );
        let exchange = world.ask(&Ask::new("GET", "/api/v1/x"));
        assert_eq!(exchange.status, status);
        assert_eq!(exchange.header("location"), ["https://gw.example.com/api/v1/next?page=2"]);
        assert_eq!(exchange.header("content-location"), ["https://gw.example.com/api/v1/this"]);
        assert_eq!(
            exchange.header("link"),
            ["<https://gw.example.com/api/v1/x?page=3>; rel=\"next\", <https://else.example.com/>; rel=x"]
        );

        let by_host =
            Ask::bare("GET", "https://api.gw.example.com/v1/x").header("host", "api.gw.example.com");
        let exchange = world.ask(&by_host.header("authorization", "Bearer canary-checkout-token"));
        assert_eq!(exchange.header("location"), ["https://api.gw.example.com/v1/next?page=2"]);
    }
}

#[test]
fn case_31_no_link_brings_the_injected_key_along() {
    let world = World::new().answering(
        302,
        &[
            ("location", "https://query.example.com/next?key=canary-only-key&page=2"),
            (
                "content-location",
                "https://else.example.com/?back=https%3A%2F%2Fquery.example.com%2F%3Fkey%3Dcanary%2Donly-key",
            ),
            ("link", "</canary-only-key>; rel=next"),
        ],
    );
    let exchange = world.ask(&Ask::new("GET", "/query/x"));
    assert_eq!(exchange.header("location"), ["https://gw.example.com/query/next?page=2"]);
    assert_eq!(exchange.header("content-location"), ["https://else.example.com/"]);
    assert_eq!(exchange.header("link"), nothing());
}

#[test]
fn case_31_urls_of_operations_and_uploads_lead_to_the_mount() {
    let names = [
        "operation-location",
        "azure-asyncoperation",
        "x-goog-upload-url",
        "x-goog-upload-control-url",
        "docker-upload-location",
    ];
    for name in names {
        let link = "https://query.example.com/upload2?upload_id=1&x=1&key=canary-only-key";
        let exchange = World::new().answering(200, &[(name, link)]).ask(&Ask::new("POST", "/query/x"));
        assert_eq!(exchange.header(name), ["https://gw.example.com/query/upload2?upload_id=1&x=1"], "{name}");
        let link = "https://else.example.com/upload2";
        let exchange = World::new().answering(200, &[(name, link)]).ask(&Ask::new("POST", "/query/x"));
        assert_eq!(exchange.header(name), [link], "{name}");
    }
}

#[test]
fn a_route_names_further_headers_that_hold_a_url() {
    let route = |more: &str| {
        format!(
            "[secrets]\nonly = [\"ONLY_KEY\"]\n\
             [routes.r]\nmount = \"/r\"\nupstream = \"https://up.example/v1\"\nauth = {{ query = \"key\", value = \"${{only}}\" }}\n\
             allow = {{ anyone = [\"* /**\"] }}\n{more}"
        )
    };
    let link = ("x-upload", "https://up.example/v1/u?a=1&key=canary-only-key");
    let asked = |more: &str| World::of(&route(more)).answering(200, &[link]).ask(&Ask::new("POST", "/r/x"));
    let named = "link_headers = [\"X-Upload\"]";
    assert_eq!(asked(named).header("x-upload"), ["https://gw.example.com/r/u?a=1"]);
    let unscanned = format!("{named}\nredact = false");
    assert_eq!(asked(&unscanned).header("x-upload"), ["https://gw.example.com/r/u?a=1"]);
    assert_eq!(asked("").header("x-upload"), ["https://up.example/v1/u?a=1&key=[redacted:only]"]);
}

#[test]
fn case_31_no_link_brings_a_field_or_an_encoded_pair_along() {
    let links: &[(&str, &str)] = &[
        ("location", "https://else.example.com/?id=canary-id&a=1"),
        ("content-location", "https://else.example.com/canary-key/x"),
    ];
    let exchange = World::new().answering(302, links).ask(&Ask::new("GET", "/account/x"));
    assert_eq!(exchange.header("location"), ["https://else.example.com/?a=1"]);
    assert_eq!(exchange.header("content-location"), nothing());

    // `api:canary-only-key` in Base64.
    let links: &[(&str, &str)] =
        &[("location", "https://else.example.com/?t=YXBpOmNhbmFyeS1vbmx5LWtleQ%3D%3D")];
    let exchange = World::new().answering(302, links).ask(&Ask::new("GET", "/basic/x"));
    assert_eq!(exchange.header("location"), ["https://else.example.com/"]);
}

#[test]
fn case_31_no_parameter_of_a_link_brings_the_injected_key_along() {
    for link in [
        "<https://else.example.com/>; anchor=\"https://query.example.com/?key=canary-only-key\"",
        "<https://else.example.com/>; title=\"canary-only-key\"",
        "; title=\", <https://query.example.com/x?key=canary-only-key>; rel=next",
    ] {
        let exchange = World::new().answering(200, &[("link", link)]).ask(&Ask::new("GET", "/query/x"));
        assert_eq!(exchange.header("link"), nothing(), "{link}");
    }
    // Parsing lowers the case of a host, so the link is also checked as it is written.
    let world = World::new().with("ONLY_KEY", Binding::Value("CANARY-Only-Key"));
    let world = world.answering(302, &[("location", "https://CANARY-Only-Key.example.com/")]);
    assert_eq!(world.ask(&Ask::new("GET", "/query/x")).header("location"), nothing());
}

#[test]
fn case_31_a_refresh_is_a_redirect_too() {
    for (refresh, expected) in [
        ("5", vec!["5"]),
        (
            "0; url=https://query.example.com/x?key=canary-only-key&a=1",
            vec!["0; url=https://gw.example.com/query/x?a=1"],
        ),
        ("0;URL='/x'", vec!["0; url=https://gw.example.com/query/x"]),
        ("0; url=https://else.example.com/", vec!["0; url=https://else.example.com/"]),
        ("0; url=https://else.example.com/canary-only-key", vec![]),
        ("0; https://query.example.com/?key=canary-only-key", vec![]),
        ("0, url=https://query.example.com/?key=canary-only-key", vec![]),
        ("url=https://query.example.com/?key=canary-only-key", vec![]),
    ] {
        let exchange = World::new().answering(200, &[("refresh", refresh)]).ask(&Ask::new("GET", "/query/x"));
        assert_eq!(exchange.header("refresh"), expected, "{refresh}");
    }
}

#[test]
fn case_19_an_answer_does_not_act_on_the_other_routes_of_the_gateway_s_origin() {
    for name in [
        "accept-ch",
        "alt-svc",
        "clear-site-data",
        "nel",
        "origin-agent-cluster",
        "report-to",
        "report_to",
        "reporting-endpoints",
        "service-worker-allowed",
        "set-cookie",
        "set-cookie2",
        "strict-transport-security",
        "use-as-dictionary",
    ] {
        let exchange = World::new().answering(200, &[(name, "x")]).ask(&Ask::new("GET", "/open/x"));
        assert_eq!(exchange.header(name), nothing(), "{name}");
    }
}

#[test]
fn case_35_connection_does_not_take_private_away() {
    let headers = [("connection", "cache-control"), ("cache-control", "private")];
    let exchange = World::new().answering(200, &headers).ask(&Ask::new("GET", "/key/x"));
    assert_eq!(exchange.header("cache-control"), ["private"]);
}

#[test]
fn case_33_an_upstream_s_refusal_passes_and_is_not_the_gateway_s() {
    for status in [400, 401, 403, 404, 429, 500, 503, 599] {
        let exchange = World::new()
            .answering(status, &[("www-authenticate", "Basic realm=x")])
            .ask(&Ask::new("GET", "/api/v1/x"));
        assert_eq!((exchange.status, exchange.code.as_deref()), (status, None));
        assert_eq!(exchange.header("www-authenticate"), ["Basic realm=x"]);
        assert_eq!(exchange.header("ostiary-refusal"), nothing());
        assert_eq!(exchange.log["status"], status);
    }
}

#[test]
fn case_35_an_authenticated_answer_is_kept_out_of_shared_caches() {
    let headers: &[(&str, &str)] = &[
        ("cache-control", "public, max-age=60"),
        ("cdn-cache-control", "max-age=9"),
        ("cloudflare-cdn-cache-control", "max-age=9"),
        ("surrogate-control", "max-age=9"),
    ];
    let world = World::new().answering(200, headers);
    let private = world.ask(&Ask::new("GET", "/api/v1/x"));
    assert_eq!(private.header("cache-control"), ["private, max-age=60"]);
    let public = world.ask(&Ask::new("GET", "/open/x"));
    assert_eq!(public.header("cache-control"), ["public, max-age=60"]);
    for exchange in [private, public] {
        for name in ["cdn-cache-control", "cloudflare-cdn-cache-control", "surrogate-control"] {
            assert_eq!(exchange.header(name), nothing(), "{name}");
        }
    }
    let unmarked = World::new().ask(&Ask::new("GET", "/api/v1/x"));
    assert_eq!(unmarked.header("cache-control"), ["private"]);
}

#[test]
fn case_36_a_status_that_cannot_be_passed_on_is_502() {
    for status in [0, 100, 101, 199, 600, 999] {
        let world = World::new().answering(status, &[]);
        let exchange = world.ask(&Ask::new("GET", "/open/x"));
        assert_eq!((exchange.status, exchange.code.as_deref()), (502, Some("upstream_invalid")), "{status}");
    }
    for status in [200, 204, 206, 304, 599] {
        assert_eq!(World::new().answering(status, &[]).ask(&Ask::new("GET", "/open/x")).status, status);
    }
}

#[test]
fn case_41_a_web_socket_passes() {
    let mut world = World::new().answering(101, &[]);
    if let Ok(answer) = &mut world.answer {
        answer.web_socket = true;
    }
    let exchange = world
        .ask(&Ask::new("GET", "/api/v1/x").header("upgrade", "websocket").header("connection", "upgrade"));
    assert_eq!(
        (exchange.status, exchange.sent().header("authorization")),
        (101, vec!["Bearer canary-api-key"])
    );
}

#[test]
fn cases_39_and_40_an_upstream_that_gives_no_head_is_502_or_504() {
    for (why, status, code) in [
        (SendError::Unreachable, 502, "upstream_unreachable"),
        (SendError::TimedOut, 504, "upstream_timeout"),
    ] {
        let mut world = World::new();
        world.answer = Err(why);
        let exchange = world.ask(&Ask::new("GET", "/api/v1/x"));
        assert_eq!((exchange.status, exchange.code.as_deref()), (status, Some(code)));
        assert_eq!((&exchange.log["code"], &exchange.log["level"]), (&code.into(), &"error".into()));
    }
}

const REWRITING: &str = r#"
[secrets]
only     = ["ONLY_KEY"]
checkout = ["CHECKOUT_TOKEN"]

[callers.checkout]
bearer = "${checkout}"

[routes.npm]
mount        = ["/npm", "npm.gw.example.com/registry"]
upstream     = "https://up.example/base"
auth         = { bearer = "${only}" }
allow        = { checkout = ["* /**"] }
rewrite_body = ["application/json", "text/html"]

[routes.plain]
mount        = "/plain"
upstream     = "https://up.example/base"
auth         = { bearer = "${only}" }
redact       = false
allow        = { checkout = ["* /**"] }
rewrite_body = ["application/json"]
"#;

const LINKED: &str = r#"{"tarball":"https://up.example/base/x.tgz","other":"https://up.example/x"}"#;

#[test]
fn links_in_bodies_of_the_named_types_lead_to_the_mount() {
    let asked = |path: &str, headers: &[(&'static str, &'static str)]| {
        World::of(REWRITING).answering(200, headers).with_body(LINKED).ask(&Ask::new("GET", path))
    };
    let rewritten = |mount: &str| LINKED.replace("https://up.example/base", mount);
    for content_type in
        ["application/json", "application/vnd.npm.install-v1+json; charset=utf-8", "text/html"]
    {
        let exchange = asked("/npm/x", &[("content-type", content_type)]);
        assert_eq!(exchange.body, rewritten("https://gw.example.com/npm"), "{content_type}");
    }
    for content_type in ["application/octet-stream", "text/plain"] {
        assert_eq!(asked("/npm/x", &[("content-type", content_type)]).body, LINKED, "{content_type}");
    }
    for content_type in ["application/json; charset=utf-16", "text/html"] {
        assert_eq!(asked("/plain/x", &[("content-type", content_type)]).body, LINKED, "{content_type}");
    }
    assert_eq!(asked("/npm/x", &[]).body, LINKED);
    let json = [("content-type", "application/json")];
    assert_eq!(asked("/plain/x", &json).body, rewritten("https://gw.example.com/plain"));
    let host = Ask::bare("GET", "https://npm.gw.example.com/registry/x")
        .header("host", "npm.gw.example.com")
        .header("authorization", "Bearer canary-checkout-token");
    let exchange = World::of(REWRITING).answering(200, &json).with_body(LINKED).ask(&host);
    assert_eq!(exchange.body, rewritten("https://npm.gw.example.com/registry"));
}

#[test]
fn a_rewritten_body_says_nothing_of_the_bytes_that_it_had() {
    let headers = [
        ("content-type", "application/json"),
        ("content-length", "73"),
        ("content-encoding", "gzip"),
        ("accept-ranges", "bytes"),
        ("content-md5", "x"),
        ("repr-digest", "x"),
        ("x-amz-checksum-crc32", "x"),
        ("x-bz-content-sha1", "x"),
        ("x-checksum-sha1", "x"),
        ("x-cos-hash-crc64ecma", "x"),
        ("x-goog-hash", "x"),
        ("x-ms-blob-content-md5", "x"),
        ("x-ms-content-crc64", "x"),
        ("x-oss-hash-crc64ecma", "x"),
        ("etag", "\"1\""),
    ];
    for (method, path) in [("GET", "/plain/x"), ("HEAD", "/plain/x")] {
        let exchange = World::of(REWRITING).answering(200, &headers).ask(&Ask::new(method, path));
        for (name, value) in headers {
            let expected = if matches!(name, "content-type" | "etag") { vec![value] } else { nothing() };
            assert_eq!(exchange.header(name), expected, "{method} {name}");
        }
    }
    let untouched = [("content-type", "image/png"), ("content-length", "73"), ("content-encoding", "gzip")];
    let exchange = World::of(REWRITING).answering(200, &untouched).ask(&Ask::new("GET", "/plain/x"));
    assert_eq!(
        (exchange.header("content-length"), exchange.header("content-encoding")),
        (vec!["73"], vec!["gzip"])
    );
}

#[test]
fn a_body_that_is_to_be_rewritten_is_asked_for_whole_and_without_a_coding() {
    let ask = Ask::new("GET", "/plain/x").header("range", "bytes=0-9").header("accept-encoding", "br");
    let exchange = World::of(REWRITING).ask(&ask);
    assert_eq!(exchange.sent().header("accept-encoding"), ["identity"]);
    assert_eq!(exchange.sent().header("range"), nothing());
    for status in [206, 304] {
        let exchange = World::of(REWRITING)
            .answering(status, &[("content-type", "application/json"), ("content-length", "73")])
            .with_body(LINKED)
            .ask(&Ask::new("GET", "/plain/x"));
        assert_eq!((exchange.body.as_str(), exchange.header("content-length")), (LINKED, vec!["73"]));
    }
}

#[test]
fn a_stream_that_falls_silent_keeps_as_many_bytes_as_the_documentation_says() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/limits.md")).unwrap();
    let mut sent = InjectedSecrets::default();
    sent.add("api", &"canary-key/".repeat(5)[..51]);
    let held = sent.needles(&RequestId::new(1)).held_back();
    assert!(page.contains(&format!("so {held} bytes for a key of 51 characters.")), "{held}");
}

#[test]
fn a_link_that_connection_lists_is_returned_to_the_caller() {
    let location = "https://other.example.com/x";
    for connection in ["close", "location", "close, Location"] {
        let world = World::new().answering(302, &[("connection", connection), ("location", location)]);
        assert_eq!(world.ask(&Ask::new("GET", "/api/v1/x")).header("location"), [location], "{connection}");
    }
}

#[test]
fn a_refresh_in_another_form_is_not_returned_to_the_caller() {
    for (value, expected) in [
        ("5", &["5"][..]),
        ("5; url=https://other.example.com/x", &["5; url=https://other.example.com/x"]),
        ("5; URL='https://other.example.com/x'", &["5; url=https://other.example.com/x"]),
        ("5; uri=https://other.example.com/x", &[]),
        ("x; url=https://other.example.com/x", &[]),
        ("x; uri=https://other.example.com/x", &[]),
        ("x", &[]),
    ] {
        let world = World::new().answering(200, &[("refresh", value)]);
        assert_eq!(world.ask(&Ask::new("GET", "/api/v1/x")).header("refresh"), expected, "{value}");
    }
}
