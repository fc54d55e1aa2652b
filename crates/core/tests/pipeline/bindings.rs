//! Requests that a binding sends: one with a client certificate, or one that leads to another Worker.

use ostiary_core::runtime::SendError;
use serde_json::{Value, json};

use crate::world::{Ask, Binding, Exchange, FakeAnswer, World};

const GATEWAY: &str = r#"
[secrets]
api      = ["API_KEY", "API_KEY_PREVIOUS"]
only     = ["ONLY_KEY"]
mtls     = ["BATCH_TOKEN"]
checkout = ["CHECKOUT_TOKEN"]

[callers.checkout]
bearer = "${checkout}"

[routes.bank]
mount    = "/bank"
upstream = "https://bank.example.com/v1"
auth     = { mtls = ["CERTIFICATE", "CERTIFICATE_PREVIOUS", "CERTIFICATE_OLDEST"] }
failover = { status = [401, 403] }
allow    = { checkout = ["* /**"] }

[routes.keyed]
mount    = "/keyed"
upstream = "https://bank.example.com"
auth     = [{ mtls = ["CERTIFICATE", "CERTIFICATE_PREVIOUS"] }, { header = "x-key", value = "${api}" }]
allow    = { checkout = ["* /**"] }

[routes.fixed]
mount    = "/fixed"
upstream = "https://bank.example.com"
auth     = [{ mtls = "CERTIFICATE" }, { header = "x-key", value = "${api}" }]
allow    = { checkout = ["* /**"] }

[routes.namesake]
mount    = "/namesake"
upstream = "https://bank.example.com"
auth     = [{ mtls = ["CERTIFICATE", "CERTIFICATE_PREVIOUS"] }, { header = "x-key", value = "${mtls}" }]
allow    = { checkout = ["* /**"] }

[routes.single]
mount    = "/single"
upstream = "https://bank.example.com"
auth     = { mtls = "CERTIFICATE" }
allow    = { checkout = ["* /**"] }
retry    = { attempts = 2 }

[routes.billing]
mount    = "/billing"
upstream = { service = "BILLING", url = "https://billing.internal/v1" }
auth     = { bearer = "${api}" }
allow    = { checkout = ["* /**"] }

[routes.usual]
mount    = "/usual"
upstream = { service = "BILLING" }
auth     = []
allow    = { checkout = ["* /**"] }
"#;

fn world() -> World {
    let certificates = ["CERTIFICATE", "CERTIFICATE_PREVIOUS", "CERTIFICATE_OLDEST"]
        .map(|name| format!("[[mtls_certificates]]\nbinding = \"{name}\"\ncertificate_id = \"c\"\n"));
    let service = "[[services]]\nbinding = \"BILLING\"\nservice = \"billing\"\n";
    World::deployed(GATEWAY, &format!("{}{}{service}", include_str!("wrangler.toml"), certificates.concat()))
}

fn fetchers(exchange: &Exchange) -> Vec<&str> {
    exchange.sent.iter().filter_map(|sent| sent.fetcher.as_deref()).collect()
}

/// The log's word for each certificate that was shown: its binding, its position, and why it did not serve.
fn shown(exchange: &Exchange) -> Vec<Value> {
    let notes = exchange.log["secrets"].as_array().cloned().unwrap_or_default();
    let certificates = notes.into_iter().filter(|note| note["secret"] == "[mtls]");
    certificates.map(|note| json!([note["binding"], note["source"], note["failure"]])).collect()
}

#[test]
fn the_first_certificate_is_shown_and_nothing_is_read_for_it() {
    let exchange = world().ask(&Ask::new("POST", "/bank/x?a=1").body("body"));
    assert_eq!((exchange.status, exchange.reads.as_slice()), (200, &["CHECKOUT_TOKEN".to_owned()][..]));
    assert_eq!(fetchers(&exchange), ["CERTIFICATE"]);
    assert_eq!(exchange.sent().url, "https://bank.example.com/v1/x?a=1");
    assert_eq!(
        exchange.sent().header("authorization"),
        <[&str; 0]>::default(),
        "the caller's token stays here"
    );
    assert_eq!(shown(&exchange), [json!(["CERTIFICATE", 1, null])]);
}

