//! Case 37: the credentials that were sent are not in the response.

use ostiary_core::http::coding::Coding;

use crate::world::{Ask, Binding, World};

const LARGE: &str = "canary-api-key";

#[test]
fn case_37_the_body_and_every_header_are_scanned() {
    let world = World::new()
        .answering(
            200,
            &[("x-debug", "Bearer canary-api-key"), ("location", "https://o.example/canary-api-key")],
        )
        .with_body("{\"key\":\"canary-api-key\",\"more\":1}");
    let done = world.ask(&Ask::new("GET", "/api/v1/x"));
    assert_eq!(done.body, "{\"key\":\"[redacted:api]\",\"more\":1}");
    assert_eq!(done.header("x-debug"), ["Bearer [redacted:api]"]);
    assert_eq!(done.coding, Some(Coding::Identity));
}

#[test]
fn case_46_the_caller_s_token_is_not_sent_so_it_is_not_looked_for() {
    let world = World::new().with_body("hello canary-checkout-token\n");
    let done = world.ask(&Ask::new("GET", "/api/v1/x"));
    assert_eq!(done.body, "hello canary-checkout-token\n");
}

#[test]
fn case_50_length_entity_tag_and_ranges_stay_for_get_as_for_head() {
    let headers = [
        ("content-length", "5"),
        ("etag", "\"x\""),
        ("accept-ranges", "bytes"),
        ("content-type", "text/x; charset=utf-8"),
        ("digest", "sha-256=x"),
        ("repr-digest", "x"),
        ("x-amz-checksum-crc32", "x"),
    ];
    for method in ["GET", "HEAD"] {
        let done = World::new().answering(200, &headers).ask(&Ask::new(method, "/api/v1/x"));
        for (name, value) in &headers[..4] {
            assert_eq!(done.header(name), [*value], "{method} {name}");
        }
        for (name, _) in &headers[4..] {
            assert!(done.header(name).is_empty(), "{method} {name}");
        }
    }
    // The decoded body has another length than in the upstream's header, for both methods.
    for method in ["GET", "HEAD"] {
        let coded = [&[("content-encoding", "gzip")][..], &headers[..3]].concat();
        let done = World::new().answering(200, &coded).ask(&Ask::new(method, "/api/v1/x"));
        for name in ["content-encoding", "content-length", "accept-ranges"] {
            assert!(done.header(name).is_empty(), "{method} {name}");
        }
        assert_eq!(done.header("etag"), ["W/\"x\""], "{method}");
    }
    for status in [204, 304] {
        let done = World::new().answering(status, &headers).ask(&Ask::new("GET", "/api/v1/x"));
        assert_eq!((done.header("etag"), done.coding), (vec!["\"x\""], None), "{status}");
        assert!(done.header("repr-digest").is_empty(), "{status}");
    }
}

#[test]
fn case_47_a_body_is_scanned_whatever_its_head_says_of_its_length() {
    for headers in
        [&[("content-length", "0")][..], &[("content-length", "0"), ("transfer-encoding", "identity")]]
    {
        let world = World::new().answering(200, headers).with_body("echo canary-api-key");
        assert_eq!(world.ask(&Ask::new("GET", "/api/v1/x")).body, "echo [redacted:api]");
    }
}

#[test]
fn case_46_the_same_body_has_the_same_marks_whatever_the_caller_says() {
    let body = "{\"error\":\"invalid api key: canary-api-key.\",\"guess\":\"api key: canary-a\"}";
    let plain = World::new().with_body(body).ask(&Ask::new("GET", "/api/v1/x")).body;
    assert_eq!(plain, body.replace("canary-api-key", "[redacted:api]"));
    for guess in ["api key: canary-a", "api key: canary-api-key", "canary-api-key.", "%63", "\\", "&#"] {
        let ask = Ask::new("GET", "/api/v1/x?key=canary-a")
            .header("x-api-key", guess)
            .header("x-guess", guess)
            .header("cookie", guess);
        assert_eq!(World::new().with_body(body).ask(&ask).body, plain, "{guess}");
    }
}

