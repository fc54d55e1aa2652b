//! No message shows a value that the command has sent, even if the API quotes it later. [`World::run`] checks the
//! output for the value.

use crate::rotation::{PROBE, stripe};
use crate::world::World;

#[test]
fn an_error_that_quotes_an_earlier_value_does_not_show_it() {
    let world = stripe();
    world.state().pending = 5;
    world.state().refused.insert("look 1/stripe-previous");
    world.state().quoted = ": bad value val-12345 dmFsLTEyMzQ1";
    let ran = world.run(&PROBE, "val-12345");
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(ran.err.contains("bad value [redacted]"), "{}", ran.err);
    assert!(!ran.err.contains("dmFs"), "{}", ran.err);
}

#[test]
fn what_is_wrong_before_a_value_is_sent_is_told_in_full() {
    let world = World::new(&[("loose", "a")]);
    world.state().refused.insert("delete 1/loose");
    world.state().quoted = ", since somebody holds it";
    let ran = world.run(&["secrets", "--store-id", "1", "delete", "loose"], "unused");
    assert!(ran.err.contains("refused: delete 1/loose, since somebody holds it"), "{}", ran.err);
}
