//! Doubts of `ostiary rotate`: where a key that works could be lost, it stops and says what is written.

use std::fs;

use serde_json::json;

use crate::rotation::{NEW, PROBE, stripe, with_json};
use crate::world::{Said, World, held};

const UNTOUCHED: [&str; 2] = ["stripe=old-1", "stripe-previous=old-2"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&PROBE[..], more].concat()
}

#[test]
fn a_probe_that_refuses_everybody_does_not_prove_that_the_keys_are_dead() {
    // A mistyped path at an API gateway: each key gets 403, and so does the control.
    let refused = || {
        let world = stripe();
        world.state().said = [Said::Status(403); 4].into();
        world.state().control = Some(Said::Status(403));
        world
    };
    for more in [&[][..], &["--no-control"], &["--dry-run"]] {
        let world = refused();
        let ran = world.run(&with(more), NEW);
        assert_eq!(ran.code, Some(1), "{}", ran.out);
        let told = "stopped. No source is known to work, although one has a value";
        assert!(ran.out.contains(told) && ran.out.contains("--all-dead"), "{}", ran.out);
        assert_eq!(held(&world), UNTOUCHED);
    }
    let world = refused();
    let ran = world.run(&with(&["--all-dead"]), NEW);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);

    let world = World::new(&[("single", "old")]).knows(&["old", NEW]);
    world.state().said = [Said::Status(403); 2].into();
    world.state().control = Some(Said::Status(403));
    let ran = world.run(&["rotate", "single", "--probe", "GET /"], NEW);
    assert_eq!((ran.code, held(&world)), (Some(1), vec!["single=old".to_owned()]), "{}", ran.out);
}

#[test]
fn a_single_refusal_does_not_spare_a_key() {
    let world = World::new(&[("stripe", "dead"), ("stripe-previous", "old-2")]).knows(&["old-2"]);
    world.state().said = [Said::Status(401); 3].into();
    let ran = world.run(&PROBE, "mistyped");
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    let told = "does not work: the upstream answered 401; but later, it works: the upstream answered 200\n";
    assert!(ran.out.contains(told) && ran.out.contains("Nothing was written."), "{}", ran.out);
    assert_eq!(held(&world), ["stripe=dead", "stripe-previous=old-2"]);
}

#[test]
fn a_refusal_that_the_route_names_is_compared_with_the_control_too() {
    let world = stripe();
    world.state().refusing = Some(403);
    world.state().said = [Said::Status(403), Said::Status(403), Said::Status(200)].into();
    let ran = world.run(&PROBE, NEW);
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(ran.out.contains("stopped. Source 1 (STRIPE_KEY) is refused in another way"), "{}", ran.out);
    assert_eq!(held(&world), UNTOUCHED);
}

#[test]
fn a_source_that_may_work_is_not_written_beside_one_that_does() {
    for said in [Said::Status(503), Said::Status(404), Said::Failure("upstream_timeout")] {
        let world = stripe();
        world.state().said = [said; 3].into_iter().chain([Said::Status(200)]).collect();
        let ran = world.run(&PROBE, "mistyped");
        assert_eq!(ran.code, Some(1), "{}", ran.out);
        assert!(
            ran.out.contains("stopped. It is not known whether source 1 (STRIPE_KEY) works"),
            "{}",
            ran.out
        );
        assert_eq!(held(&world), UNTOUCHED);
    }
}

#[test]
fn without_a_control_nothing_is_written_in_front_of_a_key_that_may_serve() {
    let missing = || World::new(&[("stripe-previous", "old-2")]).knows(&["old-2", NEW]);
    let refused = || {
        let world = stripe();
        world.state().said = [Said::Status(403), Said::Status(403), Said::Status(200)].into();
        world
    };
    for world in [missing(), refused()] {
        let before = held(&world);
        let ran = world.run(&with(&["--no-control"]), NEW);
        assert_eq!(ran.code, Some(1), "{}", ran.out);
        assert!(ran.out.contains("comes before one that may serve requests"), "{}", ran.out);
        assert_eq!(held(&world), before);
    }
    for world in [missing(), stripe()] {
        let ran = world.run(&with(&["--no-control", "--overwrite", "1", "--json"]), NEW);
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
        assert_eq!(held(&world), ["stripe=new-value-0123456", "stripe-previous=new-value-0123456"]);
        let written: Vec<String> =
            ran.events().into_iter().filter(|event| event.starts_with("written")).collect();
        assert_eq!(written, ["written 1", "written 2"]);
    }
    let ran = stripe().run(&with(&["--overwrite", "3"]), NEW);
    assert_eq!(ran.code, Some(2), "{}", ran.err);
}