#[test]
fn case_48_nothing_that_could_not_be_searched_is_asked_for_or_accepted() {
    let ask = Ask::new("GET", "/api/v1/x")
        .header("request-range", "bytes=0-9")
        .header("range", "bytes=0-1,3-4")
        .header("if-range", "\"x\"")
        .header("a-im", "range")
        .header("accept-charset", "utf-16")
        .header("want-digest", "sha-256")
        .header("want-repr-digest", "sha-256=1")
        .header("x-amz-checksum-mode", "ENABLED")
        .header("accept", "application/json;charset=UTF-16, */*;q=0.1")
        .header("accept-encoding", "gzip")
        .header("accept_encoding", "gzip")
        .header("accept.charset", "utf-16")
        .header("grpc-accept-encoding", "gzip")
        .header("x-ms-range-get-content-md5", "true");
    let done = World::new().ask(&ask);
    for name in [
        "request-range",
        "range",
        "if-range",
        "a-im",
        "accept-charset",
        "accept.charset",
        "accept_encoding",
        "want-digest",
        "want-repr-digest",
        "grpc-accept-encoding",
        "x-ms-range-get-content-md5",
    ] {
        assert!(done.sent().header(name).is_empty(), "{name}");
    }
    assert!(done.sent().header("x-amz-checksum-mode").is_empty());
    assert_eq!(done.sent().header("accept"), ["application/json, */*;q=0.1"]);
    assert_eq!(done.sent().header("accept-encoding"), ["identity"]);

    let quoted = "text/html; a=\"b, text/plain; charset=utf-7\"";
    let done = World::new().ask(&Ask::new("GET", "/api/v1/x").header("accept", quoted));
    assert_eq!(done.sent().header("accept"), [""; 0]);

    let refused = |status, headers: &[(&'static str, &'static str)]| {
        World::new().answering(status, headers).ask(&Ask::new("GET", "/api/v1/x")).code
    };
    for (status, headers) in [
        (206, &[][..]),
        (206, &[("content-range", "bytes 0-9/100")][..]),
        (226, &[("im", "range")]),
        (200, &[("content-encoding", "zstd")]),
        (200, &[("transfer-encoding", "gzip, chunked")]),
        (200, &[("content-encoding", "GZIP")]),
        (200, &[("content-type", "application/json;charset=UTF-16")]),
        (200, &[("content-type", "text/plain; charset=utf-7")]),
    ] {
        assert_eq!(refused(status, headers).as_deref(), Some("upstream_invalid"), "{headers:?}");
    }
    assert_eq!(refused(200, &[("content-encoding", "br")]), None);
    assert_eq!(refused(200, &[("content-type", "text/html; charset=iso-8859-1")]), None);
    for (content_type, is_refused) in
        [("text/plain", true), ("application/json", true), ("", true), ("application/octet-stream", false)]
    {
        let world = World::new().answering(200, &[("content-type", content_type)]).with_body("+/v8-");
        let code = world.ask(&Ask::new("GET", "/api/v1/x")).code;
        assert_eq!(code.as_deref(), is_refused.then_some("upstream_invalid"), "{content_type}");
    }
}

#[test]
fn case_72_no_head_says_how_long_a_body_is_that_was_compressed_with_the_key() {
    let headers = [("content-encoding", "zstd"), ("content-length", "5"), ("etag", "\"x\"")];
    for (method, status) in [("HEAD", 200), ("GET", 304), ("HEAD", 304)] {
        for coding in ["gzip", "zstd", "gzip, gzip"] {
            let headers = [&[("content-encoding", coding)], &headers[1..]].concat();
            let done = World::new().answering(status, &headers).ask(&Ask::new(method, "/api/v1/x"));
            assert_eq!((done.status, done.header("etag")), (status, vec!["W/\"x\""]), "{method} {coding}");
            assert!(done.header("content-length").is_empty(), "{method} {status} {coding}");
        }
    }
}

