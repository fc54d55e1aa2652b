//! Tests of `ostiary add source`, through the command line.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, and clippy knows only functions marked as tests"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ostiary"));
    command.args(arguments).current_dir(folder).env_remove("OSTIARY_WRANGLER_CONFIG").output().unwrap()
}

fn done(folder: &Path, arguments: &[&str]) -> Value {
    let output = run(folder, &[arguments, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{arguments:?} {output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

const GATEWAY: &str = "\
# Mine.
version = 1

[secrets]
stripe = [\"STRIPE_KEY\"]   # of the shop
old = [{ worker_secret = \"OLD_KEY\" }]
both = [
  \"BOTH_KEY\",  # the first
  { worker_secret = \"BOTH_FALLBACK\" },
]

[callers.web]
bearer_sha256 = [\"fac076e1c1db29dc15d9da2a52364d52ac8d5b29d5c5bf0fef2c47eb9bee8c65\"]

[routes.a]
mount    = \"/a\"
upstream = \"https://a.example\"
auth     = [{ bearer = \"${stripe}\" }, { header = \"x-old\", value = \"${old}\" }, { header = \"x-both\", value = \"${both}\" }]
allow    = { web = [\"GET /**\"] }
";

const WRANGLER: &str = "\
name = \"x\"

[secrets]
required = [\"OLD_KEY\", \"BOTH_FALLBACK\"]

[[secrets_store_secrets]]
binding = \"STRIPE_KEY\"
store_id = \"one\"
secret_name = \"stripe-key\"

[[secrets_store_secrets]]
binding = \"BOTH_KEY\"
store_id = \"one\"
secret_name = \"both-key\"

# Staging.
[env.staging]
secrets = { required = [\"OLD_KEY\", \"BOTH_FALLBACK\"] }
secrets_store_secrets = [
  { binding = \"STRIPE_KEY\", store_id = \"one\", secret_name = \"staging-stripe\" },
  { binding = \"BOTH_KEY\", store_id = \"two\", secret_name = \"both-key\" },
]
";

fn folder(gateway: &str, wrangler: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("gateway.toml"), gateway).unwrap();
    fs::write(folder.path().join("wrangler.toml"), wrangler).unwrap();
    assert_checked(folder.path());
    folder
}

fn assert_checked(folder: &Path) {
    let output = run(folder, &["check"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn a_second_source_is_added_to_both_files_and_every_environment() {
    let folder = folder(GATEWAY, WRANGLER);
    let added = done(folder.path(), &["add", "source", "stripe"]);
    assert_eq!(added["changed"], true);
    let expected = GATEWAY.replace("[\"STRIPE_KEY\"]", "[\"STRIPE_KEY\", \"STRIPE_KEY_2\"]");
    assert_eq!(read(folder.path(), "gateway.toml"), expected);
    let top = "\n[[secrets_store_secrets]]\nbinding = \"STRIPE_KEY_2\"\nstore_id = \"one\"\nsecret_name = \"stripe-key-2\"\n";
    let wrangler = read(folder.path(), "wrangler.toml");
    assert!(wrangler.contains(&format!("secret_name = \"both-key\"\n{top}\n# Staging.")), "{wrangler}");
    let staging = "{ binding = \"STRIPE_KEY_2\", store_id = \"one\", secret_name = \"staging-stripe-2\" }";
    assert!(wrangler.contains(staging), "{wrangler}");
    assert_checked(folder.path());
    // The values of both environments are copied.
    let next: Vec<_> = added["next"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for names in ["stripe-key stripe-key-2", "staging-stripe staging-stripe-2"] {
        for local in ["", "--local "] {
            let copy = format!("    ostiary secrets duplicate {local}--store one {names}");
            assert!(next.contains(&copy.as_str()), "{next:?}");
        }
    }
    let both = (read(folder.path(), "gateway.toml"), wrangler);
    assert_eq!(done(folder.path(), &["add", "source", "stripe"])["changed"], false);
    assert_eq!((read(folder.path(), "gateway.toml"), read(folder.path(), "wrangler.toml")), both);
    let said = run(folder.path(), &["add", "source", "stripe"]);
    assert!(String::from_utf8(said.stdout).unwrap().contains("has two sources already"));
}

#[test]
fn the_second_source_comes_before_a_worker_secret() {
    let folder = folder(GATEWAY, WRANGLER);
    done(folder.path(), &["add", "source", "both"]);
    let gateway: toml_edit::DocumentMut = read(folder.path(), "gateway.toml").parse().unwrap();
    let sources = gateway["secrets"]["both"].as_array().unwrap();
    assert_eq!(sources.get(1).unwrap().as_str(), Some("BOTH_KEY_2"), "{gateway}");
    assert!(
        sources.get(2).unwrap().is_inline_table() && gateway.to_string().contains("# the first"),
        "{gateway}"
    );
    let wrangler = read(folder.path(), "wrangler.toml");
    let staging = "{ binding = \"BOTH_KEY_2\", store_id = \"two\", secret_name = \"both-key-2\" }";
    assert!(wrangler.contains(staging), "{wrangler}");
    assert_checked(folder.path());
}

#[test]
fn an_environment_that_came_later_gets_its_second_source_too() {
    let folder = folder(GATEWAY, WRANGLER);
    done(folder.path(), &["add", "source", "stripe"]);
    let later = "\n[env.later]\nsecrets = { required = [\"OLD_KEY\", \"BOTH_FALLBACK\"] }\nsecrets_store_secrets = [\n  \
                 { binding = \"STRIPE_KEY\", store_id = \"one\", secret_name = \"later-stripe\" },\n  { binding = \
                 \"BOTH_KEY\", store_id = \"one\", secret_name = \"later-both\" },\n]\n";
    fs::write(folder.path().join("wrangler.toml"), read(folder.path(), "wrangler.toml") + later).unwrap();
    let added = done(folder.path(), &["add", "source", "stripe"]);
    assert_eq!(added["changed"], true);
    let next = added["next"].to_string();
    assert!(next.contains("later-stripe later-stripe-2") && !next.contains(" stripe-key-2"), "{next}");
    assert_checked(folder.path());
}

#[test]
fn json_with_comments_gets_the_binding_beside_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let (gateway, _) = GATEWAY.split_once("old = ").unwrap();
    let rest = "[callers.web]\nbearer_sha256 = [\"fac076e1c1db29dc15d9da2a52364d52ac8d5b29d5c5bf0fef2c47eb9bee8c65\"]\n\
                [routes.a]\nmount = \"/a\"\nupstream = \"https://a.example\"\nauth = { bearer = \"${stripe}\" }\n\
                allow = { web = [\"GET /**\"] }\n";
    fs::write(folder.path().join("gateway.toml"), format!("{gateway}{rest}")).unwrap();
    let json = "{\n  // Mine.\n  \"name\": \"x\",\n  \"secrets_store_secrets\": [\n    { \"binding\": \"STRIPE_KEY\", \
                \"store_id\": \"one\", \"secret_name\": \"stripe-key\" }, // the first\n  ],\n  \"env\": { \"staging\": { \
                \"secrets_store_secrets\": [{ \"binding\": \"STRIPE_KEY\", \"store_id\": \"two\", \"secret_name\": \
                \"s\" }] } }\n}\n";
    fs::write(folder.path().join("wrangler.jsonc"), json).unwrap();
    let next = done(folder.path(), &["add", "source", "stripe"])["next"].to_string();
    assert!(
        next.contains("--store one stripe-key stripe-key-2") && next.contains("--store two s s-2"),
        "{next}"
    );
    let wrangler = read(folder.path(), "wrangler.jsonc");
    for kept in ["// Mine.", "// the first", "\"stripe-key-2\"", "\"s-2\""] {
        assert!(wrangler.contains(kept), "{wrangler}");
    }
    assert_checked(folder.path());
}

#[test]
fn a_name_that_another_secret_has_is_not_taken() {
    let taken = GATEWAY.replace("[secrets]\n", "[secrets]\nother = [\"STRIPE_KEY_2\"]\n");
    let taken = taken.replace(
        "{ header = \"x-old\"",
        "{ header = \"x-other\", value = \"${other}\" }, { header = \"x-old\"",
    );
    let wrangler = WRANGLER
        .replace("\n# Staging.", "\n[[secrets_store_secrets]]\nbinding = \"STRIPE_KEY_2\"\nstore_id = \"one\"\nsecret_name = \"other\"\n\n# Staging.")
        .replace("  { binding = \"BOTH", "  { binding = \"STRIPE_KEY_2\", store_id = \"one\", secret_name = \"other\" },\n  { binding = \"BOTH");
    let folder = folder(&taken, &wrangler);
    done(folder.path(), &["add", "source", "stripe"]);
    assert!(read(folder.path(), "gateway.toml").contains("stripe = [\"STRIPE_KEY\", \"STRIPE_KEY_3\"]"));
    assert!(read(folder.path(), "wrangler.toml").contains("secret_name = \"stripe-key-3\""));
    assert_checked(folder.path());
}

#[test]
fn nothing_is_written_where_there_is_no_first_source() {
    let folder = folder(GATEWAY, WRANGLER);
    for (name, told) in [
        ("strype", "there is no secret `strype`; `[secrets]` has stripe, old, both"),
        ("old", "`old` has no source in Secrets Store"),
    ] {
        let output = run(folder.path(), &["add", "source", name]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(told), "{said}");
    }
    let output = run(folder.path(), &["add", "source", "stripe", "--dry-run"]);
    assert!(String::from_utf8(output.stdout).unwrap().contains("\n+stripe = "));
    assert_eq!(read(folder.path(), "gateway.toml"), GATEWAY);
    assert_eq!(read(folder.path(), "wrangler.toml"), WRANGLER);
    // An environment without the first source cannot get a second one.
    let without = WRANGLER.replace(
        "  { binding = \"STRIPE_KEY\", store_id = \"one\", secret_name = \"staging-stripe\" },\n",
        "",
    );
    fs::write(folder.path().join("wrangler.toml"), &without).unwrap();
    let output = run(folder.path(), &["add", "source", "stripe"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(read(folder.path(), "wrangler.toml"), without);
}
