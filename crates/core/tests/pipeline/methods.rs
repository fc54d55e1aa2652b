//! Unusual methods, and the second target that some of them have.

use ostiary_core::http::method::Method;

use crate::world::{Ask, World};

const GATEWAY: &str = r#"
[secrets]
only     = ["ONLY_KEY"]
checkout = ["CHECKOUT_TOKEN"]

[callers.checkout]
bearer = "${checkout}"

[routes.dav]
mount    = ["/dav", "dav.gw.example.com"]
upstream = "https://dav.example.com/base"
auth     = { bearer = "${only}" }
retry    = { attempts = 2 }

[routes.dav.allow]
checkout = [
  "QUERY,PROPFIND,PROPPATCH,MKCOL,COPY,LOCK,UNLOCK,SEARCH,REPORT,ACL,CHECKOUT,MERGE,MKACTIVITY /public/**",
  "PURGE,BAN,MSEARCH,NOTIFY,SUBSCRIBE,UNSUBSCRIBE /public/**",
  "MOVE /public/*",
  "GET,PUT /**",
]

[routes.inner]
mount    = "/dav/public/inner"
upstream = "https://inner.example.com"
auth     = { bearer = "${only}" }
allow    = { checkout = ["* /**", "MOVE /**"] }
"#;

fn world() -> World {
    World::of(GATEWAY)
}

#[test]
fn every_method_that_a_rule_names_is_forwarded_with_its_body() {
    for method in Method::ALL.iter().map(|method| method.as_str()) {
        if Method::ORDINARY.iter().any(|ordinary| ordinary.as_str() == method) || method == "OPTIONS" {
            continue;
        }
        let exchange = world().ask(&Ask::new(method, "/dav/public/x").body("<x/>"));
        assert_eq!((exchange.status, exchange.sent().method.as_str()), (200, method));
        assert_eq!((&exchange.log["method"], exchange.log["rule"].is_string()), (&method.into(), true));
        world().ask(&Ask::new(method, "/dav/private/x")).refused("not_allowed");
    }
}

#[test]
fn a_star_admits_none_of_them() {
    for method in ["PROPFIND", "QUERY", "PURGE", "OPTIONS"] {
        World::new().ask(&Ask::new(method, "/key/x")).refused("not_allowed");
    }
}

#[test]
fn a_failed_connection_is_tried_again_where_the_method_is_idempotent() {
    for (method, attempts) in [("PROPFIND", 2), ("COPY", 2), ("QUERY", 2), ("LOCK", 1), ("NOTIFY", 1)] {
        let world = world().first([Err(ostiary_core::runtime::SendError::Unreachable)]);
        assert_eq!(world.ask(&Ask::new(method, "/dav/public/x")).sent.len(), attempts, "{method}");
    }
}

#[test]
fn a_destination_leads_to_the_upstream() {
    for (destination, forwarded) in [
        ("https://gw.example.com/dav/public/y", "https://dav.example.com/base/public/y"),
        ("http://GW.example.com/dav/public/y%20z", "https://dav.example.com/base/public/y%20z"),
        (" /dav/public/y", "https://dav.example.com/base/public/y"),
    ] {
        let exchange = world().ask(&Ask::new("MOVE", "/dav/public/x").header("destination", destination));
        assert_eq!(exchange.sent().header("destination"), [forwarded], "{destination}");
    }
    let host = Ask::bare("COPY", "https://dav.gw.example.com/public/x")
        .header("host", "dav.gw.example.com")
        .header("authorization", "Bearer canary-checkout-token")
        .header("destination", "https://dav.gw.example.com/public/y/z");
    assert_eq!(world().ask(&host).sent().header("destination"), ["https://dav.example.com/base/public/y/z"]);
    let without = world().ask(&Ask::new("MOVE", "/dav/public/x"));
    assert_eq!(without.sent().header("destination"), [""; 0]);
    // The gateway checks `Destination` only for methods that have one.
    let other = || Ask::new("PUT", "/dav/x").header("destination", "/anything");
    assert_eq!(world().ask(&other()).sent().header("destination"), [""; 0]);
    let named = GATEWAY.replacen("retry    =", "forward_headers = [\"destination\"]\nretry    =", 1);
    assert_eq!(World::of(&named).ask(&other()).sent().header("destination"), ["/anything"]);
}

