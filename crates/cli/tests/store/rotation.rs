//! The order of the writes of `ostiary rotate`, its waits and checks, and its output. The whole sequence is here, which
//! makes the file longer than others.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::world::{Glimpse, World, held};

pub const PROBE: [&str; 4] = ["rotate", "stripe", "--probe", "GET /v1/balance"];

/// The new value, which the upstream knows.
pub const NEW: &str = "new-value-0123456";

pub fn stripe() -> World {
    let world = World::new(&[("stripe", "old-1"), ("stripe-previous", "old-2")]);
    world.knows(&["old-1", "old-2", NEW])
}

pub fn with_json<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [arguments, &["--json"]].concat()
}

#[test]
fn the_spare_source_is_written_and_proved_before_the_one_that_serves() {
    let world = stripe();
    let ran = world.run(&PROBE, NEW);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{}", ran.out);
    let said = "\
source 1 (STRIPE_KEY): holds another value
source 2 (STRIPE_KEY_PREVIOUS): holds another value
source 1 (STRIPE_KEY): works: the upstream answered 200
source 2 (STRIPE_KEY_PREVIOUS): works: the upstream answered 200
source 1 (STRIPE_KEY): a wrong value in its place is refused: the upstream answered 401
source 2 (STRIPE_KEY_PREVIOUS): the new value is written
source 2 (STRIPE_KEY_PREVIOUS): the store says that it is active
source 2 (STRIPE_KEY_PREVIOUS): the gateway reads the new value
source 2 (STRIPE_KEY_PREVIOUS): works: the upstream answered 200
source 1 (STRIPE_KEY): a wrong value in its place is refused: the upstream answered 401
source 1 (STRIPE_KEY): the new value is written
source 1 (STRIPE_KEY): the store says that it is active
source 1 (STRIPE_KEY): the gateway reads the new value
source 1 (STRIPE_KEY): works: the upstream answered 200
source 1 (STRIPE_KEY): a wrong value in its place is refused: the upstream answered 401
done. Every source holds the new value. Other locations may still read the old one: wait 5 minutes, and then revoke \
the old key at the provider that the route `stripe` leads to.
";
    assert_eq!(ran.out, said);
    let read = |source| format!("read stripe {source}");
    let send = |source| format!("send stripe {source} GET /v1/balance");
    let update = |name| format!("update 1/{name}");
    let control = || "control stripe 1 GET /v1/balance".to_owned();
    let written = |name, source| {
        let [reads, sends] =
            [[read(source), read(source), read(source)], [send(source), send(source), send(source)]];
        [&[update(name)][..], &reads, &sends, &[control()]].concat()
    };
    let (second, first) = (written("stripe-previous", 2), written("stripe", 1));
    let looks = [read(1), read(2), send(1), send(2), control()];
    assert_eq!(world.calls(), [&looks[..], &second, &first].concat());
    assert_eq!(held(&world), ["stripe=new-value-0123456", "stripe-previous=new-value-0123456"]);
}

#[test]
fn as_json_it_is_one_document() {
    let ran = stripe().run(&with_json(&PROBE), NEW);
    let document = ran.json();
    assert_eq!(document["outcome"], "done");
    assert!(document["advice"].as_str().unwrap().contains("revoke the old key"));
    let probed =
        json!({ "source": 1, "event": "probed", "text": "works: the upstream answered 200", "status": 200 });
    assert_eq!(document["events"][2], probed);
    let controlled = json!({
        "source": 1, "event": "controlled", "status": 401,
        "text": "a wrong value in its place is refused: the upstream answered 401",
    });
    assert_eq!(document["events"][4], controlled);
    let found = json!({ "source": 2, "event": "found", "text": "holds another value" });
    assert_eq!(document["events"][1], found);
    let events = [
        "found 1",
        "found 2",
        "probed 1",
        "probed 2",
        "controlled 1",
        "written 2",
        "active 2",
        "proved 2",
        "probed 2",
        "controlled 1",
        "written 1",
        "active 1",
        "proved 1",
        "probed 1",
        "controlled 1",
    ];
    assert_eq!(ran.events(), events);
}

#[test]
fn a_secret_is_waited_for_until_it_is_active() {
    let world = stripe();
    world.state().pending = 2;
    let ran = world.run(&with_json(&PROBE), NEW);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let calls = world.calls();
    let written = calls.iter().position(|call| call == "update 1/stripe-previous").unwrap();
    assert_eq!(
        calls[written + 1..written + 4],
        ["look 1/stripe-previous", "look 1/stripe-previous", "read stripe 2"]
    );
}

