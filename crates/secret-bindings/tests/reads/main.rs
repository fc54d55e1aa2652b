//! Tests of order, concurrency, fallback and deadlines, in simulated time.

mod fake;

use std::iter;

use fake::{Fake, Then};
use futures::executor::block_on;
use futures::future::join_all;
use ostiary_secret_bindings::{Bindings, ReadError, all, first_of, get};

const WITHIN: u32 = 2_000;

#[test]
fn a_value_is_read_once_and_at_each_request_again() {
    let bindings = Fake::new([("KEY", 10, Then::Value("canary"))]);
    for reads in 1..=2 {
        let value = block_on(bindings.run(get(&bindings, "KEY", WITHIN))).unwrap();
        assert_eq!(value.expose(), "canary");
        assert_eq!(bindings.started().len(), reads);
    }
}

#[test]
fn each_outcome_is_told_apart() {
    let outcomes = [
        ("EMPTY", Then::Value(" \n"), ReadError::Empty),
        ("MISSING", Then::Error(ReadError::Missing), ReadError::Missing),
        ("FAILED", Then::Error(ReadError::Failed), ReadError::Failed),
        ("SLOW", Then::Value("too late"), ReadError::TimedOut),
    ];
    for (name, then, error) in outcomes {
        let time = if name == "SLOW" { WITHIN + 1 } else { 10 };
        let bindings = Fake::new([(name, time, then)]);
        assert_eq!(block_on(bindings.run(get(&bindings, name, WITHIN))).unwrap_err(), error, "{name}");
    }
    let unbound = Fake::new([]);
    assert_eq!(block_on(unbound.run(get(&unbound, "KEY", WITHIN))).unwrap_err(), ReadError::Failed);
}

#[test]
fn a_value_in_the_last_moment_counts() {
    let bindings = Fake::new([("KEY", WITHIN, Then::Value("canary"))]);
    assert!(block_on(bindings.run(get(&bindings, "KEY", WITHIN))).is_ok());
}

#[test]
fn the_secondary_is_not_read_where_the_primary_serves() {
    let bindings = Fake::new([("PRIMARY", 10, Then::Value("one")), ("SECONDARY", 10, Then::Value("two"))]);
    let value = block_on(bindings.run(first_of(&bindings, &["PRIMARY", "SECONDARY"], WITHIN))).unwrap();
    assert_eq!(value.expose(), "one");
    assert_eq!(bindings.started(), [("PRIMARY".to_owned(), 0)]);
}

#[test]
fn the_secondary_serves_whatever_the_primary_came_to() {
    let primaries = [
        (10, Then::Value("")),
        (20, Then::Error(ReadError::Missing)),
        (30, Then::Error(ReadError::Failed)),
        (u32::MAX, Then::Value("too late")),
    ];
    for (time, then) in primaries {
        let bindings = Fake::new([("PRIMARY", time, then), ("SECONDARY", 10, Then::Value("two"))]);
        let value = block_on(bindings.run(first_of(&bindings, &["PRIMARY", "SECONDARY"], WITHIN))).unwrap();
        assert_eq!(value.expose(), "two");
        assert_eq!(
            bindings.started(),
            [("PRIMARY".to_owned(), 0), ("SECONDARY".to_owned(), time.min(WITHIN))]
        );
    }
}

#[test]
fn each_binding_has_the_whole_of_its_time() {
    let bindings = Fake::new([
        ("PRIMARY", u32::MAX, Then::Value("too late")),
        ("SECONDARY", WITHIN, Then::Value("two")),
    ]);
    let value = block_on(bindings.run(first_of(&bindings, &["PRIMARY", "SECONDARY"], WITHIN))).unwrap();
    assert_eq!(value.expose(), "two");
    assert_eq!(bindings.now(), 2 * WITHIN);
}