#[test]
fn case_71_the_destination_of_a_method_that_the_query_names_needs_a_rule() {
    let gateway = GATEWAY.replace("\"MOVE /public/*\"", "\"POST,MOVE /public/*\"");
    let ask = |query: &str, destination: &str| {
        let ask = Ask::new("POST", &format!("/dav/public/x{query}")).header("destination", destination);
        World::of(&gateway).ask(&ask)
    };
    for query in ["?_method=MOVE", "?$httpMethod=move"] {
        ask(query, "/dav/private/y").refused("not_allowed");
        ask(query, "/public/y").refused("not_allowed");
        let exchange = ask(query, "/dav/public/y");
        assert_eq!(
            exchange.sent().header("destination"),
            ["https://dav.example.com/base/public/y"],
            "{query}"
        );
    }
    assert_eq!(ask("", "/dav/private/y").sent().header("destination"), [""; 0]);
}

#[test]
fn a_destination_that_no_rule_admits_is_refused() {
    for destination in [
        "/dav/private/y",
        "/dav/public/y/z",
        "/dav/public",
        "/dav/public/inner/y",
        "/public/y",
        "/elsewhere",
        "https://evil.example.com/dav/public/y",
        "https://gw.example.com:8443/dav/public/y",
        "https://user@gw.example.com/dav/public/y",
        "file://gw.example.com/dav/public/y",
    ] {
        world()
            .ask(&Ask::new("MOVE", "/dav/public/x").header("destination", destination))
            .refused("not_allowed");
    }
    for destination in [
        "/dav/public/../private/y",
        "/dav/public/%2e%2e/y",
        "/dav/public/y%2fz",
        "/dav/public/y?z",
        "https://gw.example.com/dav/public/y?z",
        "/dav/public/y#z",
        "/dav/public/y, /dav/private/y",
        "dav/public/y",
        "",
    ] {
        world()
            .ask(&Ask::new("MOVE", "/dav/public/x").header("destination", destination))
            .refused("path_ambiguous");
    }
}

#[test]
fn case_71_a_method_that_the_query_names_needs_a_rule() {
    for query in [
        "_method=DELETE",
        "a=1&_method=delete",
        "a=1;_METHOD=Delete",
        "%5Fmethod=DELETE",
        "_method[]=DELETE",
        ".method=DELETE",
        "_method=GET&_method=DELETE",
        "_HttpMethod=DELETE",
        "X-HTTP-Method-Override=DELETE",
        "X-HTTP-Method=DELETE",
        "x-method-override=DELETE",
        "$httpMethod=DELETE",
        "%24httpMethod=DELETE",
        "_method=PUT",
        "_method=TRACE",
        "_method=unknown",
    ] {
        let exchange = World::new().ask(&Ask::new("GET", &format!("/api/v1/x?{query}")));
        exchange.refused("not_allowed");
        assert_eq!(exchange.log["mismatch"], "method", "{query}");
    }
    for query in ["_method=GET", "_method=", "method=DELETE", "x_method=DELETE", "q=_method=DELETE"] {
        let exchange = World::new().ask(&Ask::new("GET", &format!("/api/v1/x?{query}")));
        assert_eq!(exchange.status, 200, "{query}");
        assert!(exchange.sent().url.ends_with(query), "{query}");
    }
}

#[test]
fn case_71_headers_in_the_query_are_not_forwarded() {
    for name in ["$httpHeaders", "%24httpHeaders", "$HTTPHEADERS", "$httpHeaders[]"] {
        let query = format!("a=1&{name}=X-HTTP-Method-Override:DELETE%0D%0A&b=2");
        let exchange = World::new().ask(&Ask::new("GET", &format!("/api/v1/x?{query}")));
        assert!(exchange.sent().url.ends_with("/v1/x?a=1&b=2"), "{}", exchange.sent().url);
    }
    let other = World::new().ask(&Ask::new("GET", "/api/v1/x?httpHeaders=1"));
    assert!(other.sent().url.ends_with("?httpHeaders=1"));
}

#[test]
fn case_71_a_form_may_name_a_method_that_its_rules_admit() {
    let gateway = GATEWAY.replace("\"GET,PUT /**\"", "\"GET,POST,PUT /**\", \"DELETE /mine/*\"");
    let ask = |method, target: &str| World::of(&gateway).ask(&Ask::new(method, target));
    for target in ["/dav/x?_method=put", "/dav/mine/x?_method=DELETE", "/dav/mine/x?_method=POST"] {
        assert_eq!(ask("POST", target).status, 200, "{target}");
    }
    ask("POST", "/dav/x?_method=DELETE").refused("not_allowed");
    // A system that only checks the method could repeat the request or cache the response.
    ask("GET", "/dav/mine/x?_method=DELETE").refused("not_allowed");
    let stripping = gateway.replace("retry    =", "strip_query = [\"_method\"]\nretry    =");
    let exchange = World::of(&stripping).ask(&Ask::new("GET", "/dav/x?_method=DELETE&a=1"));
    assert_eq!(exchange.sent().url, "https://dav.example.com/base/x?a=1");
}