#[test]
fn the_gateway_must_have_read_the_new_value_three_times_in_a_row() {
    let world = World::new(&[("stripe", "old-1")]).knows(&["old-1", NEW]);
    // Two reads at first, then reads of the written value: the old value from an instance that is behind restarts the
    // count.
    let [current, nothing, stale] = [Glimpse::Current, Glimpse::Nothing, Glimpse::Stale];
    world.state().glimpses =
        [current, nothing, nothing, nothing, current, current, current, stale, current].into();
    let ran = world.run(&with_json(&PROBE), NEW);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let calls = world.calls();
    let written = calls.iter().position(|call| call.starts_with("create ")).unwrap();
    let probed = calls.iter().skip(written).position(|call| call.starts_with("send stripe 2")).unwrap();
    assert_eq!(calls[written], "create 1/stripe-previous [\"workers\"]");
    assert!(calls[written + 1..written + probed].iter().all(|call| call == "read stripe 2"));
    assert_eq!(probed - 1, 6, "{calls:?}");
}

/// Reads that follow each other at once may all come from the same instance of the gateway.
#[test]
fn between_two_reads_of_the_new_value_there_is_a_pause() {
    let world = World::new(&[("token", "old-1"), ("token-next", "old-1")]);
    let before = Instant::now();
    let ran = world.run(&["rotate", "token", "--pause", "1s"], NEW);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    // Three reads.
    assert!(before.elapsed() >= Duration::from_secs(2));
}

#[test]
fn a_value_that_the_gateway_does_not_come_to_read_is_given_up() {
    let world = stripe();
    world.state().glimpses = [Glimpse::Current; 4].into_iter().chain([Glimpse::Stale; 60]).collect();
    let before = Instant::now();
    let ran = world.run(&[&PROBE[..], &["--wait", "1s"]].concat(), NEW);
    assert!(before.elapsed() >= Duration::from_secs(1));
    assert_eq!(ran.code, Some(1));
    let message = "the gateway does not read the new value from source 2 (STRIPE_KEY_PREVIOUS) yet (--wait makes it wait \
                   longer); `stripe-previous` is written: run the same again with the same value, to continue";
    assert!(ran.err.contains(message), "{}", ran.err);
    // Without --json, standard output has sentences only.
    assert!(ran.out.ends_with("the store says that it is active\n"), "{}", ran.out);
    // A read, a pause of half a second, a read, a pause, and one more read.
    assert_eq!(world.calls().iter().filter(|call| *call == "read stripe 2").count(), 4);
    assert_eq!(held(&world), ["stripe=old-1", "stripe-previous=new-value-0123456"]);
}

#[test]
fn a_secret_that_stays_pending_is_given_up() {
    let world = stripe();
    world.state().pending = 100;
    let ran = world.run(&[&PROBE[..], &["--wait", "1s"]].concat(), NEW);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.err.contains(
            "`stripe-previous` is still pending (--wait makes it wait longer); `stripe-previous` is written"
        ),
        "{}",
        ran.err
    );
    assert_eq!(held(&world), ["stripe=old-1", "stripe-previous=new-value-0123456"]);
}

#[test]
fn a_source_without_a_value_is_asked_three_times_before_it_counts_as_spare() {
    let world = stripe();
    world.state().glimpses = [Glimpse::Nothing, Glimpse::Nothing, Glimpse::Current].into();
    let ran = world.run(&PROBE, NEW);
    assert!(ran.out.starts_with("source 1 (STRIPE_KEY): holds another value\n"), "{}", ran.out);
    assert_eq!(world.calls()[..4], ["read stripe 1", "read stripe 1", "read stripe 1", "read stripe 2"]);

    let world = stripe();
    world.state().glimpses = [Glimpse::Nothing; 3].into();
    let ran = world.run(&PROBE, NEW);
    // The store has the secret, so the gateway may use another store.
    let told = "the gateway finds no secret for `STRIPE_KEY`, and the store 1 has `stripe`, which is active";
    assert!(ran.err.contains(told) && ran.err.contains("nothing was written"), "{}", ran.err);
    assert_eq!(held(&world), ["stripe=old-1", "stripe-previous=old-2"]);
    assert_eq!(world.calls(), ["read stripe 1"; 3]);
}