#[test]
fn case_48_messages_that_are_compressed_within_a_body_are_refused() {
    for name in ["grpc-encoding", "connect-content-encoding"] {
        for (coding, is_refused) in [("gzip", true), ("zstd", true), ("Snappy", true), ("identity", false)] {
            let headers = [("content-type", "application/grpc-web+proto"), (name, coding)];
            // A server uses the coding of the messages that it received.
            let ask = Ask::new("POST", "/key/v1/x").header(name, "gzip").body("-----");
            let done = World::new().answering(200, &headers).ask(&ask);
            assert_eq!(done.code.as_deref(), is_refused.then_some("upstream_invalid"), "{name} {coding}");
            assert_eq!(done.sent().header(name), ["gzip"]);
        }
    }
}

#[test]
fn case_48_utf_16_that_nothing_tells_is_searched() {
    let little: Vec<u8> = "“x” canary-api-key".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = "“x” canary-api-key".encode_utf16().flat_map(u16::to_be_bytes).collect();
    for body in [little, big] {
        // Text that is not UTF-8 is not part of this test.
        let body: &'static str = String::from_utf8_lossy(&body).into_owned().leak();
        for content_type in ["text/plain", "application/octet-stream"] {
            let world = World::new().answering(200, &[("content-type", content_type)]).with_body(body);
            let done = world.ask(&Ask::new("GET", "/api/v1/x"));
            assert!(!done.body.replace('\0', "").contains("canary"), "{:?}", done.body);
            assert_eq!(done.body.len(), body.len());
        }
    }
}

#[test]
fn a_range_that_is_written_is_forwarded_as_it_is() {
    let ask = |method| {
        Ask::new(method, "/key/v1/x").header("x-ms-range", "bytes=0-511").header("range", "bytes=0-1,4-5")
    };
    let done = World::new().ask(&ask("PUT"));
    assert_eq!(done.sent().header("x-ms-range"), ["bytes=0-511"]);
    assert_eq!(done.sent().header("range"), ["bytes=0-1,4-5"]);
    let done = World::new().ask(&ask("POST"));
    assert!(done.sent().header("x-ms-range").is_empty() && done.sent().header("range").is_empty());
    // A response of this kind is not passed on.
    let world = World::new().answering(206, &[("content-range", "bytes 0-1/5")]);
    assert_eq!(world.ask(&ask("PUT")).code.as_deref(), Some("upstream_invalid"));
}

#[test]
fn case_50_azure_s_own_range_is_widened_as_the_other_is() {
    let ask =
        Ask::new("GET", "/api/v1/x").header("x-ms-range", "bytes=2000-2003").header("range", "bytes=0-1");
    let done = World::new().ask(&ask);
    assert!(done.sent().header("range").is_empty());
    assert_ne!(done.sent().header("x-ms-range"), ["bytes=2000-2003"]);
}

#[test]
fn case_50_a_range_is_asked_for_with_its_surroundings_and_cut() {
    let ask = Ask::new("GET", "/api/v1/x").header("range", "bytes=2000-2003").header("if-range", "\"x\"");
    let sent = World::new().ask(&ask).sent().header("range")[0].to_owned();
    let (first, last) = sent.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
    let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
    assert!(first < 1900 && last > 2050, "{sent}");

    // The key begins before the range and ends in it.
    let whole: &'static str = format!("{:1$}canary-api-key{2:3$}", "", 1992, "", 8000).leak();
    let content_range: &'static str = format!("bytes {first}-{last}/{}", whole.len()).leak();
    let headers: Vec<(&'static str, &'static str)> =
        vec![("content-range", content_range), ("etag", "\"x\""), ("content-type", "text/plain")];
    let world = World::new().answering(206, &headers).with_body(&whole[first..=last]);
    let done = world.ask(&ask);
    assert_eq!((done.status, done.body.as_str()), (206, "d:ap"));
    assert_eq!(done.header("content-range"), [format!("bytes 2000-2003/{}", whole.len())]);
    assert_eq!((done.header("content-length"), done.header("etag")), (vec!["4"], vec!["\"x\""]));

    // A range after the end.
    let content_range: &'static str = format!("bytes {first}-1999/2000").leak();
    let world =
        World::new().answering(206, &[("content-range", content_range)]).with_body(&whole[first..2000]);
    let done = world.ask(&ask);
    assert_eq!((done.status, done.body.as_str()), (416, ""));
    assert_eq!(done.header("content-range"), ["bytes */2000"]);

    // An upstream that does not support ranges.
    let done = World::new().with_body("all of it\n").ask(&ask);
    assert_eq!((done.status, done.body.as_str()), (200, "all of it\n"));
}

