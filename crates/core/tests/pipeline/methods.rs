//! Methods beyond the ordinary ones, and the second target that some of them have.

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
    let other = world().ask(&Ask::new("PUT", "/dav/x").header("destination", "/anything"));
    assert_eq!(other.sent().header("destination"), ["/anything"]);
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
