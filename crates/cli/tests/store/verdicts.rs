//! Which responses of an upstream `ostiary rotate` takes as an acceptance or a refusal of a key.

use crate::rotation::{NEW, PROBE, stripe, with_json};
use crate::world::{Glimpse, Said, World, held};

const UNTOUCHED: [&str; 2] = ["stripe=old-1", "stripe-previous=old-2"];

#[test]
fn an_upstream_that_does_not_say_is_asked_three_times() {
    let world = stripe();
    world.state().said = [Said::Status(500), Said::Status(429), Said::Status(200)].into();
    let ran = world.run(&with_json(&PROBE), NEW);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let sent = |calls: Vec<String>| calls.iter().filter(|call| call.starts_with("send stripe 1")).count();
    // Three until there is a clear result, and three to prove the new value.
    assert_eq!(sent(world.calls()), 6);

    // The verdict on the old value is the last of three responses; the verdict on the new one stays unknown.
    for (said, text) in [
        (Said::Status(500), "may or may not work: the upstream answered 500"),
        (Said::Failure("upstream_timeout"), "may or may not work: the gateway said upstream_timeout"),
        (Said::Nothing, "may or may not work: there was no response"),
    ] {
        let world = stripe();
        let others = [Said::Status(200), Said::Status(200)];
        world.state().said = others.into_iter().chain([said; 3]).collect();
        let ran = world.run(&PROBE, NEW);
        assert_eq!(ran.code, Some(1));
        assert!(
            ran.out.contains(&format!("source 2 (STRIPE_KEY_PREVIOUS): {text}\nstopped. ")),
            "{}",
            ran.out
        );
        let advice = "stopped. It is not known whether source 2 (STRIPE_KEY_PREVIOUS) works. Only source 2 \
                      (STRIPE_KEY_PREVIOUS) is written. Run the same again later with the same value, or \
                      change --probe or --expect.\n";
        assert!(ran.out.ends_with(advice), "{}", ran.out);
        assert_eq!(world.calls().iter().filter(|call| call.starts_with("send stripe 2")).count(), 4);
        assert_eq!(held(&world), ["stripe=old-1", "stripe-previous=new-value-0123456"]);
    }
}

#[test]
fn a_value_that_does_not_fit_its_place_is_refused() {
    let world = stripe();
    world.state().said = [Said::Unfit, Said::Status(200)].into();
    let ran = world.run(&with_json(&PROBE), NEW);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let text = "does not work: the gateway said secret_unavailable: `STRIPE_KEY` is invalid";
    assert_eq!(ran.json()["events"][2]["text"], text);
    // The source that does not work is written first, although it is the primary.
    assert_eq!(ran.events()[5], "written 1");

    // If another secret's value is not valid in its place, nothing is known about this one.
    let world = stripe();
    world.state().said =
        [Said::Failure("secret_unavailable"); 3].into_iter().chain([Said::Status(200)]).collect();
    let ran = world.run(&with_json(&PROBE), NEW);
    assert_eq!(ran.json()["events"][2]["text"], "may or may not work: the gateway said secret_unavailable");
}

#[test]
fn what_is_expected_and_what_is_a_refusal_can_be_said() {
    let world = stripe();
    world.state().said = [Said::Status(404); 2].into_iter().chain([Said::Status(204); 7]).collect();
    world.state().control = Some(Said::Status(404));
    let asked = ["--expect", "204", "--refused", "404,410", "--json"];
    let ran = world.run(&[&PROBE[..], &asked].concat(), NEW);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(ran.events()[2..6], ["probed 1", "probed 2", "controlled 2", "written 1"]);
    assert_eq!(ran.json()["events"][2]["text"], "does not work: the upstream answered 404");
    assert_eq!(ran.json()["events"][3]["text"], "works: the upstream answered 204");
}