#[test]
fn a_source_that_the_store_does_not_give_just_now_is_never_spared() {
    // For a token, the secret of another caller is read first.
    for (order, names, others) in
        [(&PROBE[..], ["stripe", "stripe-previous"], 0), (&["rotate", "token"], ["token", "token-next"], 1)]
    {
        let world = World::new(&[(names[0], "old-1"), (names[1], "old-2")]);
        world.state().glimpses =
            std::iter::repeat_n(Glimpse::Current, others).chain([Glimpse::Fault; 3]).collect();
        let ran = world.run(order, NEW);
        assert_eq!(ran.code, Some(1), "{}", ran.out);
        assert!(
            ran.out.contains("which may have the only value that works, so it is not overwritten"),
            "{}",
            ran.out
        );
        assert_eq!(held(&world), [format!("{}=old-1", names[0]), format!("{}=old-2", names[1])]);
    }
}

#[test]
fn a_store_that_fails_while_a_source_is_tried_says_nothing_of_it() {
    let world = World::new(&[("stripe", "dead"), ("stripe-previous", "old-2")]).knows(&["old-2"]);
    // The two reads, the two probes of the first source, and then each attempt for the second one.
    world.state().glimpses = [Glimpse::Current; 4].into_iter().chain([Glimpse::Fault; 3]).collect();
    let ran = world.run(&PROBE, NEW);
    assert!(!ran.out.contains("source 2 (STRIPE_KEY_PREVIOUS): does not work"), "{}", ran.out);
    assert!(held(&world).contains(&"stripe-previous=old-2".to_owned()), "{}", ran.out);
}

#[test]
fn a_mistyped_value_is_found_before_the_second_write_and_can_be_undone() {
    let world = stripe();
    let ran = world.run(&PROBE, "mistyped");
    assert_eq!(ran.code, Some(1));
    let end = "\
source 2 (STRIPE_KEY_PREVIOUS): does not work: the upstream answered 401
stopped. The upstream refuses the new value, which only source 2 (STRIPE_KEY_PREVIOUS) holds. Source 1 (STRIPE_KEY) \
works as before. Run the same again with the right value, or put a copy of the old one back:
  ostiary secrets --store 1 delete --delete-bound stripe-previous && ostiary secrets --store 1 duplicate stripe stripe-previous
";
    assert!(ran.out.ends_with(end), "{}", ran.out);
    assert_eq!(held(&world), ["stripe=old-1", "stripe-previous=mistyped"]);
}

#[test]
fn nothing_is_proposed_that_is_not_known_to_work() {
    let world = stripe().knows(&[]);
    let ran = world.run(&[&PROBE[..], &["--all-dead"]].concat(), "mistyped");
    let end = "stopped. The upstream refuses the new value, which only source 2 (STRIPE_KEY_PREVIOUS) holds. No other \
               source is known to work. Run the same again with the right value.\n";
    assert_eq!((ran.code, ran.out.ends_with(end)), (Some(1), true), "{}", ran.out);

    let world = World::new(&[("single", "dead")]).knows(&[]);
    let ran = world.run(&["rotate", "single", "--probe", "GET /", "--all-dead"], "mistyped");
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("which only source 1 (SINGLE_KEY) holds. No other source"), "{}", ran.out);

    // Both sources have the value, for instance after an upstream has revoked a key.
    let world = World::new(&[("stripe", "mistyped"), ("stripe-previous", "mistyped")]).knows(&[]);
    let ran = world.run(&PROBE, "mistyped");
    let end = "which source 1 (STRIPE_KEY) holds. No other source is known to work. Run the same again with the right \
               value.\n";
    assert_eq!((ran.code, ran.out.ends_with(end)), (Some(1), true), "{}", ran.out);
}

#[test]
fn a_value_of_another_store_cannot_be_copied_back() {
    let world = World::new(&[("far", "old-1"), ("2/far-previous", "old-2")]);
    let ran = world.run(&["rotate", "far", "--probe", "GET /"], "mistyped");
    assert_eq!(ran.code, Some(1));
    let end = "\n  # `far-previous` is in another store, and values cannot be copied between stores: type the old value\n";
    assert!(ran.out.ends_with(end), "{}", ran.out);
    assert!(world.calls().contains(&"update 2/far-previous".to_owned()));
}

#[test]
fn the_only_source_is_not_written_while_it_works() {
    let world = World::new(&[("single", "old")]).knows(&["old", NEW]);
    let ran = world.run(&with_json(&["rotate", "single", "--probe", "GET /"]), NEW);
    assert_eq!((ran.code, &ran.json()["outcome"]), (Some(1), &json!("stopped")));
    assert!(ran.json()["advice"].as_str().unwrap().starts_with("The secret has one source, and it works; "));
    assert_eq!(held(&world), ["single=old"]);
}