#[test]
fn without_a_value_every_binding_is_named_in_its_order() {
    let bindings = Fake::new([
        ("PRIMARY", u32::MAX, Then::Value("canary")),
        ("SECONDARY", 10, Then::Error(ReadError::Missing)),
    ]);
    let error = block_on(bindings.run(first_of(&bindings, &["PRIMARY", "SECONDARY"], WITHIN))).unwrap_err();
    let tried = [("PRIMARY".to_owned(), ReadError::TimedOut), ("SECONDARY".to_owned(), ReadError::Missing)];
    assert_eq!(error.tried, tried);
    assert!(!format!("{error} {error:?}").contains("canary"));
}

#[test]
fn a_secret_without_bindings_is_unavailable() {
    let bindings = Fake::new([]);
    let error = block_on(bindings.run(first_of(&bindings, &[""; 0], WITHIN))).unwrap_err();
    assert_eq!(error.tried, []);
}

#[test]
fn all_secrets_are_read_at_the_same_time_by_one_timer() {
    let bindings =
        Fake::new([("A", 300, Then::Value("a")), ("B", 100, Then::Value("b")), ("C", 200, Then::Value("c"))]);
    let set: [(_, &[_]); 3] = [("first", &["A"]), ("second", &["B"]), ("third", &["C"])];
    let values = block_on(bindings.run(all(&bindings, set, WITHIN))).unwrap();
    let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.expose())).collect();
    assert_eq!(values, [("first", "a"), ("second", "b"), ("third", "c")]);
    assert_eq!(bindings.started(), [("A".to_owned(), 0), ("B".to_owned(), 0), ("C".to_owned(), 0)]);
    assert_eq!((bindings.now(), bindings.deadlines()), (300, 1));
}

#[test]
fn a_fallback_in_a_set_waits_for_no_other_secret() {
    let bindings = Fake::new([
        ("A", 50, Then::Error(ReadError::Missing)),
        ("A_PREVIOUS", WITHIN, Then::Value("a")),
        ("B", 1_000, Then::Value("b")),
    ]);
    let set: [(_, &[_]); 2] = [("a", &["A", "A_PREVIOUS"]), ("b", &["B"])];
    let values = block_on(bindings.run(all(&bindings, set, WITHIN))).unwrap();
    assert_eq!(values.get("a").unwrap().expose(), "a");
    assert_eq!(bindings.started(), [("A".to_owned(), 0), ("B".to_owned(), 0), ("A_PREVIOUS".to_owned(), 50)]);
    assert_eq!((bindings.now(), bindings.deadlines()), (50 + WITHIN, 2));
}

#[test]
fn a_set_that_lacks_secrets_says_which_is_the_first() {
    let bindings = Fake::new([
        ("A", 10, Then::Value("a")),
        ("B", 300, Then::Error(ReadError::Missing)),
        ("C", 10, Then::Error(ReadError::Failed)),
    ]);
    let set: [(_, &[_]); 3] = [("a", &["A"]), ("b", &["B"]), ("c", &["C"])];
    let error = block_on(bindings.run(all(&bindings, set, WITHIN))).unwrap_err();
    assert_eq!(error.tried, [("B".to_owned(), ReadError::Missing)]);
}

#[test]
fn more_reads_than_join_all_polls_by_itself_share_one_deadline() {
    let names: Vec<String> = (0..64).map(|number| format!("KEY_{number}")).collect();
    let slow = names.iter().map(|name| (name.as_str(), u32::MAX, Then::Value("too late")));
    let bindings = Fake::new(slow.chain(iter::once(("QUICK", 10, Then::Value("quick")))));
    let deadline = bindings.deadline(WITHIN);
    let reads = names.iter().map(String::as_str).chain(["QUICK"]).map(|name| bindings.read(name, &deadline));
    let mut outcomes = block_on(bindings.run(join_all(reads)));
    assert_eq!(outcomes.pop().unwrap().unwrap().expose(), "quick");
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(ReadError::TimedOut))));
    assert_eq!((bindings.now(), bindings.deadlines()), (WITHIN, 1));
}