/// A route to this upstream with a rule for everything below `/bucket/public`, and another for `/mine`.
fn store(upstream: &str, more: &str) -> World {
    let gateway = GATEWAY.replace("https://dav.example.com/base", upstream).replace(
        "\"GET,PUT /**\"",
        "\"GET,PUT,DELETE /bucket/public/**\", \"GET,PUT /public/**\", \"GET /bucket/read only\"",
    );
    World::of(&gateway.replace("retry    =", &format!("{more}\nretry    =")))
}

fn put(header: &'static str, value: &str) -> Ask {
    Ask::new("PUT", "/dav/bucket/public/x").header(header, value)
}

#[test]
fn case_74_the_source_of_a_copy_needs_a_rule() {
    let world = || store("https://s3.eu-west-1.amazonaws.com", "");
    for source in [
        "bucket/public/y",
        "/bucket/public/y",
        "/bucket/public/a%20b/%C3%A9",
        "bucket/public/y?versionId=3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY_MTRCxf3vjVBH40",
        "bucket/public/a%2Bb",
    ] {
        let exchange = world().ask(&put("x-amz-copy-source", source));
        assert_eq!(
            (exchange.status, exchange.sent().header("x-amz-copy-source")),
            (200, vec![source]),
            "{source}"
        );
    }
    for source in [
        "bucket/private/y",
        "/bucket/private/y",
        "other/public/y",
        "bucket%2Fprivate%2Fy",
        "bucket",
        "",
        "bucket/private/y?versionId=1",
        "bucket/public/y?x=/../",
        "bucket/public/y?versionId=1&x",
        "arn:aws:s3:eu-west-1:123456789012:accesspoint/mine/object/bucket/public/y",
        "arn%3Aaws%3As3:eu-west-1%3A123456789012%3Aaccesspoint/mine/object/y",
        "tenant:bucket/public/y",
        "https://s3.eu-west-1.amazonaws.com.evil.example/bucket/public/y",
        "https://s3.eu-west-1.amazonaws.com@evil.example/bucket/public/y",
        "https://evil.example.com/bucket/public/y",
        "//bucket/public/y",
    ] {
        let exchange = world().ask(&put("x-amz-copy-source", source));
        exchange.refused("not_allowed");
        assert_eq!(exchange.log["mismatch"], "other_resource", "{source}");
    }
    for source in [
        "bucket/public/../private/y",
        "bucket/public/%2e%2e/private/y",
        "bucket/public/..%2Fprivate%2Fy",
        "bucket/public/y, bucket/private/y",
        "bucket/public/y#z",
        "bucket/public/a%2fb",
        "bucket/public%2Fy",
        "bucket/read+only",
        "bucket/public/\u{e9}",
    ] {
        world().ask(&put("x-amz-copy-source", source)).refused("path_ambiguous");
    }
}

#[test]
fn case_74_every_provider_s_header_is_a_source() {
    let world = || store("https://objects.example.com", "copy_bucket = \"path\"");
    for name in [
        "x-amz-copy-source",
        "x_amz_copy_source",
        "x-goog-copy-source",
        "x-oss-copy-source",
        "x-cos-copy-source",
        "x-obs-copy-source",
        "x-ms-copy-source",
        "x-ms-rename-source",
        "x-amz-rename-source",
        "x-upyun-move-source",
    ] {
        assert_eq!(world().ask(&put(name, "/bucket/public/y")).status, 200, "{name}");
        world().ask(&put(name, "/bucket/private/y")).refused("not_allowed");
    }
    // A rule for GET does not allow moving.
    assert_eq!(world().ask(&put("x-amz-copy-source", "public/y")).status, 200);
    world().ask(&put("x-ms-rename-source", "public/y")).refused("not_allowed");
    for name in
        ["x-copy-from", "x-object-manifest", "x-symlink-target", "x-oss-symlink-target", "upload-concat"]
    {
        world().ask(&put(name, "bucket/public/y")).refused("not_allowed");
    }
    assert_eq!(world().ask(&put("upload-concat", "partial")).sent().header("upload-concat"), ["partial"]);
    // Headers that limit a copy name no resource.
    for (name, value) in [("x-amz-copy-source-if-match", "\"x\""), ("x-amz-copy-source-range", "bytes=0-9")] {
        assert_eq!(world().ask(&put(name, value)).sent().header(name), [value]);
    }
    let azure = "https://objects.example.com/bucket/public/y?sv=1&sig=a%2Fb";
    assert_eq!(world().ask(&put("x-ms-copy-source", azure)).status, 200);
    world()
        .ask(&put("x-ms-copy-source", "https://objects.example.com/bucket/private/y?sv=1"))
        .refused("not_allowed");
}

