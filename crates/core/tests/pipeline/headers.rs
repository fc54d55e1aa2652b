//! Attacks 14 to 22: which headers of a request are sent to the upstream.

use crate::world::{Ask, CDN_ID, World};

fn nothing() -> Vec<&'static str> {
    Vec::new()
}

#[test]
fn case_14_the_upstream_sees_one_credential_and_it_is_the_gateway_s() {
    let world = World::new();
    let ask = Ask::new("GET", "/api/v1/x").header("x-api-key", "theirs").header("cookie", "a=1");
    let exchange = world.ask(&ask);
    let sent = exchange.sent();
    assert_eq!(sent.header("authorization"), ["Bearer canary-api-key"]);
    assert_eq!((sent.header("x-api-key"), sent.header("cookie")), (nothing(), nothing()));

    let twins = Ask::new("GET", "/pair/x")
        .header("x-id", "1")
        .header("x_id", "2")
        .header("x_key", "3")
        .header("x_forwarded_for", "4");
    let exchange = world.ask(&twins);
    let sent = exchange.sent();
    assert_eq!(
        (sent.header("x-id"), sent.header("x-key")),
        (vec!["canary-pair-id"], vec!["canary-pair-key"])
    );
    assert_eq!(
        (sent.header("x_id"), sent.header("x_key"), sent.header("x_forwarded_for")),
        (nothing(), nothing(), nothing())
    );
}

#[test]
fn case_15_the_caller_s_own_proof_never_goes_up() {
    let world = World::new();
    for path in ["/open/x", "/key/x", "/query/x?key=canary-checkout-token&a=1", "/basic/x"] {
        let exchange = world.ask(&Ask::new("GET", path).header("x-api-key", "canary-checkout-token"));
        let sent = exchange.sent();
        let all = format!("{sent:?}");
        assert!(!all.contains("checkout-token"), "{all}");
    }
    let by_place =
        Ask::new("GET", "/classic/x?token=canary-ci-token&a=1").header("x-token", "canary-ci-token");
    let exchange = world.ask(&by_place);
    let sent = exchange.sent();
    assert_eq!((sent.url.as_str(), sent.header("x-token")), ("https://classic.example.com/x?a=1", nothing()));
    assert_eq!(sent.header("authorization"), ["Bearer canary-classic-key"]);
}

#[test]
fn case_52_names_that_some_servers_fold_into_one_stay_behind_together() {
    let names = [
        "x.api.key",
        "x!api!key",
        "x~api_key",
        "x.forwarded.for",
        "cf.connecting.ip",
        "x.http.method.override",
        "x.http.host.override",
        "proxy",
        "proxy.authorization",
        "x.token",
        "x!internal",
    ];
    let mut ask = Ask::new("GET", "/classic/x").header("x-token", "canary-ci-token").header("x.y", "stays");
    for name in names {
        ask = ask.header(name, "theirs");
    }
    let exchange = World::new().ask(&ask);
    for name in names {
        assert_eq!(exchange.sent().header(name), nothing(), "{name}");
    }
    assert_eq!(exchange.sent().header("x.y"), ["stays"]);
}

#[test]
fn case_16_what_connection_lists_goes_and_what_is_injected_stays() {
    let ask = Ask::new("GET", "/pair/x")
        .header("connection", "")
        .header("connection", "close, Authorization,\tX-Foo")
        .header("connection", "X-ID , x-key")
        .header("x-foo", "1")
        .header("x_foo", "1")
        .header("x-bar", "2");
    let exchange = World::new().ask(&ask);
    let sent = exchange.sent();
    assert_eq!(
        (sent.header("x-id"), sent.header("x-key")),
        (vec!["canary-pair-id"], vec!["canary-pair-key"])
    );
    assert_eq!(
        (sent.header("x-foo"), sent.header("x_foo"), sent.header("x-bar")),
        (nothing(), nothing(), vec!["2"])
    );
    assert_eq!(sent.header("connection"), nothing());
}

#[test]
fn case_17_hop_by_hop_headers_stay_behind() {
    let mut ask = Ask::new("POST", "/open/x");
    let names = [
        "connection",
        "keep-alive",
        "proxy-connection",
        "proxy-authorization",
        "proxy-authenticate",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "http2-settings",
        "content-length",
        "expect",
        "host",
        "proxy_authorization",
    ];
    for name in names {
        ask = if name == "host" { ask } else { ask.header(name, "1") };
    }
    let exchange = World::new().ask(&ask);
    for name in names {
        assert_eq!(exchange.sent().header(name), nothing(), "{name}");
    }
}

