//! Tests of `ostiary sync`: the gateway's proofs, the order of the actions, and the effect of a failure.

use std::fs;

use serde_json::json;
use tempfile::TempDir;

use crate::world::{Glimpse, Ran, World, held};

/// A file of values, and the command with it.
struct Synchronisation {
    _folder: TempDir,
    file: String,
}

impl Synchronisation {
    fn new(values: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("values.json");
        let values: serde_json::Map<_, _> =
            values.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        fs::write(&file, json!(values).to_string()).unwrap();
        Self { file: file.to_str().unwrap().to_owned(), _folder: folder }
    }

    fn run(&self, world: &World, more: &[&str]) -> Ran {
        world.run(&[&["sync", "--store-id", "1", "--from", &self.file], more].concat(), "unused")
    }
}

/// Two secrets that the gateway reads, one that it cannot read, and one that nothing binds.
fn world() -> World {
    World::new(&[
        ("stripe", "old"),
        ("stripe-previous", "equal"),
        ("loose", "kept"),
        ("far-previous", "here"),
    ])
}

/// The calls that write to the store.
fn writes(world: &World) -> Vec<String> {
    world.calls().into_iter().filter(|call| !call.starts_with("read ")).collect()
}

const VALUES: &[(&str, &str)] = &[
    ("created", "new-value-0123456"),
    ("stripe", "new-value-0123456"),
    ("stripe-previous", "equal"),
    ("far-previous", "there"),
];

#[test]
fn the_gateway_proves_what_is_equal() {
    let world = world();
    let ran = Synchronisation::new(VALUES).run(&world, &[]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    // The gateway's `far-previous` is in another store, so its proof does not apply to this one.
    let said =
        "+ created  created\n? far-previous  kept\n~ stripe  kept\n= stripe-previous  kept\n- loose  kept\n";
    assert_eq!(ran.out, said);
    assert_eq!(world.calls(), ["read stripe 1", "read stripe 2", "create 1/created [\"workers\"]"]);
    assert_eq!(held(&world)[0], "created=new-value-0123456");
}

#[test]
fn a_source_that_the_gateway_cannot_read_proves_nothing() {
    let world = world();
    world.state().glimpses = [Glimpse::Nothing].into();
    let ran = Synchronisation::new(&[("stripe", "old")]).run(&world, &[]);
    assert!(ran.out.starts_with("? stripe  kept\n"), "{}", ran.out);
}

#[test]
fn a_source_that_the_gateway_cannot_read_is_not_updated() {
    for (glimpse, outcome) in [(Glimpse::Fault, "timeout"), (Glimpse::Nothing, "missing")] {
        for more in [&[][..], &["--dry-run"]] {
            let world = world();
            world.state().glimpses = [glimpse].into();
            let file = Synchronisation::new(&[("stripe", "new-value-0123456"), ("far-previous", "there")]);
            let ran = file.run(&world, &[&["--update", "--delete", "--yes"], more].concat());
            assert_eq!(ran.code, Some(1), "{}", ran.out);
            let told = format!(
                "? stripe  kept: the gateway could not read it ({outcome}), so it is not known whether it differs\n"
            );
            assert!(ran.out.contains(&told), "{}", ran.out);
            assert!(
                ran.err.starts_with("1 not compared, so 1 that are not in the file were kept"),
                "{}",
                ran.err
            );
            let held = held(&world);
            assert!(
                held.contains(&"stripe=old".to_owned()) && held.contains(&"loose=kept".to_owned()),
                "{held:?}"
            );
            // The gateway does not bind this one.
            let is_updated = held.contains(&"far-previous=there".to_owned());
            assert_eq!(is_updated, more.is_empty(), "{held:?}");
        }
    }
}

#[test]
fn another_source_of_the_same_secret_can_prove_it() {
    let folder = tempfile::tempdir().unwrap();
    let wrangler = include_str!("wrangler.toml").replace("\"stripe-previous\"", "\"stripe\"");
    let path = folder.path().join("wrangler.toml");
    fs::write(&path, &wrangler).unwrap();
    let world = world();
    let file = ostiary_grammar::File { path: "wrangler.toml", text: &wrangler };
    let digest = ostiary_grammar::environments(file).unwrap().remove(0).digest;
    let mut health = crate::world::health();
    health["bindings"] = json!(digest);
    world.state().health = Some(health);
    world.state().glimpses = [Glimpse::Fault].into();
    let arguments = ["--update", "--wrangler", path.to_str().unwrap()];
    let ran = Synchronisation::new(&[("stripe", "equal")]).run(&world, &arguments);
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(ran.out.starts_with("= stripe  kept\n"), "{}", ran.out);
}

#[test]
fn what_is_being_deleted_is_missing() {
    let world = world();
    world.state().values.remove("1/stripe");
    world.state().deleted = vec!["stripe", "created"];
    let ran = Synchronisation::new(&[("stripe", "new-value-0123456")]).run(&world, &["--delete", "--yes"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.starts_with("+ stripe  created\n") && !ran.out.contains("- created"), "{}", ran.out);

    world.state().deleted = vec!["fresh"];
    let file = Synchronisation::new(&[("fresh", "new-value-0123456")]);
    let ran = world.run(&["secrets", "--store-id", "1", "create", "--from", &file.file], "unused");
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "created fresh\n"), "{}", ran.err);
    world.state().deleted = vec!["gone"];
    let ran = world.run(&["secrets", "--store-id", "1", "delete", "gone"], "unused");
    assert!(ran.err.contains("has no secret `gone`"), "{}", ran.err);
}