#[test]
fn a_rehearsal_says_what_would_happen_and_writes_nothing() {
    let world = stripe();
    let ran = world.run(&[&PROBE[..], &["--dry-run"]].concat(), NEW);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let said = "\
source 1 (STRIPE_KEY): holds another value
source 2 (STRIPE_KEY_PREVIOUS): holds another value
source 1 (STRIPE_KEY): works: the upstream answered 200
source 2 (STRIPE_KEY_PREVIOUS): works: the upstream answered 200
source 1 (STRIPE_KEY): a wrong value in its place is refused: the upstream answered 401
source 2 (STRIPE_KEY_PREVIOUS): would write the new value and wait until the gateway reads it
source 2 (STRIPE_KEY_PREVIOUS): would probe the upstream with it
source 1 (STRIPE_KEY): would write the new value and wait until the gateway reads it
source 1 (STRIPE_KEY): would probe the upstream with it
Nothing was written.
";
    assert_eq!(ran.out, said);
    assert!(
        world
            .calls()
            .iter()
            .all(|call| ["read ", "send ", "control "].iter().any(|kind| call.starts_with(kind)))
    );
    let ran = world.run(&[&with_json(&PROBE)[..], &["--dry-run"]].concat(), NEW);
    assert_eq!((ran.code, &ran.json()["outcome"]), (Some(0), &json!("rehearsed")));
    assert_eq!(ran.json()["advice"], "Nothing was written.");
    assert_eq!(ran.events()[4..], ["controlled 1", "would 2", "would 2", "would 1", "would 1"]);
    assert_eq!(held(&world), ["stripe=old-1", "stripe-previous=old-2"]);

    // A rehearsal that would stop fails as the rotation would.
    let world = World::new(&[("single", "old")]);
    let ran = world.run(&with_json(&["rotate", "single", "--probe", "GET /", "--dry-run"]), NEW);
    assert_eq!((ran.code, &ran.json()["outcome"]), (Some(1), &json!("stopped")));
}

#[test]
fn a_rehearsal_that_goes_on_tries_what_is_there() {
    let world = World::new(&[("stripe", "old-1"), ("stripe-previous", NEW)]);
    let ran = world.run(&[&with_json(&PROBE)[..], &["--dry-run", "--overwrite", "1"]].concat(), NEW);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(ran.events(), ["found 1", "found 2", "probed 2", "controlled 2", "would 1", "would 1"]);
    assert_eq!(ran.json()["events"][1]["text"], "holds the new value");
}

#[test]
fn a_pair_is_new_only_where_both_are() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pair.json");
    fs::write(&file, json!({ "id": "new-id", "key": "new-key" }).to_string()).unwrap();
    let pair = ["rotate", "id", "key", "--probe", "GET /", "--json", "--from", file.to_str().unwrap()];
    let world = World::new(&[
        ("pair-id", "old-id"),
        ("pair-key", "old-key"),
        ("pair-id-previous", "new-id"),
        ("pair-key-previous", "other-key"),
    ]);
    let world = world.knows(&["old-id old-key", "new-id new-key"]);
    world.state().refusing = Some(401);
    let ran = world.run(&pair, "unused");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(ran.json()["events"][1]["text"], "holds another value");
    assert_eq!(ran.events()[2..6], ["probed 1", "probed 2", "controlled 1", "written 2"]);
    assert_eq!(
        held(&world),
        ["pair-id=new-id", "pair-id-previous=new-id", "pair-key=new-key", "pair-key-previous=new-key"]
    );

    // One of them cannot be read, so the pair cannot.
    let world = World::new(&[("pair-id", "old-id"), ("pair-key", "old-key"), ("pair-id-previous", "old-id")]);
    let world = world.knows(&["old-id old-key", "new-id new-key"]);
    world.state().refusing = Some(401);
    let ran = world.run(&pair, "unused");
    assert_eq!(ran.json()["events"][1]["text"], "holds no value");
    assert_eq!(ran.events()[2..5], ["probed 1", "controlled 1", "written 2"]);
}