#[test]
fn case_17_an_upgrade_to_a_web_socket_passes_on_get_alone() {
    let world = World::new();
    let asks =
        |method| Ask::new(method, "/open/x").header("connection", "Upgrade").header("upgrade", "WebSocket");
    assert_eq!(world.ask(&asks("GET")).sent().header("upgrade"), ["websocket"]);
    assert_eq!(world.ask(&asks("POST")).sent().header("upgrade"), nothing());
    let other = Ask::new("GET", "/open/x").header("connection", "upgrade").header("upgrade", "h2c");
    assert_eq!(world.ask(&other).sent().header("upgrade"), nothing());
}

#[test]
fn case_17_credentials_that_the_caller_brings_along_stay_behind() {
    let names = [
        "Authorization",
        "Proxy-Authorization",
        "Cookie",
        "X-Api-Key",
        "Api-Key",
        "X-Goog-Api-Key",
        "X-Auth-Token",
        "X-Auth-Key",
        "X-Auth-Email",
        "Private-Token",
        "Job-Token",
        "DD-Api-Key",
        "DD-Application-Key",
        "X-Amz-Security-Token",
        "X-Vault-Token",
        "X_Api_Key",
        "Dd_Api-Key",
    ];
    let mut ask = Ask::new("GET", "/open/x").header("accept", "text/plain");
    for name in names {
        ask = ask.header(name, "theirs");
    }
    let exchange = World::new().ask(&ask);
    assert_eq!(
        exchange.sent().headers,
        [("accept".to_owned(), "text/plain".to_owned()), ("cdn-loop".to_owned(), CDN_ID.to_owned())]
    );
}

#[test]
fn a_route_names_what_is_stripped_and_what_is_forwarded() {
    let ask = Ask::new("GET", "/classic/x")
        .header("x-token", "canary-ci-token")
        .header("x-auth-token", "theirs")
        .header("x_auth_token", "twin")
        .header("x-forwarded-for", "192.0.2.1")
        .header("x-forwarded-host", "evil.com")
        .header("x-internal", "1")
        .header("x_internal", "1");
    let exchange = World::new().ask(&ask);
    let sent = exchange.sent();
    assert_eq!(
        (sent.header("x-auth-token"), sent.header("x-forwarded-for")),
        (vec!["theirs"], vec!["192.0.2.1"])
    );
    for name in ["x_auth_token", "x-forwarded-host", "x-internal", "x_internal", "x-token"] {
        assert_eq!(sent.header(name), nothing(), "{name}");
    }
}

#[test]
fn case_18_claims_about_the_client_and_the_method_stay_behind() {
    let names = [
        "X-Forwarded-For",
        "X-Forwarded-Proto",
        "X-Forwarded-Anything",
        "Forwarded",
        "X-Real-IP",
        "True-Client-IP",
        "CF-Connecting-IP",
        "CF-Ray",
        "X-HTTP-Method-Override",
        "X-HTTP-Method",
        "X-Method-Override",
        "Ostiary-Anything",
        "X-Original-URL",
        "X-Original-Method",
        "X-Original-Host",
        "X-Rewrite-URL",
        "X-Override-URL",
        "X-Host",
        "X-Forwarded",
        "CF_Connecting_IP",
        "Client-IP",
        "Fastly-Client-IP",
        "WL-Proxy-Client-IP",
        "X-Azure-ClientIP",
        "X-Azure-FDID",
        "X-Envoy-External-Address",
        "X-Envoy-Original-Path",
        "X-Envoy-Original-Dst-Host",
        "X-Accel-Redirect",
        "X-Accel-Internal",
        "Origin",
        "Sec-Fetch-Site",
        "Sec-Fetch-Mode",
        "Sec-Fetch-Dest",
    ];
    let mut ask = Ask::new("GET", "/open/x");
    for name in names {
        ask = ask.header(name, "1");
    }
    assert_eq!(World::new().ask(&ask).sent().headers, [("cdn-loop".to_owned(), CDN_ID.to_owned())]);
}