#[test]
fn case_74_a_source_is_on_the_upstream_of_the_route() {
    // With the bucket in the base path, and in the host.
    for upstream in ["https://s3.amazonaws.com/mine", "https://mine.s3.amazonaws.com"] {
        let world = || store(upstream, "");
        assert_eq!(world().ask(&put("x-amz-copy-source", "mine/public/y")).status, 200, "{upstream}");
        for source in ["mine/private/y", "public/y", "other/public/y", "bucket/public/y"] {
            world().ask(&put("x-amz-copy-source", source)).refused("not_allowed");
        }
    }
}

#[test]
fn case_74_a_bucket_is_read_in_one_way_only() {
    for (upstream, setting, source, is_admitted) in [
        // Known hosts.
        ("https://mine.t3.storage.dev", "", "public/y", false),
        ("https://mine.t3.storage.dev", "", "mine/public/y", true),
        ("https://mine.storage.yandexcloud.net", "", "public/y", false),
        ("https://my.s3.backups.s3.amazonaws.com", "", "my/public/y", false),
        ("https://my.s3.backups.s3.amazonaws.com", "", "my.s3.backups/public/y", true),
        ("https://mine.s3.amazonaws.com", "", "mine.s3.amazonaws.com/public/y", false),
        // On other hosts, the route has to say it.
        ("https://mine.objects.example.com", "", "public/y", false),
        ("https://mine.objects.example.com", "", "mine/public/y", false),
        ("https://eu.s3.example.com", "", "eu/public/y", false),
        ("https://objects.example.com", "", "bucket/public/y", false),
        ("https://mine.objects.example.com", "host:mine", "mine/public/y", true),
        ("https://mine.objects.example.com", "host:mine", "mine/private/y", false),
        ("https://mine.objects.example.com", "host:mine", "public/y", false),
        ("https://objects.example.com", "path", "bucket/public/y", true),
        ("https://objects.example.com", "path", "bucket/private/y", false),
        ("https://objects.example.com", "path", "objects/public/y", false),
    ] {
        let more = if setting.is_empty() { String::new() } else { format!("copy_bucket = \"{setting}\"") };
        let exchange = store(upstream, &more).ask(&put("x-amz-copy-source", source));
        let mismatch = if is_admitted { "null" } else { "\"other_resource\"" };
        assert_eq!(exchange.log["mismatch"].to_string(), mismatch, "{upstream} {setting} {source}");
        assert_eq!(exchange.status, if is_admitted { 200 } else { 403 }, "{upstream} {setting} {source}");
    }
}

#[test]
fn case_74_a_post_names_a_second_resource_too() {
    let gateway = GATEWAY.replace("\"GET,PUT /**\"", "\"GET,POST /public/**\"");
    let post = |name: &'static str| Ask::new("POST", "/dav/public/mine").header(name, "private/");
    for name in ["x-object-manifest", "upload-concat", "x-amz-copy-source"] {
        World::of(&gateway).ask(&post(name)).refused("not_allowed");
    }
    // No header of these methods names one.
    let query = Ask::new("QUERY", "/dav/public/mine").header("x-object-manifest", "private/");
    assert_eq!(world().ask(&query).status, 200);
}

#[test]
fn case_74_a_route_can_forward_a_source_that_is_not_checked_or_strip_it() {
    let forwarding = store("https://objects.example.com", "forward_headers = [\"x-amz-copy-source\"]");
    let exchange = forwarding.ask(&put("x-amz-copy-source", "bucket/private/y"));
    assert_eq!(exchange.sent().header("x-amz-copy-source"), ["bucket/private/y"]);
    let stripping = store("https://objects.example.com", "strip_headers = [\"x-amz-copy-source\"]");
    let exchange = stripping.ask(&put("x-amz-copy-source", "bucket/private/y"));
    assert_eq!((exchange.status, exchange.sent().header("x-amz-copy-source")), (200, vec![]));
}
