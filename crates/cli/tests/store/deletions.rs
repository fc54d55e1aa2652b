//! Tests of `ostiary secrets delete` and `ostiary stores delete` without a terminal: nothing that a configuration binds
//! is deleted without a flag.

use crate::world::{Ran, World, held};

/// The id of the second store, which is recognised by its form.
const STORE: &str = "023e105f4ecef8ad9ca31a8372d0c353";
const KEPT: [&str; 2] = ["loose=a", "stripe=b"];

fn delete(world: &World, arguments: &[&str]) -> Ran {
    world.run(&[&["secrets", "--store-id", "1", "delete"], arguments].concat(), "unused")
}

fn world() -> World {
    World::new(&[("loose", "a"), ("stripe", "b")])
}

#[test]
fn a_script_deletes_a_bound_secret_only_with_a_flag() {
    for arguments in [&["stripe"][..], &["stripe", "--yes"], &["loose", "stripe"], &["stripe", "--id"]] {
        let world = world();
        let ran = delete(&world, arguments);
        assert_eq!(ran.code, Some(1), "{arguments:?}: {}", ran.err);
        let told = "nothing is deleted: wrangler's configuration binds `stripe`; --delete-bound deletes it";
        assert!(ran.err.contains("`stripe` is bound by `STRIPE_KEY` (top level)"), "{}", ran.err);
        assert!(ran.err.contains(told), "{}", ran.err);
        assert_eq!(held(&world), KEPT);
    }
    let world = world();
    let ran = delete(&world, &["stripe", "--delete-bound"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(held(&world), ["loose=a"]);
}

#[test]
fn a_script_deletes_other_secrets_without_a_flag() {
    let world = world();
    let ran = delete(&world, &["loose"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert_eq!(held(&world), ["stripe=b"]);
}

#[test]
fn a_configuration_that_cannot_be_read_may_bind_everything() {
    let world = world();
    let ran = delete(&world, &["loose", "--wrangler", "/nowhere.toml"]);
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(ran.err.contains("what is bound is not known, since cannot read /nowhere.toml"), "{}", ran.err);
    assert_eq!(held(&world), KEPT);
    let ran = delete(&world, &["loose", "--wrangler", "/nowhere.toml", "--delete-bound"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    // Without any configuration, the user has still named the secret.
    let elsewhere = tempfile::tempdir().unwrap();
    let ran = world.run_in(elsewhere.path(), &["secrets", "--store-id", "1", "delete", "stripe"], "unused");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
}

#[test]
fn what_is_bound_is_read_beside_the_gateway_and_not_in_the_current_folder() {
    let folder = tempfile::tempdir().unwrap();
    let own = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store");
    std::fs::create_dir(folder.path().join("gateway")).unwrap();
    for file in ["gateway.toml", "wrangler.toml"] {
        std::fs::copy(own.join(file), folder.path().join("gateway").join(file)).unwrap();
    }
    // The Worker's of the current folder is another one.
    std::fs::write(folder.path().join("wrangler.toml"), "name = \"site\"\n").unwrap();
    let configuration = ["--config", "gateway/gateway.toml"];
    let run = |world: &World, arguments: &[&str]| {
        world.run_in(folder.path(), &[arguments, &configuration].concat(), "unused")
    };
    let world = world();
    let ran = run(&world, &["secrets", "--store-id", "1", "delete", "--yes", "stripe"]);
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    assert!(ran.err.contains("`stripe` is bound by `STRIPE_KEY` (top level)"), "{}", ran.err);
    std::fs::write(folder.path().join("values.json"), r#"{"site-key":"abcdefgh"}"#).unwrap();
    let sync = ["sync", "--from", "values.json", "--delete", "--yes", "--store-id", "1"];
    let ran = run(&world, &sync);
    assert!(held(&world).contains(&"stripe=b".to_owned()), "{}{}", ran.out, ran.err);
    // The variable, or a mistyped path, names the configuration of another Worker.
    let wrong = ["--wrangler", "wrangler.toml"];
    let told = "wrangler.toml has no binding `STRIPE_KEY`, which gateway/gateway.toml names";
    let name = format!("{STORE}/a");
    for command in [
        &["secrets", "--store-id", "1", "delete", "--yes", "stripe"][..],
        &["stores", "delete", STORE, "--force", "--yes"],
    ] {
        let world = World::new(&[("stripe", "b"), (&name, "b")]);
        let ran = run(&world, &[command, &wrong].concat());
        assert_eq!(ran.code, Some(2), "{}", ran.err);
        assert!(ran.err.contains(told), "{command:?} {}", ran.err);
        assert_eq!(held(&world), [format!("{name}=b"), "stripe=b".to_owned()]);
    }
    // Without --config, no gateway is known here.
    let name = format!("{STORE}/a");
    let world = World::new(&[(&name, "b")]);
    let force = ["stores", "delete", STORE, "--force", "--yes"];
    let ran = world.run_in(folder.path(), &force, "unused");
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(ran.err.contains("there is no gateway.toml in this folder"), "{}", ran.err);
    assert_eq!(held(&world), [format!("{name}=b")]);
}

#[test]
fn a_store_is_deleted_with_its_secrets_only_if_it_is_known_what_is_bound() {
    let elsewhere = tempfile::tempdir().unwrap();
    let name = format!("{STORE}/a");
    let world = World::new(&[(&name, "b")]);
    let force = ["stores", "delete", STORE, "--force"];
    let ran = world.run_in(elsewhere.path(), &[&force[..], &["--yes"]].concat(), "unused");
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(
        ran.err.contains("--force has to know what is bound, and there is no gateway.toml"),
        "{}",
        ran.err
    );

    let ran = world.run(&force, "unused");
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(ran.err.contains("no question can be asked; write --yes"), "{}", ran.err);
    assert_eq!(held(&world), [format!("{name}=b")]);
    assert_eq!(world.calls(), <[String; 0]>::default());

    let ran = world.run(&[&force[..], &["--yes"]].concat(), "unused");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(held(&world), <[String; 0]>::default());
    let ran = world.run_in(elsewhere.path(), &[&force[..], &["--yes", "--delete-bound"]].concat(), "unused");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
}

#[test]
fn somebody_at_a_terminal_who_could_not_see_the_question_is_not_taken_for_a_script() {
    let world = World::new(&[("loose", "a")]);
    for arguments in [&["loose"][..], &["loose", "--delete-bound"]] {
        let all = [&["secrets", "--store-id", "1", "delete"], arguments].concat();
        let ran = world.run_with_terminal_input(&all);
        assert_eq!(ran.code, Some(2), "{}", ran.err);
        assert!(ran.err.contains("standard error is not a terminal; write --yes"), "{}", ran.err);
    }
    assert_eq!(held(&world), ["loose=a"]);
    let ran = world.run_with_terminal_input(&["secrets", "--store-id", "1", "delete", "loose", "--yes"]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
}