#[test]
fn a_verdict_counts_only_with_the_value_that_it_is_about() {
    let world = stripe();
    // Two reads, two probes, three proofs; then the probe of the new value reaches an instance that is behind.
    let early = [Glimpse::Current; 7].into_iter().chain([Glimpse::Stale]);
    world.state().glimpses = early.collect();
    let ran = world.run(&with_json(&PROBE), NEW);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(world.calls().iter().filter(|call| call.starts_with("send stripe 2")).count(), 5);
    assert_eq!(ran.events().iter().filter(|event| *event == "probed 2").count(), 2);

    let world = stripe();
    world.state().glimpses = [Glimpse::Current; 7].into_iter().chain([Glimpse::Stale; 60]).collect();
    let ran = world.run(&[&PROBE[..], &["--wait", "0s"]].concat(), NEW);
    assert_eq!(ran.code, Some(1));
    let message = "the gateway reads the new value from source 2 (STRIPE_KEY_PREVIOUS) only now and then (--wait makes it \
         wait longer); `stripe-previous` is written";
    assert!(ran.err.contains(message), "{}", ran.err);
    assert_eq!(held(&world), ["stripe=old-1", "stripe-previous=new-value-0123456"]);
}

#[test]
fn a_probe_that_tells_no_key_from_another_stops_it_before_anything_is_written() {
    // A probe without a clear result is sent three times.
    for (control, asked, goes_on) in [
        (Said::Status(200), 1, false),
        (Said::Status(401), 1, true),
        // The reason may be the form of the value, and the key was not looked up.
        (Said::Status(400), 1, false),
        (Said::Status(404), 1, false),
        (Said::Status(302), 1, false),
        (Said::Status(403), 1, true),
        (Said::Status(429), 3, false),
        (Said::Status(503), 3, false),
        (Said::Failure("upstream_timeout"), 3, false),
        (Said::Nothing, 3, false),
    ] {
        for rehearsal in [&[][..], &["--dry-run"]] {
            let world = stripe();
            world.state().control = Some(control);
            let ran = world.run(&[&PROBE[..], rehearsal].concat(), NEW);
            assert_eq!(ran.code, Some(i32::from(!goes_on)), "{}", ran.out);
            let calls = world.calls();
            // It is repeated after each write.
            let asked = if goes_on && rehearsal.is_empty() { 3 } else { asked };
            assert_eq!(calls.iter().filter(|call| call.starts_with("control ")).count(), asked);
            if !goes_on {
                assert_eq!(held(&world), ["stripe=old-1", "stripe-previous=old-2"]);
                assert!(
                    ran.out.contains("stopped. ") && ran.out.contains("Nothing was written."),
                    "{}",
                    ran.out
                );
                let is_unclear = ran.out.contains("does not show whether it was refused");
                assert_eq!(is_unclear, asked == 3, "{}", ran.out);
            }
        }
    }
    // A response with the status for a valid key can be a refusal if the route's `failover` checks its body.
    let world = stripe();
    world.state().control = Some(Said::Status(200));
    let ran = world.run(&[&PROBE[..], &["--no-control"]].concat(), NEW);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(!world.calls().iter().any(|call| call.starts_with("control ")));
}

#[test]
fn what_the_route_takes_for_a_refusal_is_one() {
    let world = stripe();
    world.state().refusing = Some(200);
    let ran = world.run(&PROBE, NEW);
    assert_eq!(ran.code, Some(1));
    let told = "does not work: the upstream answered 200, which refuses the key";
    assert!(ran.out.contains(told), "{}", ran.out);
    assert_eq!(held(&world)[0], "stripe=old-1");
}

#[test]
fn a_key_that_works_and_may_not_do_the_probe_is_not_taken_for_a_dead_one() {
    // The control gets 401, so 403 means a missing permission of the key.
    for said in [
        &[Said::Status(403), Said::Status(403), Said::Status(200)][..],
        &[Said::Status(200), Said::Status(403), Said::Status(403)],
        &[Said::Status(403); 4],
    ] {
        let world = stripe();
        world.state().said = said.iter().copied().collect();
        let ran = world.run(&PROBE, NEW);
        assert_eq!(ran.code, Some(1), "{}", ran.out);
        assert!(
            ran.out.contains("stopped. Source ")
                && ran.out.contains("is refused like this. Nothing was written."),
            "{}",
            ran.out
        );
        assert_eq!(held(&world), UNTOUCHED);
    }
    // An API that responds to every wrong key with 403 responds to the control with 403 too.
    let world = stripe();
    world.state().said = [Said::Status(403), Said::Status(403), Said::Status(200)].into();
    world.state().control = Some(Said::Status(403));
    let ran = world.run(&with_json(&PROBE), NEW);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert_eq!(held(&world), ["stripe=new-value-0123456", "stripe-previous=new-value-0123456"]);
}

