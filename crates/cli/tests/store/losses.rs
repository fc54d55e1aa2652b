//! `ostiary rotate` never overwrites a value that works, or may work, and of which the store may have the only copy.

use std::fs;

use serde_json::json;

use crate::rotation::{NEW, PROBE, stripe};
use crate::world::{Said, World, held};

const TRIPLE: [&str; 4] = ["rotate", "triple", "--probe", "GET /"];
const FINISH: [&str; 3] = ["rotate", "token", "--finish"];

fn with<'a>(arguments: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [arguments, more].concat()
}

#[test]
fn a_key_behind_a_dead_source_is_not_overwritten_with_the_previous_one() {
    let current = [("triple-2", "current"), ("triple-3", "key-before")];
    let dead = [&[("triple-1", "dead")][..], &current].concat();
    for values in [&current[..], &dead] {
        let world = World::new(values).knows(&["current", "key-before"]);
        let before = held(&world);
        let ran = world.run(&TRIPLE, "key-before");
        assert_eq!(ran.code, Some(1), "{}", ran.out);
        assert!(ran.out.contains("Source 3 (TRIPLE_3) held this value before this run"), "{}", ran.out);
        assert!(ran.out.contains("Nothing was written."), "{}", ran.out);
        assert_eq!(held(&world), before);
        let ran = world.run(&with(&TRIPLE, &["--overwrite", "2"]), "key-before");
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
        assert_eq!(held(&world), ["triple-1=key-before", "triple-2=key-before", "triple-3=key-before"]);
    }
}

#[test]
fn a_waiver_of_one_source_is_none_of_another() {
    let world = World::new(&[("triple-1", "one"), ("triple-2", "two"), ("triple-3", NEW)]);
    let ran = world.run(&with(&TRIPLE, &["--overwrite", "1"]), NEW);
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(ran.out.contains("run the same with --overwrite 1,2 to continue"), "{}", ran.out);
    assert_eq!(held(&world), ["triple-1=one", "triple-2=two", "triple-3=new-value-0123456"]);
    let ran = world.run(&TRIPLE, NEW);
    assert!(ran.out.contains("run the same with --overwrite 1,2 to continue"), "{}", ran.out);
    for waivers in [&["--overwrite", "1,2"][..], &["--overwrite", "2", "--overwrite", "1"]] {
        let world = World::new(&[("triple-1", "one"), ("triple-2", "two"), ("triple-3", NEW)]);
        let ran = world.run(&with(&TRIPLE, waivers), NEW);
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
        assert_eq!(
            held(&world),
            ["triple-1=new-value-0123456", "triple-2=new-value-0123456", "triple-3=new-value-0123456"]
        );
    }
    let ran = world.run(&with(&TRIPLE, &["--overwrite", "1,4"]), NEW);
    assert_eq!(ran.code, Some(2), "{}", ran.err);
}

#[test]
fn a_source_that_could_not_be_read_is_not_overwritten_where_another_one_has_the_value() {
    for (arguments, values, hidden, held_value) in [
        (
            &PROBE[..],
            [("stripe", "current"), ("stripe-previous", "older-0123456789a")],
            "stripe",
            "older-0123456789a",
        ),
        (
            &PROBE,
            [("stripe", "older-0123456789a"), ("stripe-previous", "current")],
            "stripe-previous",
            "older-0123456789a",
        ),
        (
            &FINISH,
            [("token", "older-0123456789a"), ("token-next", "newer")],
            "token-next",
            "older-0123456789a",
        ),
        (&FINISH, [("token", "newer"), ("token-next", "older-0123456789a")], "token", "older-0123456789a"),
    ] {
        let world = World::new(&values);
        world.state().failing.insert(hidden, (0, 3));
        let before = held(&world);
        let ran = world.run(arguments, held_value);
        assert_eq!(ran.code, Some(1), "{}", ran.out);
        assert!(ran.out.contains("The gateway could not read source"), "{}", ran.out);
        assert!(ran.out.contains("Nothing was written."), "{}", ran.out);
        assert_eq!(held(&world), before);
    }
    // The user may know that nobody needs it.
    let world = World::new(&[("stripe", "lost"), ("stripe-previous", "old-2")]).knows(&["old-2", NEW]);
    world.state().refusing = Some(401);
    world.state().failing.insert("stripe", (0, 3));
    let ran = world.run(&with(&PROBE, &["--overwrite", "1"]), NEW);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert_eq!(held(&world), ["stripe=new-value-0123456", "stripe-previous=new-value-0123456"]);
}