#[test]
fn a_gateway_that_reads_another_binding_proves_nothing() {
    let world = world();
    world.state().other_binding = Some("STRIPE_KEY_OLD");
    let ran = Synchronisation::new(&[("stripe", "old")]).run(&world, &["--update"]);
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(ran.err.contains("it runs another gateway.toml, so deploy this one first"), "{}", ran.err);
}

#[test]
fn only_what_is_not_equal_is_updated() {
    let world = world();
    let ran = Synchronisation::new(VALUES).run(&world, &["--update", "--json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let row = |name, difference, action| json!({ "name": name, "difference": difference, "action": action });
    let rows = [
        row("created", "missing", "created"),
        row("far-previous", "present", "updated"),
        row("stripe", "differs", "updated"),
        row("stripe-previous", "same", "kept"),
        row("loose", "extra", "kept"),
    ];
    assert_eq!(ran.json(), json!(rows));
    let expected = [
        "created=new-value-0123456",
        "far-previous=there",
        "loose=kept",
        "stripe=new-value-0123456",
        "stripe-previous=equal",
    ];
    assert_eq!(held(&world), expected);
}

#[test]
fn a_rehearsal_changes_nothing() {
    let world = world();
    let before = held(&world);
    let ran = Synchronisation::new(VALUES).run(&world, &["--update", "--delete", "--dry-run"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let said = "+ created  would be created\n? far-previous  would be updated\n~ stripe  would be updated\n\
                = stripe-previous  kept\n- loose  would be deleted\n";
    assert_eq!(ran.out, said);
    assert_eq!(held(&world), before);
}

#[test]
fn what_the_file_does_not_have_is_deleted_last_and_what_is_bound_stays() {
    let world = world();
    let ran = Synchronisation::new(&[("created", "new-value-0123456")]).run(&world, &["--delete", "--yes"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    let said = "+ created  created\n\
                - stripe  kept: bound by `STRIPE_KEY` (top level); use --delete-bound to delete it\n\
                - stripe-previous  kept: bound by `STRIPE_KEY_PREVIOUS` (top level); use --delete-bound to delete it\n\
                - far-previous  deleted\n- loose  deleted\n";
    assert_eq!(ran.out, said);
    assert_eq!(world.calls(), ["create 1/created [\"workers\"]", "delete 1/far-previous", "delete 1/loose"]);
    assert_eq!(held(&world), ["created=new-value-0123456", "stripe=old", "stripe-previous=equal"]);

    let ran = Synchronisation::new(&[("created", "new-value-0123456")])
        .run(&world, &["--delete", "--delete-bound", "--yes"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(held(&world), ["created=new-value-0123456"]);
}

#[test]
fn nothing_is_deleted_after_a_failure() {
    for refused in ["create 1/created [\"workers\"]", "update 1/stripe"] {
        let world = world();
        world.state().refused = [refused].into();
        let file = Synchronisation::new(&[("created", "new-value-0123456"), ("stripe", "new-value-0123456")]);
        let ran = file.run(&world, &["--update", "--delete", "--yes"]);
        assert_eq!(ran.code, Some(1));
        assert!(ran.out.contains(&format!("refused: {refused} (code 1001)")), "{}", ran.out);
        assert!(ran.out.ends_with("- far-previous  not deleted\n- loose  not deleted\n"), "{}", ran.out);
        let note = "1 failed, so 2 that are not in the file were kept; run the command again to continue";
        assert!(ran.err.contains(note), "{}", ran.err);
        assert!(!world.calls().iter().any(|call| call.starts_with("delete")), "{refused}");
    }
}

#[test]
fn a_deletion_that_fails_is_the_last_one() {
    let world = world();
    world.state().refused = ["delete 1/far-previous"].into();
    let ran = Synchronisation::new(&[("stripe", "old")]).run(&world, &["--delete", "--yes"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.ends_with("- loose  not deleted\n"), "{}", ran.out);
    assert!(ran.err.contains("1 failed, so 1 that are not in the file were kept"), "{}", ran.err);

    let world = self::world();
    world.state().refused = ["delete 1/loose"].into();
    let ran = Synchronisation::new(&[("stripe", "old")]).run(&world, &["--delete", "--yes"]);
    assert!(ran.err.contains("1 failed; run the command again to continue"), "{}", ran.err);
    assert!(ran.out.contains("- far-previous  deleted\n"), "{}", ran.out);
}

#[test]
fn at_a_terminal_the_user_decides_whether_anything_is_deleted() {
    for (answer, is_deleted) in [("y", true), ("yes", true), ("n", false), ("", false), ("delete", false)] {
        let world = world();
        let file = Synchronisation::new(&[("stripe", "old")]);
        let ran =
            world.run_at_terminal(&["sync", "--store-id", "1", "--from", &file.file, "--delete"], answer);
        let question = "Delete far-previous, loose from the store 1? [y/N]";
        assert!(ran.err.contains(question), "{}", ran.err);
        assert_eq!(ran.err.contains("Nothing was deleted."), !is_deleted, "{}", ran.err);
        assert_eq!(ran.code, Some(i32::from(!is_deleted)), "{answer}");
        let action = if is_deleted { "deleted" } else { "not deleted" };
        assert!(ran.out.ends_with(&format!("- far-previous  {action}\n- loose  {action}\n")), "{}", ran.out);
        let calls: &[&str] = if is_deleted { &["delete 1/far-previous", "delete 1/loose"] } else { &[] };
        assert_eq!(writes(&world), calls, "{answer}");
    }
}

#[test]
fn at_a_terminal_what_was_typed_before_the_question_is_no_answer() {
    let world = world();
    let file = Synchronisation::new(&[("stripe", "old")]);
    let sync = ["sync", "--store-id", "1", "--from", &file.file, "--delete"];
    let ran = world.run_at_used_terminal("y\n", &sync, "n");
    assert!(ran.err.contains("[y/N]") && ran.err.contains("Nothing was deleted."), "{}", ran.err);
    assert_eq!((ran.code, writes(&world)), (Some(1), vec![]));
}

#[test]
fn at_a_terminal_nothing_is_asked_about_what_is_agreed_or_not_deleted() {
    for (more, is_deleted) in
        [(&["--delete", "--yes"][..], true), (&["--delete", "--dry-run"], false), (&[], false)]
    {
        let world = world();
        let file = Synchronisation::new(&[("stripe", "old")]);
        let command = [&["sync", "--store-id", "1", "--from", &file.file], more].concat();
        let ran = world.run_at_terminal(&command, "n");
        assert!(!ran.err.contains("[y/N]"), "{more:?}: {}", ran.err);
        assert_eq!(ran.code, Some(0), "{more:?}: {}", ran.out);
        let calls: &[&str] = if is_deleted { &["delete 1/far-previous", "delete 1/loose"] } else { &[] };
        assert_eq!(writes(&world), calls, "{more:?}");
    }
}

#[test]
fn a_script_deletes_without_a_question() {
    let world = world();
    let ran = Synchronisation::new(&[("stripe", "old")]).run(&world, &["--delete"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert_eq!(writes(&world), ["delete 1/far-previous", "delete 1/loose"]);
}

#[test]
fn an_api_that_asks_for_a_long_wait_gets_no_other_write() {
    let world = world();
    world.state().is_exhausted = true;
    let values = [("another", "new"), ("created", "new"), ("stripe", "new"), ("stripe-previous", "equal")];
    let ran = Synchronisation::new(&values).run(&world, &["--update", "--delete", "--yes"]);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    let rest =
        "+ created  not created: not tried\n~ stripe  not updated: not tried\n= stripe-previous  kept\n";
    assert!(ran.out.contains(rest), "{}", ran.out);
    assert!(
        ran.err.contains("1 failed, 2 not tried, so 2 that are not in the file were kept"),
        "{}",
        ran.err
    );
    assert_eq!(writes(&world), ["create 1/another [\"workers\"]"]);
}

#[test]
fn an_empty_file_deletes_nothing() {
    let world = world();
    let before = held(&world);
    let ran = Synchronisation::new(&[]).run(&world, &["--delete", "--yes"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("holds no secret, so --delete would empty the store"), "{}", ran.err);
    assert_eq!(held(&world), before);
}

#[test]
fn a_store_that_only_the_variable_names_is_not_overwritten_where_the_configuration_binds_another() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("values.json");
    fs::write(&file, r#"{"stripe":"other-value"}"#).unwrap();
    let variable = ("OSTIARY_STORE_ID", "9");
    let told = "binds no secret of the store `9`, but those of the store 1, 2";
    let sync = ["sync", "--update", "--from", file.to_str().unwrap()];
    for arguments in [&sync[..], &["secrets", "update", "stripe", "--value"]] {
        let world = World::new(&[("9/stripe", "theirs")]);
        let ran = world.run_with(variable, arguments, "new-value");
        assert_eq!(ran.code, Some(2), "{}{}", ran.out, ran.err);
        assert!(ran.err.contains(told) && ran.err.contains("write --store"), "{}", ran.err);
        assert_eq!(held(&world), ["9/stripe=theirs"]);
        // On the command line, it is meant.
        let ran = world.run_with(variable, &[arguments, &["--store-id", "9"]].concat(), "new-value");
        assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
        assert!(ran.err.contains("warning:") && ran.err.contains(told), "{}", ran.err);
    }
    // A new secret overwrites nothing.
    let ran = World::new(&[]).run_with(variable, &["secrets", "create", "a"], "new-value");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.err.contains(told), "{}", ran.err);
    let ran = World::new(&[]).run_with(("OSTIARY_STORE_ID", "1"), &["secrets", "create", "a"], "new-value");
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
}

#[test]
fn what_is_bound_is_told_although_gateway_toml_has_an_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("gateway.toml"), "[routes]\n").unwrap();
    fs::write(folder.path().join("wrangler.toml"), include_str!("wrangler.toml")).unwrap();
    let world = World::new(&[("stripe", "old")]);
    let update = ["secrets", "--store-id", "1", "update", "stripe", "--value"];
    let ran = world.run_in(folder.path(), &update, "new-value");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.err.contains("The configuration has errors"), "{}", ran.err);
    assert!(ran.err.contains("`stripe` is bound by `STRIPE_KEY` (top level)"), "{}", ran.err);
}
