//! Values of callers: tenants share a route, and each request has its own tenant's.

use ostiary_core::authentication::jwt::KIND;
use serde_json::{Value, json};

use crate::jose::{NOW, ed25519, inline, named, token};
use crate::world::{Ask, Binding, Exchange, FakeAnswer, World};

const NONCE: &str = "AAAAAAAAAAAAAAAAAAAAAA";

fn gateway() -> String {
    format!(
        r#"
[secrets]
key_a    = ["API_KEY", "API_KEY_PREVIOUS"]
key_b    = ["ONLY_KEY"]
json_c   = ["ACCOUNT_JSON"]
key_d    = ["PAIR_ID", "PAIR_ID_PREVIOUS"]
key_e    = ["PAIR_KEY"]
checkout = ["CHECKOUT_TOKEN"]
batch    = ["BATCH_TOKEN"]
ops      = ["OPS_TOKEN"]

[callers.shop-a]
bearer = "${{checkout}}"
with   = {{ key = "${{key_a}}", account = "acct_1A" }}

[callers.shop-b]
bearer = "${{batch}}"
with   = {{ key = "${{key_b}}", account = "${{var.ACCOUNT}}" }}

[callers.shop-c]              # canary-ci-token
bearer_sha256 = ["2da3e613380abb004967d8e124dc8012e04ecbfd25166f7f1b3944f21f4ec792"]
with   = {{ key = "k-${{json_c.key}}", account = "${{json_c.id}}" }}

[callers.agents]
issued = {{ keys = ["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"] }}
with   = {{ key = "${{key_d}}", account = "agents" }}

[callers.job]
jwt    = {{ issuer = "joe", audience = "gw", claims = {{ }}, keys = [{ed25519}] }}
with   = {{ key = "${{key_e}}", account = "job" }}

[callers.ops]
bearer = "${{ops}}"

[operator]
mount = "ops.gw.example.com"
allow = ["ops"]

[routes.shared]
mount    = "/shared"
upstream = "https://api.example.com/base"
auth     = [{{ bearer = "${{caller.key}}" }}, {{ header = "x-account", value = "${{caller.account}}" }}]
retry    = {{ attempts = 2 }}

[routes.shared.allow]
shop-a = ["* /**"]
shop-b = ["* /**"]
shop-c = ["* /v1/**"]
agents = ["* /**"]
job    = ["* /**"]

[routes.token]
mount    = "/token"
upstream = "https://api.example.com"
auth     = {{ oauth2 = {{ token_url = "https://auth.example.com/token", client_id = "me", client_secret = "${{caller.key}}", scope = "${{caller.account}}", reuse = true }} }}
allow    = {{ shop-a = ["* /**"], shop-b = ["* /**"] }}

[routes.signed]
mount    = "/signed"
upstream = "https://api.example.com/{{account}}"
auth     = [{{ path = "account", value = "${{caller.account}}" }}, {{ hmac = {{ key = "${{caller.key}}", message = "${{caller.account}} ${{request.path}}", put = {{ header = "x-signature", value = "${{request.signature}}" }} }} }}]
allow    = {{ shop-a = ["* /**"], shop-b = ["* /**"] }}
"#,
        ed25519 = inline(&named(ed25519(), "e")),
    )
}

fn world() -> World {
    let mut world = World::of(&gateway());
    world.now = NOW * 1000.0;
    world
}

fn ask(path: &str, token: &str) -> Ask {
    Ask::new("GET", path).without("authorization").header("authorization", &format!("Bearer {token}"))
}

const A: &str = "canary-checkout-token";
const B: &str = "canary-batch-token";
const C: &str = "canary-ci-token";

fn issued() -> String {
    let claims = json!({ "sub": "agents/7", "jti": "j", "iat": NOW, "exp": NOW + 60.0 });
    token(&json!({ "alg": "EdDSA", "typ": KIND }), &claims)
}

fn of_issuer() -> String {
    let claims = json!({ "iss": "joe", "aud": "gw", "sub": "s", "iat": NOW, "exp": NOW + 60.0 });
    token(&json!({ "alg": "EdDSA", "kid": "e" }), &claims)
}

/// What the one request had, and what was read for it.
fn put(exchange: &Exchange) -> (String, String, Vec<String>) {
    let sent = exchange.sent();
    let line = |name| sent.header(name).join(" | ");
    (line("authorization"), line("x-account"), exchange.reads.clone())
}

