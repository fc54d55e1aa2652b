//! The places of callers' tokens in requests, and their removal before the upstream.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use proptest::prelude::*;

use crate::world::{Ask, Binding, Exchange, Sent, World};

const TOKEN: &str = "canary-checkout-token";
const OFFERED: &str = "sec-websocket-protocol";

fn bare(path: &str) -> Ask {
    Ask::new("GET", path).without("authorization")
}

fn shown(path: &str, name: &str, value: &str) -> Exchange {
    World::new().ask(&bare(path).header(name, value))
}

#[test]
fn case_67_a_token_counts_whatever_its_scheme_is() {
    let pair = STANDARD.encode(format!("id:{TOKEN}"));
    for value in [
        format!("token {TOKEN}"),
        format!("Bot {TOKEN}"),
        format!("Key {TOKEN}"),
        format!("SSWS {TOKEN}"),
        format!("DeepL-Auth-Key {TOKEN}"),
        format!("ApiKey {TOKEN}"),
        format!("ApiKey {pair}"),
        format!("apikey  {pair}"),
        format!("  {TOKEN}\t"),
        TOKEN.to_owned(),
    ] {
        for path in ["/api/v1/x", "/key/x", "/query/x"] {
            let exchange = shown(path, "authorization", &value);
            assert_eq!((exchange.status, &exchange.log["caller"]), (200, &"checkout".into()), "{value}");
        }
    }
}

#[test]
fn the_base64_of_a_pair_counts_under_its_own_schemes_alone() {
    let pair = STANDARD.encode(format!("id:{TOKEN}"));
    for value in [format!("Bearer {pair}"), format!("token {pair}"), pair] {
        let exchange = shown("/api/v1/x", "authorization", &value);
        assert_eq!((exchange.status, &exchange.log["proof"]), (401, &"token_unknown".into()), "{value}");
    }
}

const SCHEMES: &str = r#"
[secrets]
only     = ["ONLY_KEY"]
checkout = ["CHECKOUT_TOKEN"]

[callers.checkout]
bearer = "${checkout}"

[routes.token]
mount    = "/token"
upstream = "https://token.example.com"
auth     = { header = "authorization", value = "Token token=${only}" }
token_in = ["header:authorization"]
allow    = { checkout = ["* /**"] }

[routes.basic]
mount    = "/basic"
upstream = "https://basic.example.com"
auth     = { basic = { username = "x", password = "${only}" } }
token_in = ["basic"]
allow    = { checkout = ["* /**"] }

[routes.socket]
mount    = "/socket"
upstream = "https://socket.example.com"
auth     = { header = "x-key", value = "${only}" }
token_in = ["header:x-key", "protocol:token.", "protocol:auth,"]
allow    = { checkout = ["* /**"] }
"#;

#[test]
fn what_the_auth_writes_before_its_secret_has_no_case_in_authorization() {
    let world = World::of(SCHEMES);
    for value in ["Token token=", "token token=", "TOKEN Token=", ""] {
        let ask = bare("/token/x").header("authorization", &format!("{value}{TOKEN}"));
        assert_eq!(world.ask(&ask).status, 200, "{value}");
    }
    let other = bare("/token/x").header("authorization", &format!("Tokem token={TOKEN}"));
    assert_eq!(world.ask(&other).status, 401);
}

#[test]
fn case_67_basic_is_offered_where_the_route_takes_it_and_never_to_a_browser() {
    let (basic, bearer) = ("Basic realm=\"ostiary\"", "Bearer realm=\"ostiary\"");
    let both = "Basic realm=\"ostiary\", Bearer realm=\"ostiary\"";
    let (world, schemes) = (World::new(), World::of(SCHEMES));
    for (world, path, expected) in [
        (&world, "/api/v1/x", both),
        (&world, "/basic/x", both),
        (&world, "/classic/x", bearer),
        (&schemes, "/basic/x", basic),
        (&schemes, "/token/x", bearer),
    ] {
        for wrong in
            [bare(path), Ask::new("GET", path).without("authorization").header("authorization", "Bearer x")]
        {
            let exchange = world.ask(&wrong);
            assert_eq!(
                (exchange.status, exchange.header("www-authenticate")),
                (401, vec![expected]),
                "{path}"
            );
            let browser = world.ask(&wrong.header("sec-fetch-mode", "navigate"));
            assert_eq!((browser.status, browser.header("www-authenticate")), (401, vec![bearer]), "{path}");
        }
    }
    let operator = Ask::bare("GET", "https://ops.gw.example.com/ready").header("host", "ops.gw.example.com");
    assert_eq!(world.ask(&operator).header("www-authenticate"), [bearer]);
}