#[test]
fn a_probe_that_tells_nothing_names_no_command_that_deletes() {
    for control in [200, 404, 503] {
        let world = World::new(&[("stripe", "current"), ("stripe-previous", "dead")]);
        world.state().control = Some(Said::Status(control));
        world.state().said = [Said::Status(200); 9].into();
        let ran = world.run(&PROBE, "current");
        assert_eq!(ran.code, Some(1), "{}", ran.out);
        assert!(ran.out.contains("Nothing was written."), "{}", ran.out);
        assert!(!ran.out.contains("delete") && !ran.out.contains("Requests may fail"), "{}", ran.out);
        assert_eq!(held(&world), ["stripe=current", "stripe-previous=dead"]);
    }
}

#[test]
fn a_value_from_before_the_run_is_not_called_wrong_because_a_request_failed() {
    // The upstream is busy, so it is not known whether the first source works.
    let world = World::new(&[("stripe", "current"), ("stripe-previous", "old-2")]);
    world.state().said = [Said::Status(503); 3].into_iter().chain([Said::Status(200)]).collect();
    let ran = world.run(&PROBE, "current");
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(!ran.out.contains("delete"), "{}", ran.out);
}

const PAIR: [(&str, &str); 4] = [
    ("pair-id", "old-id-1"),
    ("pair-key", "old-key-1"),
    ("pair-id-previous", "old-id-2"),
    ("pair-key-previous", "old-key-2"),
];

fn pair() -> World {
    World::new(&PAIR).knows(&["old-id-1 old-key-1", "old-id-2 old-key-2", "new-id new-key"])
}

#[test]
fn a_pair_that_is_written_by_half_in_front_of_one_that_works_is_a_risk() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pair.json");
    fs::write(&file, json!({ "id": "new-id", "key": "new-key" }).to_string()).unwrap();
    let rotate = ["rotate", "id", "key", "--probe", "GET /", "--from", file.to_str().unwrap()];
    let world = pair();
    world.state().refusing = Some(401);
    world.state().refused.insert("update 1/pair-key");
    let ran = world.run(&rotate, "unused");
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert_eq!(held(&world)[..2], ["pair-id=new-id", "pair-id-previous=new-id"]);
    let risk = "Requests may fail now: source 1 (PAIR_ID, PAIR_KEY) comes before source 2 (PAIR_ID_PREVIOUS, \
                PAIR_KEY_PREVIOUS)";
    assert!(ran.err.contains(risk), "{}", ran.err);
    assert!(ran.err.contains("\n  ostiary secrets --store 1 delete --delete-bound pair-id\n"), "{}", ran.err);
    assert!(!ran.err.contains("delete-bound pair-key"), "{}", ran.err);
    // Run again, it continues: no request succeeds with the half pair, so nobody needs it.
    world.state().refused.clear();
    let ran = world.run(&rotate, "unused");
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert_eq!(
        held(&world),
        ["pair-id=new-id", "pair-id-previous=new-id", "pair-key=new-key", "pair-key-previous=new-key"]
    );
}

#[test]
fn a_pair_is_not_written_where_requests_would_fail_between_the_two_writes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pair.json");
    fs::write(&file, json!({ "id": "new-id", "key": "new-key" }).to_string()).unwrap();
    let rotate = ["rotate", "id", "key", "--probe", "GET /", "--from", file.to_str().unwrap()];
    let world = pair();
    let before = held(&world);
    let ran = world.run(&rotate, "unused");
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    let told =
        "Source 1 (PAIR_ID, PAIR_KEY) serves requests, and its secrets are written one after the other";
    assert!(ran.out.contains(told) && ran.out.contains("Nothing was written."), "{}", ran.out);
    assert_eq!(held(&world), before);
    // Where the first source is dead, the second one serves meanwhile.
    let world = pair().knows(&["old-id-2 old-key-2", "new-id new-key"]);
    let ran = world.run(&rotate, "unused");
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
}

