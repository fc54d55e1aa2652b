//! Attacks 23 to 29: values, sources, and reads.

use crate::world::{Ask, Binding, World};

#[test]
fn case_23_line_ends_at_the_end_are_dropped() {
    for value in ["canary-x\n", "canary-x\r\n", "canary-x\r\n\n"] {
        let world = World::new().with("API_KEY", Binding::Value(value));
        assert_eq!(
            world.ask(&Ask::new("GET", "/api/v1/x")).sent().header("authorization"),
            ["Bearer canary-x"]
        );
    }
}

#[test]
fn cases_23_24_and_27_the_next_source_serves_when_the_first_does_not() {
    for (binding, failure) in [
        (Binding::Missing, "missing"),
        (Binding::Throws, "error"),
        (Binding::Hangs, "timeout"),
        (Binding::Value(""), "empty"),
        (Binding::Value(" \t\r\n"), "empty"),
        (Binding::Value("canary\nx"), "invalid"),
        (Binding::Value("canary\rx"), "invalid"),
        (Binding::Value("canary\0x"), "invalid"),
        (Binding::Value("canary\tx"), "invalid"),
        (Binding::Value("canary\u{7f}x"), "invalid"),
        (Binding::Value("canary-\u{e9}"), "invalid"),
        (Binding::Value("\u{feff}canary"), "invalid"),
        (Binding::Value("canary\u{a0}x"), "invalid"),
        (Binding::Value(" canary"), "invalid"),
        (Binding::Value("canary \n"), "invalid"),
        (Binding::Value("“canary”"), "invalid"),
    ] {
        let world = World::new().with("API_KEY", binding);
        let exchange = world.ask(&Ask::new("GET", "/api/v1/x"));
        assert_eq!(exchange.sent().header("authorization"), ["Bearer canary-api-key-previous"], "{failure}");
        assert_eq!(exchange.log["level"], "warn");
        assert_eq!(
            exchange.log["secrets"],
            serde_json::json!([
                { "secret": "api", "binding": "API_KEY", "source": 1, "failure": failure },
                { "secret": "api", "binding": "API_KEY_PREVIOUS", "source": 2 },
            ])
        );

        let none = World::new().with("API_KEY", binding).with("API_KEY_PREVIOUS", binding);
        let exchange = none.ask(&Ask::new("GET", "/api/v1/x"));
        exchange.refused("secret_unavailable");
        assert_eq!((exchange.status, &exchange.log["level"]), (503, &"error".into()));
    }
}

#[test]
fn case_24_validity_is_asked_where_a_value_is_put() {
    let odd = Binding::Value("canary \u{e9}\nx");
    let world = World::new().with("ONLY_KEY", odd);
    assert_eq!(
        world.ask(&Ask::new("GET", "/query/x")).sent().url,
        "https://query.example.com/x?key=canary%20%C3%A9%0Ax"
    );
    world.ask(&Ask::new("GET", "/key/x")).refused("secret_unavailable");
    world.ask(&Ask::new("GET", "/basic/x")).refused("secret_unavailable");
    let accented = World::new().with("ONLY_KEY", Binding::Value("canary\u{e9}"));
    // `api:canaryé` in UTF-8.
    assert_eq!(
        accented.ask(&Ask::new("GET", "/basic/x")).sent().header("authorization"),
        ["Basic YXBpOmNhbmFyecOp"]
    );
}

#[test]
fn case_25_long_values_are_put_whole() {
    for length in [1024, 1025, 16 * 1024, 65_536] {
        let value: &'static str = "canary-".repeat(length / 7 + 1)[..length].to_owned().leak();
        let world = World::new().with("ONLY_KEY", Binding::Value(value));
        assert_eq!(
            world.ask(&Ask::new("GET", "/key/x")).sent().header("x-api-key"),
            [format!("Key {value}")]
        );
        let basic = world.ask(&Ask::new("GET", "/basic/x")).sent().header("authorization")[0].len();
        assert_eq!(basic, "Basic ".len() + (length + 4).div_ceil(3) * 4);
    }
    let value: &'static str = "canary+=".repeat(1024).leak();
    let world = World::new().with("ONLY_KEY", Binding::Value(value));
    let expected = format!("https://query.example.com/x?key={}", "canary%2B%3D".repeat(1024));
    assert_eq!(world.ask(&Ask::new("GET", "/query/x")).sent().url, expected);
}