#[test]
fn case_19_cookies_go_up_and_come_down_only_where_the_route_says_so() {
    let cookies: &[(&str, &str)] = &[
        ("set-cookie", "a=1; Domain=example.com; Path=/"),
        ("set-cookie", "b=2"),
        ("service-worker-allowed", "/"),
        ("clear-site-data", "*"),
        ("access-control-allow-origin", "*"),
        ("set-login", "logged-in"),
        ("shared-storage-write", "clear"),
        ("secure-session-registration", "(ES256);path=\"/start\""),
        ("sec-session-registration", "(ES256);path=\"/start\""),
        ("attribution-reporting-register-source", "{}"),
    ];
    let world = World::new().answering(200, cookies);
    let site = Ask::bare("GET", "https://site.gw.example.com/")
        .header("host", "site.gw.example.com")
        .header("cookie", "a=1")
        .header("_cookie", "x");
    let exchange = world.ask(&site);
    assert_eq!(exchange.sent().header("cookie"), ["a=1"]);
    assert_eq!(exchange.header("set-cookie"), ["a=1; Path=/", "b=2"]);
    let exchange = world.ask(&Ask::new("GET", "/open/").header("cookie", "a=1"));
    assert_eq!((exchange.sent().header("cookie"), exchange.header("set-cookie")), (nothing(), nothing()));
    for (name, _) in cookies {
        assert_eq!(exchange.header(name), nothing(), "{name}");
    }
}

#[test]
fn case_20_a_request_that_comes_back_is_508() {
    let world = World::new();
    let upper = CDN_ID.to_ascii_uppercase();
    for value in [CDN_ID.to_owned(), format!("cloudflare, {upper}; v=1"), format!("a;x=1 ,\t{CDN_ID}")] {
        let exchange = world.ask(&Ask::new("GET", "/open/x").header("cdn-loop", &value));
        exchange.refused("loop_detected");
        assert_eq!(exchange.status, 508);
    }
    let passed = format!("cloudflare; {CDN_ID}=1, ostiary");
    let exchange =
        world.ask(&Ask::new("GET", "/open/x").header("cdn-loop", &passed).header("cdn-loop", "other"));
    assert_eq!(exchange.sent().header("cdn-loop"), [format!("{passed}, other, {CDN_ID}")]);
}

#[test]
fn case_70_a_request_that_has_come_by_another_deployment_is_forwarded() {
    let first = World::new().ask(&Ask::new("GET", "/open/x").header("cdn-loop", "cloudflare"));
    let list = first.sent().header("cdn-loop").concat();
    let site = Ask::bare("GET", "https://site.gw.example.com/x").header("host", "site.gw.example.com");
    let second = World::new().ask(&site.clone().header("cdn-loop", &list));
    let list = second.sent().header("cdn-loop").concat();
    World::new().ask(&site.header("cdn-loop", &list)).refused("loop_detected");
    World::new().ask(&Ask::new("GET", "/open/x").header("cdn-loop", &list)).refused("loop_detected");
}

#[test]
fn case_38_a_get_or_head_with_a_body_is_400() {
    let world = World::new();
    for (name, value) in [("content-length", "1"), ("content-length", "x"), ("transfer-encoding", "chunked")]
    {
        for method in ["GET", "HEAD"] {
            world.ask(&Ask::new(method, "/open/x").header(name, value)).refused("body_not_allowed");
        }
        assert_eq!(world.ask(&Ask::new("DELETE", "/open/x").header(name, value)).status, 200);
    }
    assert_eq!(world.ask(&Ask::new("GET", "/open/x").header("content-length", "0")).status, 200);
}