#[test]
fn another_caller_s_token_that_could_not_be_read_is_read_again() {
    let world = || World::new(&[("token", "old"), ("token-next", "old"), ("shop", "shops-own-0123456")]);
    for (failures, code, told) in [
        (1, 2, "the caller `shop` has this token already"),
        (3, 1, "could not read the token of the caller `shop`"),
    ] {
        let world = world();
        world.state().failing.insert("shop", (0, failures));
        let ran = world.run(&["rotate", "token"], "shops-own-0123456");
        assert_eq!(ran.code, Some(code), "{}{}", ran.out, ran.err);
        assert!(ran.err.contains(told) && ran.err.contains("nothing was written"), "{}", ran.err);
        assert_eq!(held(&world), ["shop=shops-own-0123456", "token=old", "token-next=old"]);
    }
}

#[test]
fn the_operator_s_own_token_that_could_not_be_read_is_read_again() {
    // The first read of the source is the inspection's.
    for (failures, told) in [
        (2, "holds the token of OSTIARY_OPERATOR_TOKEN"),
        (4, "whether it holds the token of OSTIARY_OPERATOR_TOKEN"),
    ] {
        let world = World::new(&[("token", "ops-token"), ("token-next", NEW)]);
        world.state().failing.insert("token", (1, failures));
        let ran = world.run(&FINISH, NEW);
        assert_eq!(ran.code, Some(1), "{}", ran.out);
        assert!(ran.err.contains(told) && ran.err.contains("nothing was written"), "{}", ran.err);
        assert_eq!(held(&world), ["token=ops-token", "token-next=new-value-0123456"]);
    }
}

#[test]
fn sync_and_secrets_with_a_gateway_refuse_another_caller_s_token() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tokens.json");
    fs::write(&file, json!({ "token": "shops-own-0123456" }).to_string()).unwrap();
    let world = World::new(&[("token", "old"), ("shop", "shops-own-0123456")]);
    let sync = ["sync", "--store-id", "1", "--update", "--from", file.to_str().unwrap()];
    let ran = world.run(&sync, "unused");
    assert_eq!(ran.code, Some(2), "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("the caller `shop` has this token already"), "{}", ran.err);
    assert_eq!(held(&world), ["shop=shops-own-0123456", "token=old"]);
    // The same file may give `shop` another token, so that both can be exchanged at once.
    let both = json!({ "token": "shops-own-0123456", "shop": "ost_shop_0123456789abcdef0123456789abcdef" });
    fs::write(&file, both.to_string()).unwrap();
    let ran = world.run(&sync, "unused");
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
}

#[test]
fn a_change_that_is_not_one_of_the_value_does_not_make_an_old_token_the_newer_one() {
    let world = World::new(&[("token", "older-0123456789a"), ("token-next", "newer")]);
    world.state().changed.insert("token", 5);
    let ran = world.run(&FINISH, "older-0123456789a");
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(ran.out.contains("source 2 (TOKEN_NEXT) holds another one, which may be newer"), "{}", ran.out);
    assert_eq!(held(&world), ["token=older-0123456789a", "token-next=newer"]);
}

#[test]
fn a_printed_way_back_is_one_that_the_command_accepts() {
    let world = stripe();
    world.state().scopes.insert("stripe-previous", &["workers", "browser_rendering"]);
    let ran = world.run(&PROBE, "mistyped");
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    let line = ran.out.lines().find(|line| line.contains("duplicate")).unwrap();
    let [delete, duplicate] = line.trim().split(" && ").collect::<Vec<_>>()[..] else { panic!("{line}") };
    for command in [delete, duplicate] {
        let words: Vec<&str> = command.split(' ').skip(1).chain(["--help"]).collect();
        let ran = world.run(&words, "unused");
        assert_eq!(ran.code, Some(0), "{command}: {}", ran.err);
    }
}