#[test]
fn a_route_that_does_not_redact_passes_all_of_it() {
    let headers = [("content-length", "5"), ("content-encoding", "zstd"), ("etag", "\"x\"")];
    let done = World::new()
        .answering(206, &headers)
        .with_body(LARGE)
        .ask(&Ask::new("GET", "/plain/x").header("range", "bytes=0-9").header("accept-encoding", "zstd"));
    assert_eq!((done.status, done.body.as_str(), done.coding), (206, LARGE, None));
    for (name, value) in headers {
        assert_eq!(done.header(name), [value]);
    }
    assert_eq!(done.sent().header("range"), ["bytes=0-9"]);
    assert_eq!(done.sent().header("accept-encoding"), ["zstd"]);
}

#[test]
fn a_request_that_sends_nothing_is_not_redacted() {
    let done = World::new().answering(206, &[("content-range", "bytes 0-1/5")]).ask(
        &Ask::bare("GET", "https://gw.example.com/open/x")
            .header("host", "gw.example.com")
            .header("range", "bytes=0-1"),
    );
    assert_eq!((done.status, done.coding), (206, None));
    assert_eq!(done.sent().header("range"), ["bytes=0-1"]);
}

#[test]
fn a_value_that_is_too_short_is_named_in_the_log() {
    let world = World::new().with("API_KEY", Binding::Value("canary")).with_body("canary");
    let done = world.ask(&Ask::new("GET", "/api/v1/x"));
    assert_eq!(done.log["too_short"], serde_json::json!(["api"]));
    assert_eq!(done.log["level"], "warn");
    assert_eq!(done.body, "canary");
}

/// A world whose primary key is too short to be looked for in bodies.
fn with_short_key() -> World {
    World::new().with("API_KEY", Binding::Value("canary"))
}

#[test]
fn case_50_a_range_of_a_body_that_is_not_searched_is_the_caller_s_own() {
    let body: &'static str = "x".repeat(100).leak();
    for (name, range, content_range) in [
        ("range", "bytes=100-199", "bytes 100-199/1000"),
        ("range", "bytes=900-", "bytes 900-999/1000"),
        ("range", "bytes=-100", "bytes 900-999/1000"),
        ("x-ms-range", "bytes=0-99", "bytes 0-99/*"),
    ] {
        let headers: Vec<(&'static str, &'static str)> =
            vec![("content-range", content_range), ("content-length", "100"), ("etag", "\"x\"")];
        let ask = Ask::new("GET", "/api/v1/x").header(name, range).header("if-range", "\"x\"");
        let done = with_short_key().answering(206, &headers).with_body(body).ask(&ask);
        assert_eq!((done.sent().header(name), done.sent().header("if-range")), (vec![range], vec!["\"x\""]));
        assert_eq!((done.status, done.body.as_str(), done.coding), (206, body, None), "{range}");
        for (name, value) in headers {
            assert_eq!(done.header(name), [value], "{range}");
        }
    }
}