#[test]
fn each_request_has_the_values_of_its_own_caller_and_reads_no_other_s() {
    let (issued, of_issuer) = (issued(), of_issuer());
    let tokens = ["CHECKOUT_TOKEN", "BATCH_TOKEN"];
    for (token, key, account, proofs, reads) in [
        (A, "canary-api-key", "acct_1A", &tokens[..], &["API_KEY"][..]),
        (B, "canary-only-key", "acct-1", &tokens, &["ONLY_KEY"]),
        (C, "k-canary-key", "canary-id", &[], &["ACCOUNT_JSON"]),
        (&issued, "canary-pair-id", "agents", &[], &["PAIR_ID"]),
        (&of_issuer, "canary-pair-key", "job", &[], &["PAIR_KEY"]),
    ] {
        let exchange = world().ask(&ask("/shared/v1/x", token));
        let expected: Vec<String> = proofs.iter().chain(reads).map(|name| (*name).to_owned()).collect();
        assert_eq!(put(&exchange), (format!("Bearer {key}"), account.to_owned(), expected), "{token}");
        let sources: Vec<&str> = exchange.log["secrets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|note| note["binding"].as_str().unwrap())
            .collect();
        assert_eq!(sources, reads);
    }
}

#[test]
fn nothing_is_read_of_a_tenant_s_before_it_is_proved_and_nothing_for_what_it_may_not_do() {
    let exchange = world().ask(&Ask::new("GET", "/shared/x").without("authorization"));
    exchange.refused("caller_unauthenticated");
    assert_eq!(exchange.reads, <[&str; 0]>::default());
    let exchange = world().ask(&ask("/shared/x", "canary-unknown"));
    exchange.refused("caller_unauthenticated");
    assert_eq!(exchange.reads, ["CHECKOUT_TOKEN", "BATCH_TOKEN"]);
    let exchange = world().ask(&ask("/shared/x", C));
    exchange.refused("not_allowed");
    assert_eq!(exchange.reads, <[&str; 0]>::default());
}

#[test]
fn a_caller_cannot_choose_another_one_s_values() {
    for (name, value) in [
        ("x-account", "acct_1A"),
        ("X-ACCOUNT", "acct_1A"),
        ("x_account", "acct_1A"),
        ("x-caller", "shop-a"),
        ("ostiary-caller", "shop-a"),
        ("forwarded", "for=shop-a"),
        ("connection", "x-account, authorization"),
        ("cookie", "caller=shop-a"),
    ] {
        let exchange = world().ask(&ask("/shared/v1/x?caller=shop-a&caller.key=a", B).header(name, value));
        let (key, account, reads) = put(&exchange);
        assert_eq!((key.as_str(), account.as_str()), ("Bearer canary-only-key", "acct-1"), "{name}");
        assert_eq!(reads, ["CHECKOUT_TOKEN", "BATCH_TOKEN", "ONLY_KEY"], "{name}");
        assert!(exchange.sent().header("x_account").is_empty());
    }
    // Tokens of two tenants prove none.
    let both = ask("/shared/v1/x", A).header("sec-websocket-protocol", &format!("bearer, {B}"));
    let exchange = world().ask(&both);
    exchange.refused("caller_unauthenticated");
    assert!(!exchange.reads.iter().any(|read| ["API_KEY", "ONLY_KEY"].contains(&read.as_str())));
}

#[test]
fn fallback_failover_and_retry_stay_with_the_caller() {
    let exchange = world().with("API_KEY", Binding::Missing).ask(&ask("/shared/x", A));
    assert_eq!(put(&exchange).0, "Bearer canary-api-key-previous");
    let exchange = world().first_statuses(&[401]).ask(&ask("/shared/x", A));
    let keys: Vec<_> = exchange.sent.iter().map(|sent| sent.header("authorization").join(" ")).collect();
    assert_eq!(keys, ["Bearer canary-api-key", "Bearer canary-api-key-previous"]);
    assert!(exchange.sent.iter().all(|sent| sent.header("x-account") == ["acct_1A"]));
    assert!(!exchange.reads.iter().any(|read| read == "ONLY_KEY"));

    // B has one source: its key is refused, and nobody else's is tried.
    let exchange = world().answering(401, &[]).ask(&ask("/shared/x", B));
    assert_eq!((exchange.status, exchange.sent.len()), (401, 1));
    assert_eq!(exchange.log["failover"], "all_refused");
    for binding in [Binding::Missing, Binding::Throws, Binding::Hangs] {
        let exchange = world().with("ONLY_KEY", binding).ask(&ask("/shared/x", B));
        exchange.refused("secret_unavailable");
        assert_eq!(exchange.reads, ["CHECKOUT_TOKEN", "BATCH_TOKEN", "ONLY_KEY"]);
    }
    let exchange =
        world().first([Err(ostiary_core::runtime::SendError::Unreachable)]).ask(&ask("/shared/x", B));
    assert_eq!(exchange.sent.len(), 2);
    assert!(exchange.sent.iter().all(|sent| sent.header("authorization") == ["Bearer canary-only-key"]));
}

#[test]
fn responses_are_searched_for_the_values_of_the_caller_that_asks() {
    let body = "canary-api-key canary-only-key acct_1A";
    let answer = FakeAnswer::new(200, &[("content-type", "text/plain")]).with_body(body);
    for (token, masked, left) in
        [(A, "canary-api-key", "canary-only-key"), (B, "canary-only-key", "canary-api-key")]
    {
        let exchange = world().first([Ok(answer.clone())]).ask(&ask("/shared/x", token));
        assert!(!exchange.body.contains(masked) && exchange.body.contains(left), "{}", exchange.body);
        assert!(exchange.body.contains("acct_1A"), "a literal is no secret: {}", exchange.body);
    }
    // Every form, as for any secret: here Base64 of the tenant's value.
    let encoded = FakeAnswer::new(200, &[("content-type", "text/plain")]).with_body("Y2FuYXJ5LW9ubHkta2V5");
    let exchange = world().first([Ok(encoded)]).ask(&ask("/shared/x", B));
    assert!(!exchange.body.contains("Y2FuYXJ5"), "{}", exchange.body);
}

#[test]
fn a_token_that_is_kept_is_found_by_nobody_else() {
    let world = world();
    let token = |exchange: &Exchange| exchange.sent().header("authorization").join(" ");
    assert_eq!(token(&world.ask(&ask("/token/x", A))), "Bearer canary-token-1");
    assert_eq!(token(&world.ask(&ask("/token/x", B))), "Bearer canary-token-2");
    assert_eq!(token(&world.ask(&ask("/token/x", A))), "Bearer canary-token-1");
    assert_eq!(token(&world.ask(&ask("/token/x", B))), "Bearer canary-token-2");
    assert_eq!(world.cache.borrow().len(), 2);
    let bodies: Vec<_> = world.asked_for_tokens.take().into_iter().map(|sent| sent.body.unwrap()).collect();
    assert!(bodies[0].contains("scope=acct_1A") && bodies[1].contains("scope=acct-1"), "{bodies:?}");
    // Even where both have the same secret, what differs is a part of the name.
    let world = self::world().with("ONLY_KEY", Binding::Value("canary-api-key"));
    assert_ne!(token(&world.ask(&ask("/token/x", A))), token(&world.ask(&ask("/token/x", B))));
}

#[test]
fn a_value_stands_in_the_path_and_in_a_signature() {
    let signature = |exchange: &Exchange| exchange.sent().header("x-signature").join(" ");
    let (a, b) = (world().ask(&ask("/signed/x", A)), world().ask(&ask("/signed/x", B)));
    assert_eq!(a.sent().url, "https://api.example.com/acct_1A/x");
    assert_eq!(b.sent().url, "https://api.example.com/acct-1/x");
    assert_ne!(signature(&a), signature(&b));
}

fn probe(world: &World, body: &Value) -> Exchange {
    let ask = Ask::bare("POST", "https://ops.gw.example.com/probe").header("host", "ops.gw.example.com");
    world.ask(&ask.header("authorization", "Bearer canary-ops-token").body(&body.to_string()))
}

#[test]
fn a_probe_names_the_caller_whose_values_are_sent() {
    let order = |caller: &str| json!({ "route": "shared", "caller": caller, "path": "/v1/x", "source": 1, "nonce": NONCE });
    for (caller, key, binding) in
        [("shop-a", "canary-api-key", "API_KEY"), ("shop-b", "canary-only-key", "ONLY_KEY")]
    {
        let exchange = probe(&world(), &order(caller));
        assert_eq!(exchange.report["status"], 200, "{:?}", exchange.report);
        assert_eq!(exchange.sent().header("authorization"), [format!("Bearer {key}")]);
        assert_eq!(exchange.reads, ["OPS_TOKEN", binding]);
        let secrets = exchange.report["secrets"].as_array().unwrap();
        assert_eq!(secrets.len(), 1);
        assert_eq!(secrets[0]["binding"], binding);
    }
    let control = json!({ "route": "shared", "caller": "shop-b", "path": "/v1/x", "source": 1, "nonce": NONCE, "control": ["key_b"] });
    let exchange = probe(&world(), &control);
    assert_eq!(exchange.reads, ["OPS_TOKEN", "ONLY_KEY"]);
    assert_ne!(exchange.sent().header("authorization"), ["Bearer canary-only-key"]);
    // A second source where this caller has one alone.
    let second =
        json!({ "route": "shared", "caller": "shop-b", "path": "/v1/x", "source": 2, "nonce": NONCE });
    probe(&world(), &second).refused("operation_invalid");
    // A rule of that caller has to admit it.
    let other = json!({ "route": "shared", "caller": "shop-c", "path": "/x", "source": 1, "nonce": NONCE });
    probe(&world(), &other).refused("not_allowed");
    for body in [
        json!({ "route": "shared", "path": "/v1/x", "source": 1, "nonce": NONCE }),
        order("nobody"),
        order("ops"),
        order("anyone"),
        json!({ "route": "shared", "caller": "", "path": "/v1/x", "source": 1, "nonce": NONCE }),
        json!({ "secret": "key_a", "caller": "shop-a", "source": 1, "nonce": NONCE }),
    ] {
        let exchange = probe(&world(), &body);
        exchange.refused("operation_invalid");
        assert_eq!(exchange.reads, ["OPS_TOKEN"], "{body}");
    }
}

#[test]
fn a_variable_that_no_longer_fits_is_the_gateway_s_fault_for_that_caller_alone() {
    let mut world = world();
    world.variables.insert("ACCOUNT", "acct\u{e9}");
    world.ask(&ask("/shared/x", B)).refused("misconfigured");
    assert_eq!(world.ask(&ask("/shared/x", A)).status, 200);
}