fn upgrade(path: &str, offered: &str) -> Ask {
    bare(path).header("upgrade", "websocket").header("connection", "Upgrade").header(OFFERED, offered)
}

#[test]
fn case_53_a_page_shows_its_token_in_a_subprotocol_and_the_upstream_gets_the_others() {
    let world = World::new().opening_sockets(&[]);
    for (offered, forwarded) in [
        ("realtime, openai-insecure-api-key.canary-checkout-token", vec!["realtime"]),
        (
            "openai-insecure-api-key.canary-checkout-token,realtime,openai-beta.realtime-v1",
            vec!["realtime, openai-beta.realtime-v1"],
        ),
        ("bearer, canary-checkout-token", vec![]),
        ("graphql-ws,bearer,canary-checkout-token", vec!["graphql-ws"]),
    ] {
        let exchange = world.ask(&upgrade("/api/v1/realtime", offered));
        assert_eq!((exchange.status, &exchange.log["caller"]), (101, &"checkout".into()), "{offered}");
        assert_eq!(exchange.sent().header(OFFERED), forwarded, "{offered}");
        assert_eq!(exchange.sent().header("authorization"), ["Bearer canary-api-key"]);
    }
    for (world, path, offered) in [
        (&world, "/api/v1/x", "realtime, canary-checkout-token"),
        (&world, "/api/v1/x", "canary-checkout-token, bearer"),
        (&world, "/api/v1/x", "bearer, realtime, canary-checkout-token"),
        (&world, "/key/x", "bearer, canary-checkout-token"),
        (&World::of(SCHEMES).opening_sockets(&[]), "/socket/x", "bearer, canary-checkout-token"),
    ] {
        assert_eq!(world.ask(&upgrade(path, offered)).status, 401, "{offered}");
    }
    let named = World::of(SCHEMES).opening_sockets(&[]);
    for offered in ["a, token.canary-checkout-token", "a, auth, canary-checkout-token"] {
        assert_eq!(named.ask(&upgrade("/socket/x", offered)).sent().header(OFFERED), ["a"], "{offered}");
    }
}

#[test]
fn the_gateway_selects_its_own_subprotocol_where_the_upstream_had_none_to_select() {
    let world = World::new().opening_sockets(&[]);
    let selected = |offered| {
        let exchange = world.ask(&upgrade("/api/v1/x", offered));
        exchange.header(OFFERED).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(selected("bearer, canary-checkout-token"), ["bearer"]);
    assert_eq!(selected("bearer, canary-checkout-token, graphql-ws"), [""; 0]);
    assert_eq!(selected("openai-insecure-api-key.canary-checkout-token"), [""; 0]);
    let world = World::new().opening_sockets(&[(OFFERED, "realtime")]);
    let exchange = world.ask(&upgrade("/api/v1/x", "bearer, canary-checkout-token"));
    assert_eq!(exchange.header(OFFERED), ["realtime"]);
    let refused = World::new().ask(&upgrade("/api/v1/x", "bearer, canary-checkout-token"));
    assert_eq!((refused.status, refused.header(OFFERED)), (200, vec![]));
}

#[test]
fn case_53_the_carrier_is_dropped_and_its_neighbours_are_not() {
    let ask = Ask::new("GET", "/api/v1/x?a=1&api_key=canary-checkout-token&b=2&canary-checkout-token")
        .header("x-custom", "Bearer canary-checkout-token")
        .header("x-pair", &STANDARD.encode(format!("x:{TOKEN}")))
        .header("x-other", "canary-checkout-toke")
        .header("accept", "text/plain")
        .header(OFFERED, "realtime");
    let exchange = World::new().ask(&ask);
    let sent = exchange.sent();
    assert_eq!(sent.url, "https://api.example.com/base/v1/x?a=1&b=2");
    for name in ["x-custom", "x-pair"] {
        assert_eq!(sent.header(name), [""; 0], "{name}");
    }
    for (name, value) in
        [("x-other", "canary-checkout-toke"), ("accept", "text/plain"), (OFFERED, "realtime")]
    {
        assert_eq!(sent.header(name), [value], "{name}");
    }
}

#[test]
fn a_header_whose_name_carries_the_token_is_dropped() {
    let world = World::new().with("CHECKOUT_TOKEN", Binding::Value("Token-In-A-Name"));
    let ask = bare("/api/v1/x")
        .header("authorization", "Bearer Token-In-A-Name")
        .header("x-token-in-a-name", "1")
        .header("x-token-in-a-nam", "1");
    let exchange = world.ask(&ask);
    let names: Vec<_> = exchange.sent().headers.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.contains(&"x-token-in-a-nam") && !names.contains(&"x-token-in-a-name"), "{names:?}");
}