#[test]
fn a_token_of_a_caller_stops_half_way_until_it_is_told_to_finish() {
    let world = World::new(&[("token", "old-1"), ("token-next", "old-1")]);
    let early = world.run(&["rotate", "token", "--finish"], NEW);
    assert_eq!(early.code, Some(1));
    assert!(early.out.ends_with(
        "stopped. No source holds this value. Run it without --finish first, with the same value.\n"
    ));

    let half = world.run(&["rotate", "token"], NEW);
    assert_eq!(half.code, Some(0), "{}", half.err);
    let end = "half. The gateway reads both tokens. Wait 5 minutes for its other locations, and give the new one to the \
               caller; when nobody uses the old one any more, run the same with --finish and the same value, which ends \
               the old one.\n";
    assert!(half.out.ends_with(end), "{}", half.out);
    assert_eq!(held(&world), ["token=old-1", "token-next=new-value-0123456"]);
    assert!(!world.calls().iter().any(|call| call.starts_with("send ")));

    let done = world.run(&["rotate", "token", "--finish"], NEW);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let end = "done. Every source holds this token. The other one is no longer accepted; in other locations, that may take \
               some minutes.\n";
    assert!(done.out.ends_with(end), "{}", done.out);
    assert_eq!(held(&world), ["token=new-value-0123456", "token-next=new-value-0123456"]);
}
#[test]
fn a_token_that_seems_to_be_the_older_one_ends_no_other() {
    let held_both = ["token=older-0123456789a", "token-next=newer"];
    let world = World::new(&[("token", "older-0123456789a"), ("token-next", "newer")]);
    let ran = world.run(&["rotate", "token", "--finish"], "older-0123456789a");
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    let told = "stopped. Source 1 (TOKEN) holds this token, and source 2 (TOKEN_NEXT) holds another one, which may be newer: the \
                caller may use that one. Nothing was written.";
    assert!(ran.out.contains(told), "{}", ran.out);
    assert_eq!(held(&world), held_both);
    let ran = world.run(&["rotate", "token", "--finish", "--overwrite", "2"], "older-0123456789a");
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert_eq!(held(&world), ["token=older-0123456789a", "token-next=older-0123456789a"]);

    // Where the first source has no value, the new token is written there, and the store knows which one is newer.
    let world = World::new(&[("token-next", "older-0123456789a")]);
    assert_eq!(world.run(&["rotate", "token"], NEW).code, Some(0));
    assert_eq!(held(&world), ["token=new-value-0123456", "token-next=older-0123456789a"]);
    let ran = world.run(&["rotate", "token", "--finish"], "older-0123456789a");
    assert!(ran.out.contains("Source 2 (TOKEN_NEXT) holds this token, and source 1 (TOKEN)"), "{}", ran.out);
    assert_eq!(held(&world), ["token=new-value-0123456", "token-next=older-0123456789a"]);
    // The order of the sources does not tell, so the user does.
    let ran = world.run(&["rotate", "token", "--finish"], NEW);
    assert!(ran.out.contains("with --overwrite 2, if nobody uses the one of source 2"), "{}", ran.out);
    let ran = world.run(&["rotate", "token", "--finish", "--overwrite", "2"], NEW);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert_eq!(held(&world), ["token=new-value-0123456", "token-next=new-value-0123456"]);
}

#[test]
fn a_value_that_a_source_had_before_does_not_displace_one_that_works() {
    for (values, written) in [
        ([("stripe", "current"), ("stripe-previous", NEW)], "1"),
        ([("stripe", NEW), ("stripe-previous", "current")], "2"),
    ] {
        let world = World::new(&values);
        let ran = world.run(&PROBE, NEW);
        assert_eq!(ran.code, Some(1), "{}", ran.out);
        let told = format!(
            "If an earlier run was interrupted, run the same with --overwrite {written} to continue."
        );
        assert!(
            ran.out.contains("held this value before this run, and source") && ran.out.contains(&told),
            "{}",
            ran.out
        );
        assert!(ran.out.ends_with("Nothing was written.\n"), "{}", ran.out);
        assert_eq!(held(&world), values.map(|(name, value)| format!("{name}={value}")));
        let ran = world.run(&[&PROBE[..], &["--overwrite", written]].concat(), NEW);
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
        assert!(ran.out.contains("So this run cannot tell which key is the old one"), "{}", ran.out);
        assert_eq!(held(&world), ["stripe=new-value-0123456", "stripe-previous=new-value-0123456"]);
    }
    // A dead value is displaced.
    let world = World::new(&[("stripe", "dead"), ("stripe-previous", NEW)]).knows(&[NEW]);
    let ran = world.run(&PROBE, NEW);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert_eq!(held(&world), ["stripe=new-value-0123456", "stripe-previous=new-value-0123456"]);
}