#[test]
fn case_77_a_caller_does_not_choose_whom_the_key_acts_as() {
    let names = [
        "impersonate-user",
        "impersonate-extra-scopes",
        "sudo",
        "x-vault-namespace",
        "x-consul-namespace",
        "x-scope-orgid",
        "x_scope_orgid",
        "x-grafana-org-id",
        "x-webauth-user",
        "remote-user",
        "x-remote-user",
        "x-remote-extra-scopes",
        "x-forwarded-user",
        "x-auth-request-email",
        "x-ms-client-principal",
        "x-ms-client-principal-name",
        "x-ms-token-aad-id-token",
        "x-goog-authenticated-user-email",
        "x-goog-iap-jwt-assertion",
        "x-amzn-oidc-data",
        "x-authenticated-userid",
        "x-consumer-username",
        "x-client-cert",
        "client-cert",
        "ssl-client-verify",
        "es-security-runas-user",
        "opendistro_security_impersonate_as",
        "on-behalf-of",
        "as-user",
        "dropbox-api-select-user",
        "mscrmcallerid",
    ];
    let ask = names.iter().fold(Ask::new("GET", "/api/v1/x"), |ask, name| ask.header(name, "admin"));
    let exchange = World::new().ask(&ask);
    for name in names {
        assert_eq!(exchange.sent().header(name), nothing(), "{name}");
    }
    // SDKs send these for their own account.
    for name in ["openai-organization", "openai-project", "stripe-account", "stripe-context", "api-username"]
    {
        let exchange = World::new().ask(&Ask::new("GET", "/api/v1/x").header(name, "mine"));
        assert_eq!(exchange.sent().header(name), ["mine"], "{name}");
    }
    let sudo = World::new().ask(&Ask::new("GET", "/api/v1/x?a=1&sudo=42&SUDO[]=1"));
    assert!(sudo.sent().url.ends_with("/v1/x?a=1"), "{}", sudo.sent().url);
}

#[test]
fn case_77_a_route_forwards_such_a_header_by_name_and_pins_what_it_sets() {
    let of = |auth: &str, more: &str| {
        World::of(&format!(
            r#"
[secrets]
api = ["API_KEY", "API_KEY_PREVIOUS"]
checkout = ["CHECKOUT_TOKEN"]
[callers.checkout]
bearer = "${{checkout}}"
[routes.x]
mount = "/x"
upstream = "https://x.example.com"
auth = [{{ bearer = "${{api}}" }}, {auth}]
allow = {{ checkout = ["GET /**"] }}
{more}
"#
        ))
    };
    let ask = || {
        Ask::new("GET", "/x/y?sudo=42")
            .header("sudo", "42")
            .header("stripe-account", "acct_2")
            .header("stripe-context", "acct_2")
    };
    let other = "{ header = \"x-other\", value = \"1\" }";
    let account = "{ header = \"stripe-account\", value = \"acct_1\" }";
    let context = "{ header = \"stripe-context\", value = \"acct_1\" }";
    for (auth, more, sudo, account, context) in [
        (other, "", vec![], vec!["acct_2"], vec!["acct_2"]),
        (other, "forward_headers = [\"sudo\"]", vec!["42"], vec!["acct_2"], vec!["acct_2"]),
        (account, "", vec![], vec!["acct_1"], vec![]),
        (context, "", vec![], vec![], vec!["acct_1"]),
        (account, "forward_headers = [\"stripe-context\"]", vec![], vec!["acct_1"], vec!["acct_2"]),
    ] {
        let exchange = of(auth, more).ask(&ask());
        let sent = exchange.sent();
        let seen = (sent.header("sudo"), sent.header("stripe-account"), sent.header("stripe-context"));
        assert_eq!(seen, (sudo.clone(), account, context), "{auth} {more}");
        assert_eq!(sent.url.ends_with("?sudo=42"), !sudo.is_empty(), "{auth} {more}");
    }
}

#[test]
fn a_range_that_is_stripped_is_not_sent_upstream() {
    let gateway = |more: &str| {
        World::of(&format!(
            r#"
[secrets]
api = ["API_KEY", "API_KEY_PREVIOUS"]
checkout = ["CHECKOUT_TOKEN"]
[callers.checkout]
bearer = "${{checkout}}"
[routes.x]
mount = "/x"
upstream = "https://x.example.com"
auth = {{ bearer = "${{api}}" }}
allow = {{ checkout = ["GET /**"] }}
{more}
"#
        ))
    };
    for name in ["range", "x-ms-range"] {
        let ask = || Ask::new("GET", "/x/y").header(name, "bytes=0-9");
        assert_eq!(gateway("").ask(&ask()).sent().header(name).len(), 1, "{name}");
        let stripped = gateway(&format!("strip_headers = [\"{name}\"]")).ask(&ask());
        assert_eq!(stripped.sent().header(name), nothing(), "{name}");
        let hop = gateway("").ask(&ask().header("connection", name));
        assert_eq!(hop.sent().header(name), nothing(), "{name}");
    }
}
