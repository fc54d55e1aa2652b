//! The errors of `ostiary rotate` before it writes anything.

use std::fs;

use serde_json::json;

use crate::rotation::{NEW, PROBE, stripe};
use crate::world::{World, health, held};

#[test]
fn a_gateway_that_reads_another_binding_is_written_nothing_for() {
    let world = stripe();
    world.state().other_binding = Some("STRIPE_KEY_OLD");
    let ran = world.run(&PROBE, NEW);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("it runs another gateway.toml, so deploy this one first"), "{}", ran.err);
    assert!(ran.err.contains("; nothing was written"), "{}", ran.err);
    assert_eq!(held(&world), ["stripe=old-1", "stripe-previous=old-2"]);
}

#[test]
fn what_cannot_be_meant_is_told_before_anything_is_read() {
    let world = stripe();
    for (arguments, told) in [
        (&["stripe", "--probe", "POST /v1/balance"][..], "a probe may change nothing; write GET or HEAD"),
        (&["stripe", "--probe", "GET v1/balance"], "a path begins with a slash; write \"GET /v1/balance\""),
        (&["stripe"], "a probe is needed: --probe"),
        (&["stripe", "--finish"], "--finish is for a caller's token"),
        (&["token", "--probe", "GET /"], "there is no upstream to --probe"),
        (&["id", "key", "--probe", "GET /"], "write them into a file for --from"),
    ] {
        let ran = world.run(&[&["rotate"], arguments].concat(), NEW);
        assert_eq!(ran.code, Some(2), "{arguments:?}");
        assert!(ran.err.contains(told), "{arguments:?}: {}", ran.err);
    }
    assert_eq!(world.calls(), <[String; 0]>::default());
}

#[test]
fn another_gateway_is_told_apart_before_anything_is_read() {
    let bindings = |digest: &str| json!({ "version": "1", "configuration": "c", "bindings": digest });
    let mut other = health();
    other["configuration"] = json!("c");
    let staging = json!({ "version": "1", "configuration": "c", "environment": "staging", "bindings": "d" });
    let former = json!({ "version": "0.1.0", "configuration": "c" });
    for (health, told) in [
        (staging, "runs `env.staging`, and not `top level`"),
        (bindings("d"), "is deployed with other bindings in `top level`"),
        (former, "does not report its bindings in `top level`"),
        (json!("hello"), "does not tell what is deployed"),
        (other, "is built from another gateway.toml than the one here"),
    ] {
        let world = stripe();
        world.state().health = Some(health);
        let ran = world.run(&PROBE, NEW);
        assert_eq!(ran.code, Some(1));
        assert!(ran.err.contains(told), "{}", ran.err);
        assert_eq!(world.calls(), <[String; 0]>::default());
    }
}

#[test]
fn what_the_gateway_reads_has_to_be_in_the_store() {
    let world = stripe();
    world.state().listed = Some(vec!["stripe".to_owned()]);
    let ran = world.run(&PROBE, NEW);
    assert_eq!(ran.code, Some(1));
    let told = "the gateway reads `STRIPE_KEY_PREVIOUS`, and the store 1 has no secret `stripe-previous`";
    assert!(ran.err.contains(told), "{}", ran.err);
    assert_eq!(held(&world), ["stripe=old-1", "stripe-previous=old-2"]);
}

#[test]
fn a_value_that_its_place_cannot_hold_is_refused_before_anything_is_read() {
    for (value, told) in [
        ("new\tvalue", "stripe: its character 4 is a tab (U+0009), so the route `stripe` cannot use it"),
        ("\u{feff}new", "its character 1 is a byte order mark"),
        ("Ключ", "its character 1 is not ASCII"),
        ("   ", "it is empty, or only white space"),
        ("new\u{a0}", "its character 4 is a no-break space"),
        ("“new”", "its character 1 is a typographic quote"),
    ] {
        let world = stripe();
        let ran = world.run(&PROBE, value);
        assert_eq!(ran.code, Some(2), "{}", ran.out);
        assert!(ran.err.contains(told), "{}", ran.err);
        assert_eq!(world.calls(), <[String; 0]>::default());
    }
    // Line ends at the end of a value are ignored, as in the gateway.
    let world = stripe();
    assert_eq!(world.run(&PROBE, "new-value-0123456\r\n").code, Some(0));
    assert_eq!(held(&world), ["stripe=new-value-0123456", "stripe-previous=new-value-0123456"]);
}

#[test]
fn an_instance_of_another_gateway_that_answers_a_probe_is_told() {
    for (bindings, order) in [(1, "send "), (3, "control ")] {
        let world = stripe();
        world.state().probing = Some((bindings, "STRIPE_KEY_OLD"));
        let ran = world.run(&PROBE, NEW);
        assert_eq!(ran.code, Some(1), "{}", ran.out);
        assert!(ran.err.contains("reads `STRIPE_KEY_OLD` for `stripe`, and not `STRIPE_KEY`"), "{}", ran.err);
        assert!(world.calls().last().unwrap().starts_with(order));
        assert_eq!(held(&world), ["stripe=old-1", "stripe-previous=old-2"]);
    }
}