#[test]
fn each_refused_certificate_is_followed_by_the_next_one() {
    for (statuses, fetchers_used, status, failover) in [
        (&[401][..], &["CERTIFICATE", "CERTIFICATE_PREVIOUS"][..], 200, "primary_refused"),
        (&[403, 401], &["CERTIFICATE", "CERTIFICATE_PREVIOUS", "CERTIFICATE_OLDEST"], 200, "primary_refused"),
        (
            &[403, 401, 403],
            &["CERTIFICATE", "CERTIFICATE_PREVIOUS", "CERTIFICATE_OLDEST"],
            403,
            "all_refused",
        ),
    ] {
        let exchange = world().first_statuses(statuses).ask(&Ask::new("GET", "/bank/x"));
        assert_eq!((exchange.status, &exchange.log["failover"]), (status, &json!(failover)), "{statuses:?}");
        assert_eq!(fetchers(&exchange), fetchers_used);
        let refused = statuses.len();
        for (at, (note, binding)) in shown(&exchange).iter().zip(fetchers_used).enumerate() {
            let failure = if at < refused { json!("refused") } else { Value::Null };
            assert_eq!(*note, json!([binding, at + 1, failure]), "{statuses:?}");
        }
    }
    // A status that says nothing of the certificate.
    let exchange = world().first_statuses(&[400]).ask(&Ask::new("GET", "/bank/x"));
    assert_eq!((exchange.status, fetchers(&exchange)), (400, vec!["CERTIFICATE"]));
}

#[test]
fn a_secret_can_be_named_as_the_form_is() {
    let exchange = world().first_statuses(&[401]).ask(&Ask::new("GET", "/namesake/x"));
    assert_eq!(
        exchange.log["secrets"],
        json!([
            { "secret": "mtls", "binding": "BATCH_TOKEN", "source": 1 },
            { "secret": "[mtls]", "binding": "CERTIFICATE", "source": 1, "failure": "refused", "status": 401 },
            { "secret": "[mtls]", "binding": "CERTIFICATE_PREVIOUS", "source": 2 },
        ])
    );
    let notices = exchange.notices.iter().map(|notice| [&notice["secret"], &notice["served_by"]]);
    assert_eq!(notices.collect::<Vec<_>>(), [[&json!("[mtls]"), &json!("CERTIFICATE_PREVIOUS")]]);
}

#[test]
fn a_body_that_is_gone_is_not_sent_by_the_next_certificate() {
    let mut world = world().first_statuses(&[401]);
    world.can_replay = false;
    let exchange = world.ask(&Ask::new("POST", "/bank/x").body("body"));
    assert_eq!((exchange.status, fetchers(&exchange)), (401, vec!["CERTIFICATE"]));
    assert_eq!(exchange.log["failover"], "not_replayable");
}

#[test]
fn a_certificate_and_the_key_beside_it_move_on_together() {
    let exchange = world().first_statuses(&[401]).ask(&Ask::new("GET", "/keyed/x"));
    let keys: Vec<_> = exchange.sent.iter().map(|sent| sent.header("x-key").join(",")).collect();
    assert_eq!(fetchers(&exchange), ["CERTIFICATE", "CERTIFICATE_PREVIOUS"]);
    assert_eq!(keys, ["canary-api-key", "canary-api-key-previous"]);
    // The first key is gone: its certificate is not shown either.
    let exchange = world().with("API_KEY", Binding::Missing).ask(&Ask::new("GET", "/keyed/x"));
    assert_eq!(fetchers(&exchange), ["CERTIFICATE_PREVIOUS"]);
    assert_eq!(exchange.sent().header("x-key"), ["canary-api-key-previous"]);
    assert_eq!(shown(&exchange), [json!(["CERTIFICATE_PREVIOUS", 2, null])]);
    // A single certificate stays.
    let exchange = world().first_statuses(&[401]).ask(&Ask::new("GET", "/fixed/x"));
    assert_eq!(fetchers(&exchange), ["CERTIFICATE", "CERTIFICATE"]);
    assert_eq!(shown(&exchange), [json!(["CERTIFICATE", 1, null])]);
    let exchange = world()
        .with("API_KEY", Binding::Missing)
        .with("API_KEY_PREVIOUS", Binding::Throws)
        .ask(&Ask::new("GET", "/keyed/x"));
    exchange.refused("secret_unavailable");
}