#[test]
fn a_new_key_that_may_not_do_the_probe_is_not_called_a_wrong_one() {
    let world = stripe();
    world.state().said = [Said::Status(200), Said::Status(200), Said::Status(403), Said::Status(403)].into();
    let ran = world.run(&PROBE, NEW);
    assert_eq!(ran.code, Some(1));
    let told = "stopped. Source 2 (STRIPE_KEY_PREVIOUS) is refused in another way than a wrong value";
    assert!(
        ran.out.contains(told) && ran.out.contains("Only source 2 (STRIPE_KEY_PREVIOUS) is written."),
        "{}",
        ran.out
    );
    assert_eq!(held(&world), ["stripe=old-1", "stripe-previous=new-value-0123456"]);
}

#[test]
fn a_route_that_names_a_refusal_is_believed_and_one_that_is_about_the_moment_is_none() {
    // `failover` includes 429, so requests continue to the next source; the key is valid.
    let world = stripe();
    world.state().refusing = Some(429);
    world.state().said = [Said::Status(429); 6].into();
    let ran = world.run(&PROBE, NEW);
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(ran.out.contains("may or may not work: the upstream answered 429"), "{}", ran.out);
    assert_eq!(held(&world), UNTOUCHED);
}

#[test]
fn nobody_is_told_to_revoke_a_key_before_a_wrong_value_is_refused() {
    // Both sources have the value, which is not valid, and the upstream accepts everything.
    for (control, told) in [
        (200, "the probe does not show whether a key works"),
        (400, "its reason may be the form of the value"),
    ] {
        let world = World::new(&[("stripe", NEW), ("stripe-previous", NEW)]);
        world.state().control = Some(Said::Status(control));
        let ran = world.run(&PROBE, NEW);
        assert_eq!(ran.code, Some(1), "{}", ran.out);
        assert!(ran.out.contains(told) && !ran.out.contains("revoke"), "{}", ran.out);
    }
    let world = World::new(&[("stripe", NEW), ("stripe-previous", NEW)]);
    let ran = world.run(&with_json(&PROBE), NEW);
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    assert_eq!(ran.events(), ["found 1", "found 2", "probed 1", "probed 2", "controlled 1"]);
}

#[test]
fn only_what_is_rotated_is_made_wrong() {
    let world = World::new(&[
        ("pair-id", "id"),
        ("pair-key", "key-1"),
        ("pair-id-previous", "id"),
        ("pair-key-previous", "key-2"),
    ]);
    let world = world.knows(&["id key-1", "id key-2", "id new-value-0123456"]);
    let ran = world.run(&["rotate", "key", "--route", "pair", "--probe", "GET /"], NEW);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let controls: Vec<String> =
        world.calls().into_iter().filter(|call| call.starts_with("control ")).collect();
    assert_eq!(controls, ["control key 1 GET /"; 3]);
}

#[test]
fn where_no_source_holds_a_value_the_control_follows_the_first_write() {
    let world = World::new(&[]).knows(&[NEW]);
    let ran = world.run(&with_json(&PROBE), NEW);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let events = ["written 1", "active 1", "proved 1", "probed 1", "controlled 1", "written 2"];
    assert_eq!(ran.events()[2..8], events);
    let world = World::new(&[]).knows(&[NEW]);
    world.state().control = Some(Said::Status(200));
    let ran = world.run(&PROBE, NEW);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("Only source 1 (STRIPE_KEY) is written."), "{}", ran.out);
}