#[test]
fn an_upstream_that_accepts_everything_after_the_first_write_is_noticed() {
    // A maintenance page answers 200 to everybody.
    let world = stripe();
    world.state().controls = [Said::Status(401)].into();
    world.state().control = Some(Said::Status(200));
    world.state().said = [Said::Status(200); 5].into();
    let ran = world.run(&PROBE, "mistyped");
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(ran.out.contains("Only source 2 (STRIPE_KEY_PREVIOUS) is written."), "{}", ran.out);
    assert_eq!(held(&world), ["stripe=old-1", "stripe-previous=mistyped"]);

    // Before the advice to revoke a key, it is repeated once more.
    for control in [Said::Status(200), Said::Status(503)] {
        let world = stripe();
        world.state().controls = [Said::Status(401); 2].into();
        world.state().control = Some(control);
        let ran = world.run(&PROBE, NEW);
        assert_eq!(ran.code, Some(1), "{}", ran.out);
        assert!(!ran.out.contains("revoke"), "{}", ran.out);
        let told = "Only source 2 (STRIPE_KEY_PREVIOUS) and source 1 (STRIPE_KEY) is written.";
        assert!(ran.out.contains(told), "{}", ran.out);
    }
}

#[test]
fn a_new_value_that_is_accepted_only_at_first_is_not_written_everywhere() {
    for accepted in 1..3 {
        let world = stripe();
        let first = vec![Said::Status(200); 2 + accepted];
        world.state().said = first.into_iter().chain([Said::Status(401)]).collect();
        let ran = world.run(&PROBE, NEW);
        assert_eq!(ran.code, Some(1), "{}", ran.out);
        assert!(
            ran.out.contains("works: the upstream answered 200; but later, it does not work"),
            "{}",
            ran.out
        );
        assert_eq!(held(&world), ["stripe=old-1", "stripe-previous=new-value-0123456"]);
    }
}

#[test]
fn a_copy_is_only_proposed_of_another_value() {
    // Both sources hold the new value. The first is accepted, and the second is refused, for instance during an outage.
    let world = World::new(&[("stripe", NEW), ("stripe-previous", NEW)]);
    world.state().said = [Said::Status(200); 3].into_iter().chain([Said::Status(401); 2]).collect();
    let ran = world.run(&PROBE, NEW);
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(!ran.out.contains("duplicate"), "{}", ran.out);
}

#[test]
fn after_a_write_in_front_of_a_key_that_served_the_way_back_is_told() {
    let risk = "\nRequests may fail now: source 1 (STRIPE_KEY) comes before source 2 (STRIPE_KEY_PREVIOUS), which served \
                them. If it is deleted, requests use source 2 (STRIPE_KEY_PREVIOUS) again:\n  ostiary secrets --store 1 \
                delete --delete-bound stripe";
    // The new value has a wrong form, no permission, no quota, or is refused.
    for status in [400, 403, 429, 401] {
        let world = World::new(&[("stripe-previous", "old-2")]);
        world.state().refusing = Some(401);
        world.state().said = [Said::Status(200)].into_iter().chain([Said::Status(status); 3]).collect();
        let ran = world.run(&PROBE, "mistyped");
        assert_eq!(ran.code, Some(1), "{}", ran.out);
        assert!(ran.out.contains(risk), "{status}: {}", ran.out);
        assert_eq!(held(&world), ["stripe=mistyped", "stripe-previous=old-2"]);
    }
    // The gateway does not read it in time.
    let world = World::new(&[("stripe", "dead"), ("stripe-previous", "old-2")]).knows(&["old-2", NEW]);
    world.state().refusing = Some(401);
    world.state().pending = 100;
    let ran = world.run(&with(&["--wait", "0s"]), NEW);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("is still pending") && ran.err.contains(risk), "{}", ran.err);
    // The first source has the new value, which works, and the second one is only pending.
    let world = World::new(&[("stripe-previous", "old-2")]).knows(&["old-2", NEW]);
    world.state().refusing = Some(401);
    world.state().pending = 100;
    let ran = world.run(&with(&["--wait", "0s"]), NEW);
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("is still pending") && !ran.err.contains("Requests may fail"), "{}", ran.err);
}

#[test]
fn a_source_that_is_refused_in_another_way_can_be_written_again() {
    let world = World::new(&[("stripe", "norights"), ("stripe-previous", "old-2")]).knows(&["old-2", NEW]);
    world.state().said = [Said::Status(403), Said::Status(403), Said::Status(200)].into();
    world.state().refusing = Some(401);
    let ran = world.run(&PROBE, NEW);
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(ran.out.contains("If nobody needs what it holds, --overwrite 1 writes it."), "{}", ran.out);
    let ran = world.run(&with(&["--overwrite", "1"]), NEW);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert_eq!(held(&world), ["stripe=new-value-0123456", "stripe-previous=new-value-0123456"]);
}