#[test]
fn a_gateway_and_an_api_of_which_one_is_on_this_machine_share_no_store() {
    let world = stripe();
    let elsewhere = ["--gateway", "https://gateway.invalid/operator"];
    let ran = world.run(&[&PROBE[..], &elsewhere].concat(), NEW);
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(
        ran.err.contains(
            "the gateway is elsewhere (https://gateway.invalid/operator) and the API is on this machine"
        ),
        "{}",
        ran.err
    );
    let ran = world.run(&[&PROBE[..], &elsewhere, &["--same-store"]].concat(), NEW);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    assert!(ran.err.contains("does not tell what is deployed"), "{}", ran.err);
    assert_eq!(world.calls(), <[String; 0]>::default());
    assert_eq!(held(&world), ["stripe=old-1", "stripe-previous=old-2"]);
}

#[test]
fn a_secret_that_another_environment_reads_is_written_only_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wrangler.toml");
    let own = include_str!("wrangler.toml");
    let others = own.replace("secrets_store_secrets = [", "env.staging.secrets_store_secrets = [");
    let others =
        others.replace("name = \"gateway\"\n", "").replace("secret_name = \"", "secret_name = \"staging-");
    assert!(others.contains("staging-stripe"));
    let shared = others.replace("staging-stripe-previous", "stripe-previous");
    for (others, more, code) in [(&others, &[][..], 0), (&shared, &[], 2), (&shared, &["--write-bound"], 0)] {
        let text = format!("{own}{others}[env.staging.vars]\nOSTIARY_ENVIRONMENT = \"staging\"\n");
        std::fs::write(&file, text).unwrap();
        let world = stripe();
        let ran = world.run(&[&PROBE[..], &["--wrangler", file.to_str().unwrap()], more].concat(), NEW);
        assert_eq!(ran.code, Some(code), "{}", ran.err);
        if code == 2 {
            let told = "the secret `stripe-previous` of the store 1 is what `STRIPE_KEY_PREVIOUS` (env.staging) reads";
            assert!(ran.err.contains(told), "{}", ran.err);
            assert_eq!(world.calls(), <[String; 0]>::default());
        }
    }
}

#[test]
fn a_store_that_fails_half_way_is_told_with_what_is_written() {
    let world = stripe();
    world.state().refused.insert("update 1/stripe");
    let ran = world.run(&PROBE, NEW);
    assert_eq!(ran.code, Some(1));
    let told = "`stripe-previous` is written: run the same again";
    assert!(ran.err.contains(told), "{}", ran.err);
    assert_eq!(held(&world), ["stripe=old-1", "stripe-previous=new-value-0123456"]);
}

#[test]
fn a_token_that_the_gateway_would_never_accept_is_refused_before_anything_is_read() {
    let random = "0123456789abcdef0123456789abcdef";
    let other = format!("ost_checkout_{random}");
    for (secret, token, told) in [
        ("token", other.as_str(), "the token has the form `ost_NAME_…` with another name than `app`"),
        ("shop", other.as_str(), "the token has the form `ost_NAME_…` with another name than `shop`"),
        ("shop", random, "`shop` has `named = true`, and the token does not begin with its name"),
        ("token", "the-known-token", "it is the token of `known`"),
        ("token", "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl", "the token looks like a signed one"),
        ("token", "fifteen-letters", "a token of fewer than 16 characters can be guessed"),
    ] {
        let stored = if secret == "token" { "token" } else { "shop" };
        let world = World::new(&[(stored, "old")]);
        let update = ["secrets", "--store-id", "1", "update", stored, "--value"];
        for arguments in [&["rotate", secret][..], &["rotate", secret, "--finish"], &update] {
            let ran = world.run(arguments, token);
            assert_eq!(ran.code, Some(2), "{arguments:?}: {}{}", ran.out, ran.err);
            assert!(ran.err.contains(told), "{}", ran.err);
        }
        assert_eq!((held(&world), world.calls()), (vec![format!("{stored}=old")], vec![]), "{secret}");
    }
    let world = World::new(&[("token", "old")]);
    let update = ["secrets", "--store-id", "1", "update", "token", "--value", "--as-is"];
    assert_eq!(world.run(&update, "fifteen-letters").code, Some(0));
    let own = format!("ost_app_{random}");
    let world = World::new(&[("token", "old")]);
    assert_eq!(world.run(&["rotate", "token"], &own).code, Some(0));
}

#[test]
fn a_file_with_one_token_for_two_callers_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tokens.json");
    let token = "ost_shop_0123456789abcdef0123456789abcdef";
    for (other, told) in [(token, "with another name than `app`"), ("plain-token-012345", "the same token")] {
        let values =
            json!({ "token": other, "token-next": "plain-token-012345", "ops": "plain-token-012345" });
        fs::write(&file, values.to_string()).unwrap();
        let world = World::new(&[]);
        let ran = world.run(&["sync", "--store-id", "1", "--from", file.to_str().unwrap()], "unused");
        assert_eq!(ran.code, Some(2), "{}{}", ran.out, ran.err);
        assert!(ran.err.contains(told), "{}", ran.err);
        assert_eq!(held(&world), <[String; 0]>::default());
    }
}

#[test]
fn a_token_of_another_caller_of_the_route_is_refused() {
    let token = "ost_shop_0123456789abcdef0123456789abcdef";
    let world = World::new(&[("token", "old"), ("shop", "shops-own-0123456")]);
    // The gateway says which secrets have the token.
    let ran = world.run(&["rotate", "token"], "shops-own-0123456");
    assert_eq!(ran.code, Some(2), "{}{}", ran.out, ran.err);
    assert!(
        ran.err.contains("the caller `shop` has this token already") && !ran.err.contains(token),
        "{}",
        ran.err
    );
    assert_eq!(held(&world), ["shop=shops-own-0123456", "token=old"]);
}
