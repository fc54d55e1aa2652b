//! Operators that a login proves, which Cloudflare Access puts into a header of its own and a browser's cookie carries.

use serde_json::{Value, json};

use crate::jose::{NOW, ed25519, inline, token};
use crate::world::{Ask, Exchange, World};

fn world() -> World {
    let mut world = World::of(&format!(
        r#"
[secrets]
only = ["ONLY_KEY"]
ops  = ["OPS_TOKEN"]

[callers.ops]
bearer = "${{ops}}"

[callers.people]
jwt = {{ preset = "cloudflare-access", issuer = "https://acme.cloudflareaccess.com", audience = "app", claims = {{ email = "*@acme.example" }}, keys = [{key}] }}

[operator]
mount = "ops.gw.example.com"
allow = ["people", "ops"]
page  = true

[routes.key]
mount    = "/key"
upstream = "https://key.example.com"
auth     = {{ header = "x-api-key", value = "${{only}}" }}
allow    = {{ people = ["GET /v1/**"] }}
"#,
        key = inline(&ed25519()),
    ));
    world.now = NOW * 1000.0;
    world
}

fn login(claims: &Value) -> String {
    let mut all = json!({
        "iss": "https://acme.cloudflareaccess.com", "aud": ["app"], "sub": "u", "email": "u@acme.example",
        "iat": NOW, "exp": NOW + 60.0,
    });
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    token(&json!({ "alg": "EdDSA" }), &all)
}

fn ask(method: &'static str, path: &str, headers: &[(&str, &str)]) -> Ask {
    let ask =
        Ask::bare(method, &format!("https://ops.gw.example.com{path}")).header("host", "ops.gw.example.com");
    headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value))
}

fn logged_in(method: &'static str, path: &str, headers: &[(&str, &str)]) -> Exchange {
    let ask = ask(method, path, headers).header("cf-access-jwt-assertion", &login(&json!({})));
    world().ask(&if method == "POST" {
        ask.body(r#"{"method":"GET","url":"https://gw.example.com/key/v1/x"}"#)
    } else {
        ask
    })
}

#[test]
fn a_login_proves_an_operator_on_the_page_s_own_origin() {
    for (method, path, headers) in [
        ("GET", "/overview", &[("sec-fetch-site", "same-origin")][..]),
        // Somebody has typed the address, or a program has a service token of Access.
        ("GET", "/overview", &[("sec-fetch-site", "none")]),
        ("GET", "/overview", &[]),
        ("POST", "/explain", &[("origin", "https://ops.gw.example.com"), ("sec-fetch-site", "same-origin")]),
        ("POST", "/explain", &[("origin", "https://ops.gw.example.com")]),
    ] {
        let exchange = logged_in(method, path, headers);
        assert_eq!((exchange.status, &exchange.log["caller"]), (200, &json!("people")), "{path} {headers:?}");
        assert_eq!(exchange.log["subject"], "u");
        assert_eq!(exchange.reads, <[&str; 0]>::default());
    }
}

#[test]
fn a_login_that_another_page_makes_a_browser_send_proves_nobody() {
    for (method, path) in [("GET", "/overview"), ("GET", "/ready"), ("POST", "/explain"), ("POST", "/probe")]
    {
        for headers in [
            &[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")][..],
            &[("origin", "https://gw.example.com"), ("sec-fetch-site", "same-site")],
            &[("origin", "https://ops.gw.example.com.evil.example")],
            &[("origin", "http://ops.gw.example.com")],
            &[("origin", "https://ops.gw.example.com:8443")],
            &[("origin", "null")],
            &[("origin", "")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
        ] {
            let exchange = logged_in(method, path, headers);
            exchange.refused("caller_unauthenticated");
            assert_eq!(exchange.log["proof"], "jwt_origin", "{path} {headers:?}");
            assert_eq!(exchange.reads, <[&str; 0]>::default());
        }
    }
}

#[test]
fn a_bearer_token_counts_beside_a_login_and_from_wherever() {
    let bearer = ("authorization", "Bearer canary-ops-token");
    for headers in [&[bearer][..], &[bearer, ("origin", "https://evil.example")]] {
        let exchange = world().ask(&ask("GET", "/overview", headers));
        assert_eq!((exchange.status, &exchange.log["caller"]), (200, &json!("ops")), "{headers:?}");
    }
    let foreign = login(&json!({ "email": "u@other.example" }));
    let both = ask("GET", "/overview", &[bearer, ("cf-access-jwt-assertion", &foreign)]);
    assert_eq!(world().ask(&both).log["caller"], "ops");
}

#[test]
fn a_login_of_somebody_else_or_in_another_place_proves_nobody() {
    for claims in [
        json!({ "email": "u@other.example" }),
        json!({ "aud": ["another-app"] }),
        json!({ "iss": "https://other.cloudflareaccess.com" }),
        json!({ "exp": NOW - 120.0 }),
    ] {
        let ask = ask("GET", "/overview", &[("cf-access-jwt-assertion", &login(&claims))]);
        world().ask(&ask).refused("caller_unauthenticated");
    }
    let cookie = format!("CF_Authorization={}", login(&json!({})));
    world().ask(&ask("GET", "/overview", &[("cookie", &cookie)])).refused("caller_unauthenticated");
    // Where no login proves an operator nobody looks for one.
    let usual = World::new().ask(&ask("GET", "/ready", &[("cf-access-jwt-assertion", "canary-ops-token")]));
    usual.refused("caller_unauthenticated");
    assert_eq!(usual.log["proof"], "token_absent");
}
