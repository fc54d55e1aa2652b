//! Case 37: what was sent does not come back.

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
        .with_body("{\"key\":\"canary-api-key\",\"caller\":\"canary-checkout-token\",\"more\":1}");
    let done = world.ask(&Ask::new("GET", "/api/v1/x"));
    assert_eq!(done.body, "{\"key\":\"[redacted:api]\",\"caller\":\"[redacted:checkout]\",\"more\":1}");
    assert_eq!(done.header("x-debug"), ["Bearer [redacted:api]"]);
    assert_eq!(done.coding, Some(Coding::Identity));
}

#[test]
fn case_37_what_describes_the_body_goes_where_it_is_scanned() {
    let headers =
        [("content-length", "5"), ("etag", "\"x\""), ("accept-ranges", "bytes"), ("content-type", "text/x")];
    let world = World::new().answering(200, &headers);
    let done = world.ask(&Ask::new("GET", "/api/v1/x"));
    for (name, _) in &headers[..3] {
        assert!(done.header(name).is_empty(), "{name}");
    }
    assert_eq!(done.header("content-type"), ["text/x"]);

    let done = world.ask(&Ask::new("HEAD", "/api/v1/x"));
    assert_eq!((done.header("content-length"), done.coding), (vec!["5"], None));
    for status in [204, 304] {
        let done = World::new().answering(status, &headers).ask(&Ask::new("GET", "/api/v1/x"));
        assert_eq!((done.header("etag"), done.coding), (vec!["\"x\""], None), "{status}");
    }
}

#[test]
fn case_37_no_part_and_no_coding_is_asked_for_or_accepted() {
    let ask = Ask::new("GET", "/api/v1/x")
        .header("range", "bytes=0-9")
        .header("if-range", "\"x\"")
        .header("request-range", "bytes=0-9")
        .header("a-im", "range")
        .header("accept-encoding", "gzip");
    let done = World::new().ask(&ask);
    assert!(done.sent().header("request-range").is_empty() && done.sent().header("a-im").is_empty());
    assert!(done.sent().header("range").is_empty() && done.sent().header("if-range").is_empty());
    assert_eq!(done.sent().header("accept-encoding"), ["identity"]);

    let refused = |status, headers: &[(&'static str, &'static str)]| {
        World::new().answering(status, headers).ask(&Ask::new("GET", "/api/v1/x")).code
    };
    assert_eq!(refused(206, &[]).as_deref(), Some("upstream_invalid"));
    assert_eq!(refused(226, &[("im", "range")]).as_deref(), Some("upstream_invalid"));
    assert_eq!(refused(200, &[("content-encoding", "zstd")]).as_deref(), Some("upstream_invalid"));
    assert_eq!(refused(200, &[("content-encoding", "GZIP")]).as_deref(), Some("upstream_invalid"));
    assert_eq!(refused(200, &[("content-encoding", "br")]), None);
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

#[test]
fn case_37_the_pair_of_basic_is_found_as_it_was_sent() {
    let world = World::new().with_body("Basic YXBpOmNhbmFyeS1vbmx5LWtleQ==\n");
    let done = world.ask(&Ask::new("GET", "/basic/x"));
    assert_eq!(done.sent().header("authorization"), ["Basic YXBpOmNhbmFyeS1vbmx5LWtleQ=="]);
    assert_eq!(done.body, "Basic [redacted:only]\n");
}

#[test]
fn case_37_the_key_that_was_refused_is_looked_for_as_the_one_that_serves() {
    let world = World::new()
        .first_statuses(&[401])
        .with_body("canary-api-key, then canary-api-key-previous; canary-batch-token\n");
    let done = world.ask(&Ask::new("GET", "/api/v1/x"));
    assert_eq!((done.status, done.sent.len()), (200, 2));
    assert_eq!(done.body, "[redacted:api], then [redacted:api]; canary-batch-token\n");

    // The first answer stands where no other source can be read, and holds what was sent for it.
    let world = World::new()
        .with("API_KEY_PREVIOUS", Binding::Missing)
        .answering(401, &[])
        .with_body("canary-api-key is not valid\n");
    let done = world.ask(&Ask::new("GET", "/api/v1/x"));
    assert_eq!((done.status, done.body.as_str()), (401, "[redacted:api] is not valid\n"));
}
