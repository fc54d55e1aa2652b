//! Tokens that contain their caller's name, and the secrets that are read for them.

use crate::world::{Ask, Binding, Exchange, World};

const GATEWAY: &str = r#"
[secrets]
only     = ["ONLY_KEY"]
checkout = ["CHECKOUT_TOKEN", "CHECKOUT_TOKEN_PREVIOUS"]
batch    = ["BATCH_TOKEN"]
ops      = ["OPS_TOKEN"]
elsewhere = ["PAIR_ID"]

[callers.checkout]
bearer = "${checkout}"
named  = true

[callers.batch_2]
bearer = "${batch}"

[callers.ops]
bearer = "${ops}"

[callers.elsewhere]
bearer = "${elsewhere}"

[callers.ci]                  # canary-ci-token
bearer_sha256 = ["2da3e613380abb004967d8e124dc8012e04ecbfd25166f7f1b3944f21f4ec792"]

[routes.key]
mount    = "/key"
upstream = "https://key.example.com"
auth     = { header = "x-api-key", value = "${only}" }
token_in = ["bearer", "header:x-token"]
allow    = { checkout = ["* /**"], batch_2 = ["* /**"], ops = ["* /**"], ci = ["* /**"] }

[routes.other]
mount    = "/other"
upstream = "https://other.example.com"
auth     = { header = "x-api-key", value = "${only}" }
allow    = { elsewhere = ["* /**"] }
"#;

const CHECKOUT: &str = "ost_checkout_canary0123456789abcdef";
const BATCH: &str = "ost_batch_2_canary0123456789abcdef";
/// A token of the same form that is in no secret.
const WRONG: &str = "canary99999999999999999";

fn world() -> World {
    World::of(GATEWAY)
        .with("CHECKOUT_TOKEN", Binding::Value(CHECKOUT))
        .with("BATCH_TOKEN", Binding::Value(BATCH))
}

fn ask(world: &World, tokens: &[&str]) -> Exchange {
    let mut ask = Ask::new("GET", "/key/x").without("authorization");
    for (name, token) in ["authorization", "x-token"].iter().zip(tokens) {
        ask = ask.header(name, token);
    }
    world.ask(&ask)
}

#[track_caller]
fn unauthenticated(exchange: &Exchange, proof: &str, reads: &[&str]) {
    exchange.refused("caller_unauthenticated");
    assert_eq!((exchange.status, &exchange.log["proof"]), (401, &proof.into()));
    assert_eq!(exchange.reads, reads);
}

#[test]
fn the_secret_of_the_caller_that_a_token_names_is_read_and_no_other() {
    for (token, caller, reads) in [
        (CHECKOUT, "checkout", vec!["CHECKOUT_TOKEN", "CHECKOUT_TOKEN_PREVIOUS", "ONLY_KEY"]),
        (BATCH, "batch_2", vec!["BATCH_TOKEN", "ONLY_KEY"]),
    ] {
        let exchange = ask(&world(), &[token]);
        assert_eq!((exchange.status, &exchange.log["caller"]), (200, &caller.into()), "{exchange:?}");
        assert_eq!(exchange.reads, reads);
    }
}

#[test]
fn a_name_proves_nobody() {
    let wrong = |name: &str| format!("ost_{name}_{WRONG}");
    let world = world();
    let previous = ["CHECKOUT_TOKEN", "CHECKOUT_TOKEN_PREVIOUS"];
    unauthenticated(&ask(&world, &[&wrong("checkout")]), "token_unknown", &previous);
    unauthenticated(&ask(&world, &[&wrong("batch_2")]), "token_unknown", &["BATCH_TOKEN"]);
}

#[test]
fn nothing_is_read_for_the_name_of_nobody_on_this_route() {
    let world = world();
    for name in ["nobody", "elsewhere", "ci", "Checkout", "batch"] {
        let token = format!("ost_{name}_{WRONG}");
        unauthenticated(&ask(&world, &[&token]), "token_unknown", &[]);
    }
}

#[test]
fn another_text_is_read_for_as_before_but_for_callers_whose_tokens_name_them() {
    let world = world();
    let proved = ask(&world, &["canary-ops-token"]);
    assert_eq!((proved.status, &proved.log["caller"]), (200, &"ops".into()));
    assert_eq!(proved.reads, ["BATCH_TOKEN", "OPS_TOKEN", "ONLY_KEY"]);
    // A token of `checkout` without the name; `named` excludes it.
    let previous = "canary-checkout-token-previous";
    unauthenticated(&ask(&world, &[previous]), "token_unknown", &["BATCH_TOKEN", "OPS_TOKEN"]);
    let unnamed = "0123456789abcdef0123456789abcdef";
    unauthenticated(&ask(&world, &[unnamed]), "token_unknown", &["BATCH_TOKEN", "OPS_TOKEN"]);
}

#[test]
fn several_names_in_one_request_are_refused_before_anything_is_read() {
    let world = world();
    unauthenticated(&ask(&world, &[CHECKOUT, BATCH]), "token_contradictory", &[]);
    let other = format!("ost_checkout_{WRONG}");
    let same = ask(&world, &[CHECKOUT, &other]);
    assert_eq!(same.reads, ["CHECKOUT_TOKEN", "CHECKOUT_TOKEN_PREVIOUS", "ONLY_KEY"]);
    assert_eq!(same.status, 200);
}

#[test]
fn a_named_token_that_cannot_be_checked_is_no_wrong_one() {
    let world =
        world().with("CHECKOUT_TOKEN", Binding::Hangs).with("CHECKOUT_TOKEN_PREVIOUS", Binding::Missing);
    let unreadable = ask(&world, &[CHECKOUT]);
    assert_eq!((unreadable.status, &unreadable.log["proof"]), (503, &"token_unreadable".into()));
    // If the store fails for one caller, other callers are not affected.
    assert_eq!(ask(&world, &[BATCH]).status, 200);
}

#[test]
fn case_15_a_named_token_is_not_forwarded() {
    let exchange = ask(&world(), &[BATCH, BATCH]);
    assert!(!format!("{:?}", exchange.sent().headers).contains("ost_"), "{exchange:?}");
}