#[test]
fn a_text_that_has_authenticated_nobody_is_forwarded() {
    let ask = Ask::new("GET", "/classic/x?token=wrong&a=wrong")
        .header("x-token", "canary-ci-token")
        .header("x-a", "wrong")
        .header("x-b", "canary-ci-token");
    let exchange = World::new().ask(&ask);
    let sent = exchange.sent();
    assert_eq!(
        (sent.url.as_str(), sent.header("x-a")),
        ("https://classic.example.com/x?a=wrong", vec!["wrong"])
    );
    assert_eq!(sent.header("x-b"), [""; 0]);
    let anyone = World::new().ask(&bare("/open/x?a=canary-ci-token").header("x-a", "canary-ci-token"));
    assert_eq!(anyone.sent().header("x-a"), ["canary-ci-token"]);
}

#[test]
fn a_cookie_that_carries_the_token_leaves_the_others() {
    let world = World::of(
        r#"
[secrets]
only     = ["ONLY_KEY"]
checkout = ["CHECKOUT_TOKEN"]
[callers.checkout]
bearer = "${checkout}"
[routes.site]
mount    = "site.gw.example.com"
upstream = "https://site.example.com"
auth     = { bearer = "${only}" }
cookies  = true
allow    = { checkout = ["* /**"] }
"#,
    );
    for (cookie, expected) in [
        ("a=1; t=canary-checkout-token; b=2", vec!["a=1; b=2"]),
        ("t=canary%2Dcheckout-token", vec![]),
        ("a=1;b=2", vec!["a=1;b=2"]),
    ] {
        let ask = Ask::bare("GET", "https://site.gw.example.com/x")
            .header("host", "site.gw.example.com")
            .header("authorization", "Bearer canary-checkout-token")
            .header("cookie", cookie);
        assert_eq!(world.ask(&ask).sent().header("cookie"), expected, "{cookie}");
    }
}

#[test]
fn an_idempotency_key_that_carries_the_token_protects_nobody() {
    let world = World::of(&SCHEMES.replace("token_in = [\"basic\"]", "retry = { attempts = 2 }"));
    let post = |key: &str| {
        let ask = Ask::new("POST", "/basic/x").header("idempotency-key", key);
        let failing = [Err(ostiary_core::runtime::SendError::Unreachable)];
        world.script.borrow_mut().extend(failing);
        let status = world.ask(&ask).status;
        world.script.borrow_mut().clear();
        status
    };
    assert_eq!((post("key-1"), post("canary-checkout-token")), (200, 502));
}