#[test]
fn case_50_a_range_is_widened_from_the_first_key_on_that_is_looked_for() {
    let ask = Ask::new("GET", "/api/v1/x").header("range", "bytes=2000-2003");
    let ranges = |world: World| {
        let done = world.first_statuses(&[401]).ask(&ask);
        let ranges = done.sent.iter().map(|sent| sent.header("range").concat());
        ranges.map(|range| range == "bytes=2000-2003").collect::<Vec<_>>()
    };
    assert_eq!(ranges(with_short_key()), [true, false]);
    assert_eq!(ranges(World::new().with("API_KEY_PREVIOUS", Binding::Value("canary"))), [false, false]);
    assert_eq!(ranges(with_short_key().with("API_KEY_PREVIOUS", Binding::Value("c-nary"))), [true, true]);
}

#[test]
fn case_48_a_body_that_is_not_searched_may_have_any_encoding() {
    let plain = [("content-type", "text/plain")];
    let done = with_short_key().answering(200, &plain).with_body("+/v8-").ask(&Ask::new("GET", "/api/v1/x"));
    assert_eq!((done.code.as_deref(), done.body.as_str()), (None, "+/v8-"));
    assert!(!done.steps.iter().any(|step| step.starts_with("looks at")), "{:?}", done.steps);
    let named = [("content-type", "text/plain; charset=utf-16"), ("content-encoding", "zstd")];
    let done = with_short_key().answering(200, &named).ask(&Ask::new("GET", "/api/v1/x"));
    assert_eq!((done.code.as_deref(), done.header("content-encoding")), (None, vec!["zstd"]));
}

#[test]
fn case_48_the_first_bytes_are_looked_at_where_nothing_else_tells_the_encoding() {
    let text = ("content-type", "text/plain");
    for (method, status, headers, is_looked_at) in [
        ("GET", 200, &[text][..], true),
        ("GET", 200, &[], true),
        ("HEAD", 200, &[text], false),
        ("GET", 304, &[text], false),
        ("GET", 200, &[("content-type", "text/plain; charset=utf-8")], false),
        ("GET", 200, &[("content-type", "text/event-stream")], false),
        ("GET", 200, &[("content-type", "image/png")], false),
        ("GET", 200, &[text, ("content-encoding", "gzip")], false),
    ] {
        let done = World::new().answering(status, headers).ask(&Ask::new(method, "/api/v1/x"));
        let looked = done.steps.iter().any(|step| step.starts_with("looks at"));
        assert_eq!(looked, is_looked_at, "{method} {status} {headers:?} {:?}", done.steps);
    }
}

/// A byte order mark is one at the beginning of a body only.
#[test]
fn case_48_a_part_is_judged_by_a_byte_order_mark_where_it_is_the_first() {
    let body: &'static str = format!("+/v8-{:5000}", "").leak();
    for (range, code) in [("bytes=0-9", Some("upstream_invalid")), ("bytes=2000-2003", None)] {
        let ask = Ask::new("GET", "/api/v1/x").header("range", range);
        let sent = World::new().ask(&ask).sent().header("range")[0].to_owned();
        let (first, last) = sent.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
        let length = last.parse::<usize>().unwrap() - first.parse::<usize>().unwrap() + 1;
        let content_range: &'static str = format!("bytes {first}-{last}/100000").leak();
        let headers: Vec<(&'static str, &'static str)> =
            vec![("content-range", content_range), ("content-type", "text/plain")];
        let done = World::new().answering(206, &headers).with_body(&body[..length]).ask(&ask);
        assert_eq!(done.code.as_deref(), code, "{range} {sent}");
    }
}

#[test]
fn case_37_the_pair_of_basic_is_found_as_it_was_sent() {
    let world = World::new().with_body("Basic YXBpOmNhbmFyeS1vbmx5LWtleQ==\n");
    let done = world.ask(&Ask::new("GET", "/basic/x"));
    assert_eq!(done.sent().header("authorization"), ["Basic YXBpOmNhbmFyeS1vbmx5LWtleQ=="]);
    assert_eq!(done.body, "Basic [redacted:only]*************\n");
}