#[test]
fn a_token_endpoint_that_refuses_is_told_from_one_that_is_down() {
    let refused = Said::Exchange(401, "invalid_client");
    let world = stripe();
    world.state().said = [refused, refused, Said::Status(200)].into();
    world.state().control = Some(refused);
    let ran = world.run(&with_json(&PROBE), NEW);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    let text = "does not work: the token endpoint answered 401 invalid_client";
    assert_eq!(ran.json()["events"][2]["text"], text);

    // If the token endpoint fails with the new secret, the secret does not count as wrong.
    let world = stripe();
    let down = Said::Exchange(503, "refused");
    world.state().said = [Said::Status(200), Said::Status(200), down, down, down].into();
    let ran = world.run(&PROBE, NEW);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("stopped. It is not known whether source 2"), "{}", ran.out);

    // If the store is down, the value is not known.
    let world = stripe();
    world.state().said = [down; 6].into();
    let ran = world.run(&PROBE, NEW);
    assert_eq!(ran.code, Some(1));
    assert_eq!(held(&world), UNTOUCHED, "{}", ran.out);
}

#[test]
fn a_value_that_is_not_proved_is_not_put_in_front_of_one_that_works_where_requests_do_not_go_on() {
    // The primary is missing, so requests are served by the second source.
    for (status, refusing, code) in [(403, None, 1), (401, Some(401), 0)] {
        let world = World::new(&[("stripe-previous", "old-2")]).knows(&["old-2", NEW]);
        world.state().control = Some(Said::Status(status));
        world.state().refusing = refusing;
        let ran = world.run(&PROBE, NEW);
        assert_eq!(ran.code, Some(code), "{}{}", ran.out, ran.err);
        if code == 1 {
            let told = "stopped. Source 1 (STRIPE_KEY) comes before the one that works, and requests do not continue";
            assert!(ran.out.contains(told) && ran.out.contains("Nothing was written."), "{}", ran.out);
            assert_eq!(held(&world), ["stripe-previous=old-2"]);
        }
    }
}

#[test]
fn a_source_that_is_given_up_is_not_written_in_front_of_one_that_works_where_requests_do_not_go_on() {
    for (status, refusing, code) in [(403, None, 1), (401, Some(401), 0)] {
        let world = stripe();
        world.state().control = Some(Said::Status(status));
        world.state().refusing = refusing;
        let ran = world.run(&[&PROBE[..], &["--overwrite", "1"]].concat(), NEW);
        assert_eq!(ran.code, Some(code), "{}{}", ran.out, ran.err);
        if code == 1 {
            let told = "stopped. Source 1 (STRIPE_KEY) comes before the one that works, and requests do not continue";
            assert!(ran.out.contains(told) && ran.out.contains("Nothing was written."), "{}", ran.out);
            assert_eq!(held(&world), UNTOUCHED);
        }
    }
}

#[test]
fn a_source_that_is_not_there_for_a_moment_while_it_is_tried_is_not_spared() {
    let world = World::new(&[("stripe", "old-1"), ("stripe-previous", "dead")]).knows(&["old-1", NEW]);
    // Two reads; then an instance that is behind answers the first probe.
    world.state().glimpses = [Glimpse::Current, Glimpse::Current, Glimpse::Nothing].into();
    let ran = world.run(&with_json(&PROBE), NEW);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert_eq!(ran.events()[2..6], ["probed 1", "probed 2", "controlled 1", "written 2"]);
}

#[test]
fn a_source_that_loses_its_value_while_it_is_tried_is_not_written() {
    let world = stripe();
    // Two reads; then the gateway finds no value each time that it probes with the first source.
    world.state().glimpses = [Glimpse::Current; 2].into_iter().chain([Glimpse::Nothing; 3]).collect();
    let ran = world.run(&PROBE, NEW);
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(ran.out.contains("The gateway could not read source 1 (STRIPE_KEY)"), "{}", ran.out);
    assert_eq!(held(&world), ["stripe=old-1", "stripe-previous=old-2"]);
}

#[test]
fn a_control_that_fails_for_a_moment_is_asked_again() {
    let world = stripe();
    world.state().controls = [Said::Status(500), Said::Status(429)].into();
    let ran = world.run(&PROBE, NEW);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
}