#[test]
fn a_binding_that_cannot_send_is_an_upstream_that_cannot_be_reached() {
    let exchange = world().first([Err(SendError::Unreachable)]).ask(&Ask::new("GET", "/bank/x"));
    assert_eq!((exchange.status, exchange.code.as_deref()), (502, Some("upstream_unreachable")));
    // A handshake that breaks off has no status, which could say that it is the certificate's fault.
    assert_eq!(fetchers(&exchange), ["CERTIFICATE"]);
    assert_eq!(exchange.log.get("failover"), None);
    let exchange = world().first([Err(SendError::TimedOut)]).ask(&Ask::new("GET", "/bank/x"));
    assert_eq!((exchange.status, fetchers(&exchange)), (504, vec!["CERTIFICATE"]));
    // A retry shows the same one.
    let exchange = world().first([Err(SendError::Unreachable)]).ask(&Ask::new("GET", "/single/x"));
    assert_eq!((exchange.status, fetchers(&exchange)), (200, vec!["CERTIFICATE", "CERTIFICATE"]));
    // The next certificate has been tried, and nothing has come back.
    let exchange = world()
        .first([Ok(FakeAnswer::new(401, &[])), Err(SendError::Unreachable)])
        .ask(&Ask::new("GET", "/bank/x"));
    assert_eq!((exchange.status, fetchers(&exchange)), (401, vec!["CERTIFICATE", "CERTIFICATE_PREVIOUS"]));
    assert_eq!(shown(&exchange)[1], json!(["CERTIFICATE_PREVIOUS", 2, "unanswered"]));
}

#[test]
fn a_service_gets_what_an_upstream_gets() {
    let ask = Ask::new("PUT", "/billing/x/y?a=1&b")
        .header("connection", "keep-alive, x-hop")
        .header("keep-alive", "timeout=5")
        .header("x-hop", "1")
        .header("te", "trailers")
        .header("proxy-authorization", "Basic abc")
        .header("transfer-encoding", "chunked")
        .header("cookie", "a=b")
        .header("x-forwarded-for", "192.0.2.1")
        .header("cf-connecting-ip", "192.0.2.1")
        .header("x-api-key", "the-caller-s")
        .header("accept", "application/json");
    let exchange = world().ask(&ask);
    let sent = exchange.sent();
    assert_eq!(fetchers(&exchange), ["BILLING"]);
    assert_eq!((sent.method.as_str(), sent.url.as_str()), ("PUT", "https://billing.internal/v1/x/y?a=1&b"));
    assert_eq!(sent.header("authorization"), ["Bearer canary-api-key"]);
    assert_eq!(sent.header("accept"), ["application/json"]);
    for name in [
        "connection",
        "keep-alive",
        "x-hop",
        "te",
        "proxy-authorization",
        "transfer-encoding",
        "cookie",
        "x-forwarded-for",
        "cf-connecting-ip",
        "x-api-key",
    ] {
        assert_eq!(sent.header(name), <[&str; 0]>::default(), "{name}");
    }
    // A Worker that calls the gateway again would go in a circle.
    assert_eq!(sent.header("cdn-loop").len(), 1);
    let circle = Ask::new("GET", "/billing/x").header("cdn-loop", &sent.header("cdn-loop").join(""));
    world().ask(&circle).refused("loop_detected");
    // Without a URL of its own it has the usual one, and no credential.
    let exchange = world().ask(&Ask::new("GET", "/usual/x"));
    assert_eq!(exchange.sent().url, "https://service.internal/x");
    assert_eq!((fetchers(&exchange), exchange.sent().header("authorization")), (vec!["BILLING"], vec![]));
}