/// Every text that can be decoded from the upstream's request.
fn readable(sent: &Sent) -> Vec<Vec<u8>> {
    let headers = sent.headers.iter().flat_map(|(name, value)| [name.clone(), value.clone()]);
    let mut texts: Vec<Vec<u8>> = headers.chain([sent.url.clone()]).map(String::into_bytes).collect();
    let decoded = |text: &Vec<u8>| percent_decode_str(&String::from_utf8_lossy(text)).collect::<Vec<u8>>();
    texts.extend(texts.iter().map(decoded).collect::<Vec<_>>());
    let words = texts.iter().flat_map(|text| {
        text.split(|byte| !byte.is_ascii_alphanumeric() && !b"+/-_".contains(byte)).map(<[u8]>::to_vec)
    });
    let decoded = words.flat_map(|word| {
        let word = word.strip_suffix(b"=").unwrap_or(&word).to_vec();
        let standard = base64::engine::general_purpose::STANDARD_NO_PAD.decode(&word).ok();
        standard.into_iter().chain(URL_SAFE_NO_PAD.decode(&word).ok())
    });
    let decoded: Vec<_> = decoded.collect();
    texts.extend(decoded);
    texts
}

fn carried(form: u8) -> String {
    match form {
        0 => TOKEN.to_owned(),
        1 => format!("Bearer {TOKEN}"),
        2 => format!("before.{TOKEN}.after"),
        3 => format!("Basic {}", STANDARD.encode(format!("x:{TOKEN}"))),
        4 => URL_SAFE_NO_PAD.encode(format!("??>{TOKEN}?~")),
        5 => utf8_percent_encode(TOKEN, NON_ALPHANUMERIC).to_string(),
        6 => utf8_percent_encode(&STANDARD.encode(format!("xy:{TOKEN}")), NON_ALPHANUMERIC).to_string(),
        _ => format!("realtime,{TOKEN},last"),
    }
}

proptest! {
    /// The proof is in one place, and the other places have copies of the token.
    #[test]
    fn case_53_no_upstream_sees_the_token_that_has_authenticated_its_caller(
        proof in 0_u8..7,
        headers in prop::collection::vec((0_usize..10, 0_u8..8), 0..4),
        parameters in prop::collection::vec((any::<bool>(), 0_u8..8), 0..4),
    ) {
        const NAMES: [&str; 10] = [
            "accept", "user-agent", "x-custom", "if-none-match", "cookie", "referer", "x-api-key", OFFERED,
            "proxy-authorization", "cdn-loop",
        ];
        let mut path = "/key/x?a=1".to_owned();
        for (is_name, form) in parameters {
            let text = utf8_percent_encode(&carried(form), NON_ALPHANUMERIC).to_string();
            let pieces = if is_name { ["&", &text, "=1"] } else { ["&p=", &text, ";q=2"] };
            path.extend(pieces);
        }
        let mut ask = match proof {
            0 => bare(&path).header("authorization", &format!("Bearer {TOKEN}")),
            1 => bare(&path).header("authorization", &format!("token {TOKEN}")),
            2 => bare(&path).header("authorization", TOKEN),
            3 => bare(&path).header("authorization", &carried(3)),
            4 => bare(&path).header("x-api-key", TOKEN),
            5 => bare(&path.replace("/key", "/query").replace("a=1", &format!("key={TOKEN}"))),
            _ => bare(&path.replace("/key", "/api/v1")).header(OFFERED, &format!("bearer, {TOKEN}")),
        };
        for (name, form) in headers {
            // A second line of this header would be another text.
            let place = match proof {
                4 => "x-api-key",
                6 => OFFERED,
                _ => "authorization",
            };
            if NAMES[name] != place {
                ask = ask.header(NAMES[name], &carried(form));
            }
        }
        let exchange = World::new().ask(&ask);
        prop_assert_eq!(exchange.status, 200, "{:?}", exchange);
        for text in readable(exchange.sent()) {
            let text = String::from_utf8_lossy(&text).to_ascii_lowercase();
            prop_assert!(!text.contains(TOKEN), "{} in {:?}", text, exchange.sent());
        }
        prop_assert!(proof == 5 || exchange.sent().url.contains("a=1"));
    }
}

#[test]
fn case_75_a_token_that_is_shown_thousands_of_times_is_not_hashed_each_time() {
    for (count, status) in [(1, 200), (20, 200), (10_000, 401)] {
        let list = vec!["bearer, canary-checkout-token"; count].join(", ");
        let ask =
            Ask::new("GET", "/api/v1/x").without("authorization").header("sec-websocket-protocol", &list);
        assert_eq!(World::new().ask(&ask).status, status, "{count}");
    }
}