#[test]
fn case_37_the_key_that_was_refused_is_looked_for_as_the_one_that_serves() {
    let world = World::new()
        .first_statuses(&[401])
        .with_body("canary-api-key, then canary-api-key-previous; canary-batch-token\n");
    let done = world.ask(&Ask::new("GET", "/api/v1/x"));
    assert_eq!((done.status, done.sent.len()), (200, 2));
    assert_eq!(done.body, "[redacted:api], then [redacted:api]*********; canary-batch-token\n");

    // If no other source can be read, the caller gets the first response, which contains the first credential.
    let world = World::new()
        .with("API_KEY_PREVIOUS", Binding::Missing)
        .answering(401, &[])
        .with_body("canary-api-key is not valid\n");
    let done = world.ask(&Ask::new("GET", "/api/v1/x"));
    assert_eq!((done.status, done.body.as_str()), (401, "[redacted:api] is not valid\n"));
}

/// The body that the caller gets where the upstream returns this body to a request with the Basic credentials
/// `canary-pair-id:canary-api-key`.
fn redacted_of_basic(except: &str, body: &'static str) -> String {
    let gateway = format!(
        r#"
[secrets]
only     = ["ONLY_KEY"]
id       = ["PAIR_ID"]
key      = ["API_KEY"]
checkout = ["CHECKOUT_TOKEN"]
[callers.checkout]
bearer = "${{checkout}}"
[routes.basic]
mount    = "/basic"
upstream = "https://api.example.com"
auth     = [{{ header = "x-key", value = "${{only}}" }}, {{ basic = {{ username = "${{id}}", password = "${{key}}" }} }}]
redact   = {except}
allow    = {{ checkout = ["* /**"] }}
"#
    );
    let exchange = World::of(&gateway).with_body(body).ask(&Ask::new("GET", "/basic/x"));
    // A mark is filled up to the length of the value.
    exchange.body.replace('*', "")
}

#[test]
fn the_credentials_of_basic_have_the_name_of_the_password_and_are_redacted_unless_both_are_excepted() {
    let echo = "Basic Y2FuYXJ5LXBhaXItaWQ6Y2FuYXJ5LWFwaS1rZXk= of canary-pair-id with canary-api-key";
    let redacted = |except| redacted_of_basic(except, echo);
    assert_eq!(redacted("true"), "Basic [redacted:key] of [redacted:id] with [redacted:key]");
    assert_eq!(
        redacted(r#"{ except = ["id"] }"#),
        "Basic [redacted:key] of canary-pair-id with [redacted:key]"
    );
    assert_eq!(
        redacted(r#"{ except = ["key"] }"#),
        "Basic [redacted:key] of [redacted:id] with canary-api-key"
    );
    assert_eq!(redacted(r#"{ except = ["id", "key"] }"#), echo);
}

#[test]
fn a_field_of_a_secret_can_be_excepted_and_the_other_field_cannot_be_seen() {
    let gateway = r#"
[secrets]
account  = ["ACCOUNT_JSON"]
checkout = ["CHECKOUT_TOKEN"]
[callers.checkout]
bearer = "${checkout}"
[routes.fields]
mount    = "/fields"
upstream = "https://api.example.com"
auth     = [{ header = "x-id", value = "${account.id}" }, { header = "x-key", value = "${account.key}" }]
redact   = { except = ["account.id"] }
allow    = { checkout = ["* /**"] }
"#;
    let value = Binding::Value(r#"{"id":"canary-account-id","key":"canary-account-key"}"#);
    let world = World::of(gateway).with("ACCOUNT_JSON", value);
    let exchange =
        world.with_body("canary-account-id with canary-account-key").ask(&Ask::new("GET", "/fields/x"));
    assert_eq!(exchange.body, "canary-account-id with [redacted:account]");
}