#[test]
fn what_a_service_returns_is_handled_as_an_upstream_s_answer_is() {
    let redirects = [
        ("https://billing.internal/v1/next", Some("https://gw.example.com/billing/next")),
        ("/v1/next", Some("https://gw.example.com/billing/next")),
        ("https://elsewhere.example/next", Some("https://elsewhere.example/next")),
    ];
    for (location, expected) in redirects {
        let exchange = world().answering(302, &[("location", location)]).ask(&Ask::new("GET", "/billing/x"));
        assert_eq!((exchange.status, exchange.sent.len()), (302, 1), "no redirect is followed");
        assert_eq!(exchange.header("location").first().copied(), expected, "{location}");
    }
    let exchange = world()
        .answering(
            200,
            &[
                ("connection", "x-hop"),
                ("x-hop", "1"),
                ("keep-alive", "timeout=5"),
                ("set-cookie", "a=b; Domain=billing.internal"),
                ("strict-transport-security", "max-age=1"),
                ("content-type", "text/plain"),
                ("x-said", "Bearer canary-api-key"),
            ],
        )
        .with_body("the key is canary-api-key")
        .ask(&Ask::new("GET", "/billing/x"));
    for name in ["connection", "x-hop", "keep-alive", "set-cookie", "strict-transport-security"] {
        assert_eq!(exchange.header(name), <[&str; 0]>::default(), "{name}");
    }
    assert!(!exchange.body.contains("canary"), "{}", exchange.body);
    assert!(!exchange.header("x-said").concat().contains("canary"));
    assert!(
        exchange.header("cache-control").concat().contains("no-store")
            || exchange.header("cache-control").concat().contains("private")
    );
}

#[test]
fn a_service_that_refuses_a_key_gets_the_next_one() {
    let exchange = world().first_statuses(&[401]).ask(&Ask::new("POST", "/billing/x").body("body"));
    let keys: Vec<_> = exchange.sent.iter().map(|sent| sent.header("authorization").concat()).collect();
    assert_eq!((exchange.status, fetchers(&exchange)), (200, vec!["BILLING", "BILLING"]));
    assert_eq!(keys, ["Bearer canary-api-key", "Bearer canary-api-key-previous"]);
    assert_eq!(exchange.log["failover"], "primary_refused");
    for (why, status, code) in [
        (SendError::Unreachable, 502, "upstream_unreachable"),
        (SendError::TimedOut, 504, "upstream_timeout"),
    ] {
        let exchange = world().first([Err(why)]).ask(&Ask::new("GET", "/billing/x"));
        assert_eq!((exchange.status, exchange.code.as_deref()), (status, Some(code)));
        assert_eq!(fetchers(&exchange), ["BILLING"]);
    }
}

#[test]
fn a_build_sends_through_bindings_where_its_configuration_names_one() {
    use ostiary_core::configuration::Forms;
    let rows = "[[services]]\nbinding = \"BILLING\"\nservice = \"billing\"\n\
                [[mtls_certificates]]\nbinding = \"CERTIFICATE\"\ncertificate_id = \"c\"\n";
    for (upstream, auth, expected) in [
        ("\"https://api.example.com\"", "[]", false),
        ("{ service = \"BILLING\" }", "[]", true),
        ("\"https://api.example.com\"", "{ mtls = \"CERTIFICATE\" }", true),
    ] {
        let gateway = format!(
            "[secrets]\ncheckout = [\"CHECKOUT_TOKEN\"]\n[callers.checkout]\nbearer = \"${{checkout}}\"\n[routes.r]\n\
             mount = \"/r\"\nupstream = {upstream}\nauth = {auth}\nallow = {{ checkout = [\"GET /**\"] }}\n"
        );
        let world = World::deployed(&gateway, &format!("{}{rows}", include_str!("wrangler.toml")));
        assert_eq!(
            Forms::used_by(&world.gateway),
            Forms { fetcher: expected, ..Forms::NONE },
            "{upstream} {auth}"
        );
    }
}