#[test]
fn a_token_of_a_half_done_rotation_is_not_overwritten() {
    let world = World::new(&[("token", "old-1"), ("token-next", "in-use")]);
    let ran = world.run(&["rotate", "token"], NEW);
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    let told = "stopped. The sources hold different tokens, so a rotation is half done";
    assert!(ran.out.contains(told) && ran.out.contains("--finish"), "{}", ran.out);
    assert_eq!(held(&world), ["token=old-1", "token-next=in-use"]);
    let ran = world.run(&["rotate", "token", "--overwrite", "1"], NEW);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert_eq!(held(&world), ["token=new-value-0123456", "token-next=in-use"]);
    let ran = world.run(&["rotate", "token", "--finish", "--overwrite", "2"], NEW);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
}

#[test]
fn the_token_that_asks_the_gateway_is_not_overwritten() {
    let world = World::new(&[("token", "ops-token"), ("token-next", NEW)]);
    let ran = world.run(&["rotate", "token", "--finish"], NEW);
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    let told = "source 1 (TOKEN) holds the token of OSTIARY_OPERATOR_TOKEN, which would end with this write";
    assert!(ran.err.contains(told) && ran.err.contains("nothing was written"), "{}", ran.err);
    assert_eq!(held(&world), ["token=ops-token", "token-next=new-value-0123456"]);
}

#[test]
fn a_value_that_was_there_before_is_not_called_new() {
    for (values, overwritten) in [
        ([("stripe", NEW), ("stripe-previous", NEW)], ""),
        ([("stripe", NEW), ("stripe-previous", "dead")], "source 2 (STRIPE_KEY_PREVIOUS)"),
        ([("stripe", "dead"), ("stripe-previous", NEW)], "source 1 (STRIPE_KEY)"),
    ] {
        let world = World::new(&values).knows(&[NEW]);
        let ran = world.run(&PROBE, NEW);
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
        assert!(!ran.out.contains("then revoke the old key"), "{}", ran.out);
        assert!(ran.out.contains("held it before this run"), "{}", ran.out);
        let told = format!("The value that {overwritten} held before is overwritten.");
        assert_eq!(ran.out.contains(&told), !overwritten.is_empty(), "{}", ran.out);
    }
}

#[test]
fn other_routes_that_use_the_secret_are_named_before_a_key_is_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pair.json");
    fs::write(&file, json!({ "id": "new-id", "key": "new-key" }).to_string()).unwrap();
    let world = World::new(&[
        ("pair-id", "old-id"),
        ("pair-key", "old-key"),
        ("pair-id-previous", "old-id"),
        ("pair-key-previous", "old-key"),
    ]);
    let world = world.knows(&["old-id old-key", "new-id new-key"]);
    world.state().refusing = Some(401);
    let ran =
        world.run(&["rotate", "id", "key", "--probe", "GET /", "--from", file.to_str().unwrap()], "unused");
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let told = "The route `ids` uses it too and was not probed. Other locations may still read the old one";
    assert!(ran.out.contains(told), "{}", ran.out);
}

#[test]
fn a_closed_standard_output_does_not_end_it_half_way() {
    let world = stripe();
    let ran = world.run_unread(&PROBE, NEW, 5);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert_eq!(held(&world), ["stripe=new-value-0123456", "stripe-previous=new-value-0123456"]);
    let ran = stripe().run_unread(&PROBE, "mistyped", 5);
    assert_eq!(ran.code, Some(1), "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("stopped. The upstream refuses the new value"), "{}", ran.err);
}

#[test]
fn a_closed_standard_output_ends_it_before_the_first_write() {
    let world = stripe();
    let ran = world.run_unread(&PROBE, NEW, 0);
    assert_eq!((ran.code, ran.err.as_str()), (Some(141), ""));
    assert_eq!(held(&world), UNTOUCHED);
}

#[test]
fn a_failure_after_a_write_is_a_document_too() {
    let world = stripe();
    world.state().refused.insert("update 1/stripe");
    let ran = world.run(&with_json(&PROBE), NEW);
    assert_eq!(ran.code, Some(1));
    assert_eq!(ran.json()["outcome"], "failed");
    assert!(ran.json()["advice"].as_str().unwrap().contains("`stripe-previous` is written"), "{}", ran.out);
    assert!(ran.events().contains(&"written 2".to_owned()), "{}", ran.out);
}