#[test]
fn case_26_a_value_is_never_expanded() {
    let value = "canary%s${only}$1$$\"'\\:{}";
    let world = World::new().with("ONLY_KEY", Binding::Value(value)).with("API_KEY", Binding::Value(value));
    assert_eq!(world.ask(&Ask::new("GET", "/key/x")).sent().header("x-api-key"), [format!("Key {value}")]);
    assert_eq!(
        world.ask(&Ask::new("GET", "/api/v1/x")).sent().header("authorization"),
        [format!("Bearer {value}")]
    );
    world.ask(&Ask::new("GET", "/username/x")).refused("secret_unavailable");
}

#[test]
fn the_secrets_of_one_auth_move_to_the_next_source_together() {
    for broken in ["PAIR_ID", "PAIR_KEY"] {
        let world = World::new().with(broken, Binding::Throws);
        let exchange = world.ask(&Ask::new("GET", "/pair/x"));
        let sent = exchange.sent();
        assert_eq!(sent.header("x-id"), ["canary-pair-id-previous"], "{broken}");
        assert_eq!(sent.header("x-key"), ["canary-pair-key-previous"], "{broken}");
        assert_eq!(sent.header("x-only"), ["canary-only-key"]);
    }
    let world = World::new().with("PAIR_ID", Binding::Throws).with("PAIR_KEY_PREVIOUS", Binding::Throws);
    world.ask(&Ask::new("GET", "/pair/x")).refused("secret_unavailable");
    let world = World::new().with("ONLY_KEY", Binding::Throws);
    world.ask(&Ask::new("GET", "/pair/x")).refused("secret_unavailable");
}

#[test]
fn case_28_a_binding_is_read_once_a_request() {
    let world = World::new().with("PAIR_ID", Binding::Missing);
    let mut reads = world.ask(&Ask::new("GET", "/pair/x")).reads;
    reads.sort_unstable();
    let expected = [
        "CHECKOUT_TOKEN",
        "CHECKOUT_TOKEN_PREVIOUS",
        "ONLY_KEY",
        "PAIR_ID",
        "PAIR_ID_PREVIOUS",
        "PAIR_KEY",
        "PAIR_KEY_PREVIOUS",
    ];
    assert_eq!(reads, expected);
    let account = World::new().with("ACCOUNT_JSON", Binding::Value(r#"{"id":"canary-1","key":"canary-2"}"#));
    let reads = account.ask(&Ask::new("GET", "/account/x")).reads;
    assert_eq!(reads.iter().filter(|name| *name == "ACCOUNT_JSON").count(), 1);
}

#[test]
fn case_28_a_value_that_changes_between_two_requests_is_seen_by_the_second() {
    let world = World::new();
    assert_eq!(
        world.ask(&Ask::new("GET", "/api/v1/x")).sent().header("authorization"),
        ["Bearer canary-api-key"]
    );
    let world = world.with("API_KEY", Binding::Value("canary-rotated"));
    assert_eq!(
        world.ask(&Ask::new("GET", "/api/v1/x")).sent().header("authorization"),
        ["Bearer canary-rotated"]
    );
}

#[test]
fn fields_of_a_json_secret_are_put_and_a_missing_one_is_no_value() {
    let account = |value| World::new().with("ACCOUNT_JSON", Binding::Value(value));
    let exchange =
        account(r#"{"id":"canary-1","key":"canary-2","more":[]}"#).ask(&Ask::new("GET", "/account/x"));
    assert_eq!(exchange.sent().header("x-id"), ["canary-1"]);
    assert_eq!(exchange.sent().header("x-key"), ["canary-2-acct-1"]);
    for value in [
        "canary",
        r#"{"id":"canary-1"}"#,
        r#"{"id":"canary-1","key":2}"#,
        r#"{"id":"canary\n1","key":"canary-2"}"#,
    ] {
        let exchange = account(value).ask(&Ask::new("GET", "/account/x"));
        exchange.refused("secret_unavailable");
        assert_eq!(exchange.log["secrets"][0]["failure"], "invalid");
    }
}

#[test]
fn a_classic_secret_of_the_worker_is_a_source_too() {
    let ask = Ask::new("GET", "/classic/x").header("x-token", "canary-ci-token");
    assert_eq!(World::new().ask(&ask).sent().header("authorization"), ["Bearer canary-classic-key"]);
}
