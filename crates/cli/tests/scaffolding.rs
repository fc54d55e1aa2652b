//! Tests of `ostiary init`, `ostiary add` and `ostiary token`, through the command line.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and clippy knows only functions marked as tests"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let ostiary = env!("CARGO_BIN_EXE_ostiary");
    Command::new(ostiary)
        .args(arguments)
        .current_dir(folder)
        .env_remove("OSTIARY_WRANGLER_CONFIG")
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The output of the command with `--json`.
fn done(folder: &Path, arguments: &[&str]) -> Value {
    let output = run(folder, &[arguments, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{arguments:?} {output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

fn both(folder: &Path) -> (String, String) {
    (read(folder, "gateway.toml"), read(folder, "wrangler.toml"))
}

fn assert_checked(folder: &Path) {
    let output = run(folder, &["check", "--strict"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

/// The decision of `explain` for a request.
fn decision(folder: &Path, arguments: &[&str]) -> Value {
    let output = run(folder, &[&["explain", "--json"], arguments].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{arguments:?} {output:?}"))
}

const GATEWAY: &str = "\
# Mine.
version = 1

[secrets]
a = [\"A\"]   # the first one

# Who calls.
[callers.web]
bearer_sha256 = [\"fac076e1c1db29dc15d9da2a52364d52ac8d5b29d5c5bf0fef2c47eb9bee8c65\"]

# What is called.
[routes.a]
mount    = \"/a\"
upstream = \"https://a.example\"
auth     = { bearer = \"${a}\" }

[routes.a.allow]
web = [\"GET /**\"]     # reads
";

const WRANGLER: &str = "\
# Theirs.
name = \"x\"

[[secrets_store_secrets]]
binding = \"A\"
store_id = \"one\"
secret_name = \"a\"

[[env.staging.secrets_store_secrets]]
binding = \"A\"
store_id = \"two\"
secret_name = \"a\"
";

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("gateway.toml"), GATEWAY).unwrap();
    fs::write(folder.path().join("wrangler.toml"), WRANGLER).unwrap();
    folder
}

#[test]
fn a_token_is_shown_with_its_digest_and_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let shown = done(folder.path(), &["token", "new", "web"]);
    let token = shown["token"].as_str().unwrap();
    let digits: Vec<_> = Sha256::digest(token).iter().map(|byte| format!("{byte:02x}")).collect();
    let digest = digits.concat();
    assert_eq!(token.strip_prefix("ost_web_").unwrap().len(), 64);
    assert_eq!(shown["bearer_sha256"], digest);
    assert_eq!(shown["line"], format!("bearer_sha256 = [\"{digest}\"]"));

    let output = run(folder.path(), &["token", "new", "web"]);
    let labelled = text(&output.stdout);
    let labels: Vec<_> = labelled.lines().take(3).map(|line| line.split("  ").next().unwrap()).collect();
    assert_eq!(labels, ["caller", "token", "bearer_sha256"]);
    assert!(!labelled.contains(token));
}

#[test]
fn a_caller_is_added_below_the_others_with_the_digest_of_its_token() {
    let folder = folder();
    let shown = done(folder.path(), &["add", "caller", "ci"]);
    let token = shown["token"]["token"].as_str().unwrap();
    let digest = shown["token"]["bearer_sha256"].as_str().unwrap();
    let (gateway, wrangler) = both(folder.path());
    let added = format!("[callers.ci]\nbearer_sha256 = [\"{digest}\"]\n\n# What is called.");
    assert_eq!(gateway, GATEWAY.replace("# What is called.", &added));
    assert_eq!(wrangler, WRANGLER);
    assert!(!gateway.contains(token));

    // The second run changes nothing and makes no token.
    let again = done(folder.path(), &["add", "caller", "ci"]);
    assert_eq!((&again["changed"], &again["token"]), (&Value::Bool(false), &Value::Null));
    assert_eq!(read(folder.path(), "gateway.toml"), gateway);
}

#[test]
fn an_api_is_added_to_both_files_and_every_environment() {
    let folder = folder();
    let items = ["add", "--name", "items", "--upstream", "http://127.0.0.1:9001", "--header", "x-api-key"];
    assert_eq!(done(folder.path(), &items)["changed"], true);
    let (gateway, wrangler) = both(folder.path());
    let secret = "a = [\"A\"]   # the first one\nitems = [\"ITEMS_KEY\"]\n";
    let route = "\n[routes.items]\nmount    = \"/items\"\nupstream = \"http://127.0.0.1:9001\"\n\
                 auth     = { header = \"x-api-key\", value = \"${items}\" }\n\n[routes.items.allow]\n\
                 web = [\"GET /**\"]\n";
    assert_eq!(gateway, GATEWAY.replace("a = [\"A\"]   # the first one\n", secret) + route);
    let binding = |place: &str, store: &str| {
        format!(
            "\n[[{place}secrets_store_secrets]]\nbinding = \"ITEMS_KEY\"\nstore_id = \"{store}\"\n\
             secret_name = \"items-key\"\n"
        )
    };
    let staging = "\n[[env.staging.";
    let expected = WRANGLER.replace(staging, &(binding("", "one") + staging));
    assert_eq!(wrangler, expected + &binding("env.staging.", "two"));
    assert_checked(folder.path());

    let allowed = decision(folder.path(), &["GET", "/items/1", "--caller", "web"]);
    assert_eq!(allowed["decision"], "forwarded", "{allowed}");
    let refused = decision(folder.path(), &["POST", "/items/1", "--caller", "web"]);
    assert_ne!(refused["decision"], "forwarded", "{refused}");

    assert_eq!(done(folder.path(), &items)["changed"], false);
    assert_eq!(both(folder.path()), (gateway, wrangler));
}

#[test]
fn every_known_api_passes_the_check() {
    let folder = folder();
    let help = text(&run(tempfile::tempdir().unwrap().path(), &["init"]).stderr);
    let names: Vec<_> = help.trim().rsplit_once("are ").unwrap().1.split(", ").collect();
    assert!(names.len() >= 12, "{help}");
    for name in names {
        let added = done(folder.path(), &["add", name]);
        assert_eq!(added["changed"], true);
        // The new rules admit the request of the step that explains one.
        let next = added["next"].as_array().unwrap().iter().filter_map(Value::as_str);
        let explain = next.map(str::trim).find(|step| step.starts_with("ostiary explain ")).unwrap();
        let words: Vec<_> = explain.split_whitespace().skip(2).collect();
        assert_eq!(decision(folder.path(), &words)["decision"], "forwarded", "{explain}");
    }
    assert_checked(folder.path());
}

#[test]
fn bindings_are_added_to_json_with_comments() {
    let folder = folder();
    fs::remove_file(folder.path().join("wrangler.toml")).unwrap();
    let json = "{\n  // Theirs.\n  \"name\": \"x\",\n  \"secrets_store_secrets\": [\n    { \"binding\": \"A\", \
                \"store_id\": \"one\", \"secret_name\": \"a\" }, // the first\n  ],\n}\n";
    fs::write(folder.path().join("wrangler.jsonc"), json).unwrap();
    assert_eq!(done(folder.path(), &["add", "stripe"])["changed"], true);
    let written = read(folder.path(), "wrangler.jsonc");
    assert!(written.contains("// Theirs.") && written.contains("// the first"), "{written}");
    assert_checked(folder.path());
}

#[test]
fn a_dry_run_shows_the_change_and_writes_nothing() {
    let folder = folder();
    for arguments in [
        &["add", "stripe", "--dry-run"][..],
        &["add", "caller", "ci", "--dry-run"],
        &["init", "--api", "openai", "--caller", "ci", "--dry-run"],
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(text(&output.stdout).contains("\n+["), "{output:?}");
        assert!(!text(&output.stdout).contains("token  "), "{output:?}");
        let shown = done(folder.path(), arguments);
        assert_eq!(shown["changed"], false);
        assert!(!shown.to_string().contains("\"token\":"), "{shown}");
        assert_eq!(both(folder.path()), (GATEWAY.to_owned(), WRANGLER.to_owned()));
    }
}

#[test]
fn nothing_is_written_where_the_build_would_refuse_it() {
    let folder = folder();
    for arguments in [
        &["add", "stripe", "--caller", "nobody"][..],
        &["add", "stripe", "--rule", "v1/**"],
        &["add", "--name", "items", "--upstream", "http://items.example"],
        &["add", "--name", "items", "--upstream", "https://items.example", "--header", "connection"],
        &["add", "--name", "1items", "--upstream", "https://items.example"],
        &["add", "--name", "a\nb", "--upstream", "https://items.example"],
        &["add", "caller", "anyone"],
        &["add", "strype"],
        &["add", "items"],
        &["add"],
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?} {output:?}");
        assert_eq!(both(folder.path()), (GATEWAY.to_owned(), WRANGLER.to_owned()), "{arguments:?}");
    }
}

#[test]
fn a_new_route_gets_no_key_of_another_one() {
    let refused = |wrangler: &str, name: &str, told: &str| {
        let folder = folder();
        fs::write(folder.path().join("wrangler.toml"), format!("{WRANGLER}{wrangler}")).unwrap();
        let before = both(folder.path());
        let output = run(folder.path(), &["add", "--upstream", "https://other.example", "--name", name]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(text(&output.stderr).contains(told), "{output:?}");
        assert_eq!(both(folder.path()), before);
    };
    let row = |binding: &str, secret: &str| {
        ["", "env.staging."].map(|place| format!(
            "[[{place}secrets_store_secrets]]\nbinding = \"{binding}\"\nstore_id = \"one\"\nsecret_name = \"{secret}\"\n"
        )).concat()
    };
    // A binding that wrangler's configuration has.
    refused(
        &row("ITEMS_KEY", "payroll"),
        "items",
        "has the binding `ITEMS_KEY` already, for the secret `payroll`",
    );
    refused(&row("MY_API_KEY", "my-api-key"), "my_api", "choose another --name");
    // A secret of the store that another binding has.
    refused(&row("OTHER", "items-key"), "items", "which `OTHER` is bound to already");
}

#[test]
fn a_route_says_which_existing_key_it_sends() {
    let folder = folder();
    fs::write(folder.path().join("gateway.toml"), GATEWAY.replace("[routes.a", "[routes.other")).unwrap();
    let output =
        run(folder.path(), &["add", "--name", "a", "--upstream", "https://new.example", "--caller", "web"]);
    // The mount `/a` is the other route's.
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let moved = GATEWAY.replace("[routes.a", "[routes.other").replace("\"/a\"", "\"/other\"");
    fs::write(folder.path().join("gateway.toml"), moved).unwrap();
    let output =
        run(folder.path(), &["add", "--name", "a", "--upstream", "https://new.example", "--caller", "web"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told = "It sends the key of the secret `a`, which existed already: A.";
    assert!(text(&output.stdout).contains(told), "{output:?}");
}

#[test]
fn init_writes_both_files_from_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let flags = [
        "init", "--api", "stripe", "--api", "openai", "--caller", "web", "--caller", "admin", "--env",
        "staging",
    ];
    let shown = done(folder.path(), &flags);
    assert_eq!(shown["changed"], true);
    assert_eq!(shown["tokens"].as_array().unwrap().len(), 2);
    let (gateway, wrangler) = both(folder.path());
    for token in shown["tokens"].as_array().unwrap() {
        assert!(gateway.contains(token["bearer_sha256"].as_str().unwrap()));
        assert!(!gateway.contains(token["token"].as_str().unwrap()));
    }
    assert!(wrangler.contains("[[env.staging.secrets_store_secrets]]"), "{wrangler}");
    assert_checked(folder.path());
    let allowed = decision(folder.path(), &["POST", "/openai/v1/responses", "--caller", "admin"]);
    assert_eq!(allowed["decision"], "forwarded", "{allowed}");

    assert_eq!(done(folder.path(), &flags)["changed"], false);
    assert_eq!(both(folder.path()), (gateway.clone(), wrangler));

    // Existing files are replaced only with `--replace`.
    done(folder.path(), &["init", "--api", "github", "--caller", "ci", "--replace"]);
    let (replaced, _) = both(folder.path());
    assert!(!replaced.contains("stripe]") && replaced.contains("[routes.github]"), "{replaced}");
    assert_checked(folder.path());
}

#[test]
fn the_worker_has_the_name_of_its_folder() {
    let around = tempfile::tempdir().unwrap();
    for (name, worker) in
        [("my-gateway", "my-gateway"), ("My Shop.v2", "my-shop-v2"), ("_", "ostiary"), ("Ä", "ostiary")]
    {
        let folder = around.path().join(name);
        fs::create_dir(&folder).unwrap();
        let begun = done(&folder, &["init", "--caller", "web"]);
        assert_eq!(begun["worker"], worker, "{begun}");
        assert!(read(&folder, "wrangler.toml").contains(&format!("\nname = \"{worker}\"\n")), "{name}");
        // A file that is kept keeps its name.
        let again = done(&folder, &["init", "--caller", "web", "--caller", "admin"]);
        assert_eq!((&again["changed"], again.get("worker")), (&Value::Bool(true), None));
    }
    let own = around.path().join("own");
    fs::create_dir(&own).unwrap();
    let said = text(&run(&own, &["init", "--caller", "web", "--name", "shop"]).stdout);
    assert!(said.contains("The Worker is called `shop`"), "{said}");
    assert!(read(&own, "wrangler.toml").contains("\nname = \"shop\"\n"));
    for name in ["Shop", "my shop", "", "-x", "ä"] {
        let refused = run(&own, &["init", "--caller", "web", "--replace", &format!("--name={name}")]);
        assert_eq!(refused.status.code(), Some(2), "{name} {refused:?}");
    }
}

#[test]
fn init_asks_for_a_caller() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["init"][..], &["init", "--api", "stripe"]] {
        let output = run(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

#[test]
fn a_gateway_begins_with_callers_and_an_api_of_ones_own_is_added() {
    let folder = tempfile::tempdir().unwrap();
    let begun = done(folder.path(), &["init", "--caller", "web", "--caller", "admin"]);
    assert_eq!(begun["tokens"].as_array().unwrap().len(), 2);
    let next: Vec<_> = begun["next"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(next.iter().any(|step| step.contains("ostiary add --name items")), "{begun}");
    // What is printed works as it is printed.
    let commands: Vec<_> = next
        .iter()
        .flat_map(|step| step.lines())
        .filter_map(|line| line.trim().strip_prefix("ostiary "))
        .collect();
    assert_eq!(commands.len(), 2, "{next:?}");
    for command in commands {
        let copy = tempfile::tempdir().unwrap();
        for name in ["gateway.toml", "wrangler.toml"] {
            fs::copy(folder.path().join(name), copy.path().join(name)).unwrap();
        }
        let words: Vec<&str> = command.split_whitespace().collect();
        assert_eq!(done(copy.path(), &words)["changed"], true, "{command}");
        assert_checked(copy.path());
        let (gateway, _) = both(copy.path());
        assert!(gateway.contains("\nweb = [\"GET ") && gateway.contains("\nadmin = [\"GET "), "{gateway}");
    }
    // A caller with an invalid name is still refused.
    assert_eq!(run(folder.path(), &["init", "--caller", "anyone"]).status.code(), Some(2));
    let items = [
        "add",
        "--name",
        "items",
        "--upstream",
        "http://127.0.0.1:9001",
        "--caller",
        "web",
        "--caller",
        "admin",
    ];
    assert_eq!(done(folder.path(), &items)["changed"], true);
    assert_eq!(decision(folder.path(), &["GET", "/items/1", "--caller", "admin"])["decision"], "forwarded");
}

#[test]
fn a_folder_of_ones_own_begins_with_the_demo() {
    let around = tempfile::tempdir().unwrap();
    clone(&around.path().join("ostiary"));
    let folder = around.path().join("mine");
    fs::create_dir(&folder).unwrap();
    let dry = run(&folder, &["init", "--demo", "--dry-run"]);
    assert_eq!((dry.status.code(), fs::read_dir(&folder).unwrap().count()), (Some(0), 0), "{dry:?}");
    let begun = done(&folder, &["init", "--demo", "--name", "mine"]);
    assert_eq!((&begun["changed"], begun["tokens"].as_array().unwrap().len()), (&Value::Bool(true), 0));
    let next = begun["next"].to_string();
    assert!(next.contains("make --directory ../ostiary dev GATEWAY="), "{next}");
    assert!(next.contains("ostiary secrets create --local --store demo caller-token"), "{next}");
    let (gateway, wrangler) = both(&folder);
    assert!(
        gateway.starts_with("#:schema ../ostiary/docs/gateway.schema.json\n# The gateway's callers"),
        "{gateway}"
    );
    assert!(wrangler.contains("name = \"mine\"") && !wrangler.contains("\"src\""), "{wrangler}");
    let build = wrangler.lines().find(|line| line.starts_with("command")).unwrap();
    assert_eq!(build_command(build), "make --silent --directory ../ostiary build GATEWAY=\"$PWD\"");
    assert!(read(&folder, ".gitignore").contains(".dev.vars"));
    assert_checked(&folder);
    for (environment, target) in [(&[][..], "/demo/v1/hello"), (&["--env", "staging"], "/demo-query/v1")] {
        let asked = [&["GET", target, "--caller", "developer"], environment].concat();
        assert_eq!(decision(&folder, &asked)["decision"], "forwarded");
    }
    assert_eq!(done(&folder, &["init", "--demo", "--name", "mine"])["changed"], false);

    // Existing files are replaced only with `--replace`.
    fs::write(folder.join("gateway.toml"), GATEWAY).unwrap();
    let refused = run(&folder, &["init", "--demo"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert!(text(&refused.stderr).contains("gateway.toml is there already"), "{refused:?}");
    assert_eq!(both(&folder), (GATEWAY.to_owned(), wrangler));
    assert_eq!(done(&folder, &["init", "--demo", "--replace"])["changed"], true);
    assert_eq!(read(&folder, "gateway.toml"), gateway);
    for other in [&["--api", "stripe"][..], &["--caller", "web"], &["--env", "staging"]] {
        assert_eq!(run(&folder, &[&["init", "--demo"], other].concat()).status.code(), Some(2));
    }
    let jsonc = tempfile::tempdir().unwrap();
    fs::write(jsonc.path().join("wrangler.jsonc"), "{}").unwrap();
    for replace in [&[][..], &["--replace"]] {
        assert_eq!(run(jsonc.path(), &[&["init", "--demo"], replace].concat()).status.code(), Some(2));
        assert_eq!(fs::read_dir(jsonc.path()).unwrap().count(), 1);
    }
}

#[test]
fn a_command_that_is_shown_means_the_files_that_were_given() {
    let around = tempfile::tempdir().unwrap();
    for (name, content) in [("gate way.toml", GATEWAY), ("other.toml", WRANGLER)] {
        fs::write(around.path().join(name), content).unwrap();
    }
    let given = ["--config", "gate way.toml", "--wrangler", "other.toml"];
    let added = done(around.path(), &[&["add", "stripe"], &given[..]].concat());
    let next: Vec<_> = added["next"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let commands: Vec<_> = next.iter().filter_map(|line| line.trim().strip_prefix("ostiary ")).collect();
    assert!(commands.len() >= 4, "{next:?}");
    for command in commands {
        assert!(command.contains("--config 'gate way.toml' --wrangler other.toml"), "{command}");
    }
    assert!(!next.iter().any(|line| line.contains("make")), "`make dev` only reads gateway.toml: {next:?}");
}

#[test]
fn an_environment_that_came_later_is_told_its_own_secret() {
    let folder = folder();
    done(folder.path(), &["add", "openai"]);
    let wrangler =
        read(folder.path(), "wrangler.toml") + "\n[env.later.vars]\nOSTIARY_ENVIRONMENT = \"later\"\n";
    fs::write(folder.path().join("wrangler.toml"), wrangler).unwrap();
    let next = done(folder.path(), &["add", "openai"])["next"].to_string();
    assert!(next.contains(" later-openai-key\"") && !next.contains(" openai-key\""), "{next}");
}

#[test]
fn a_list_of_revoked_tokens_can_be_as_long_as_a_value() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("revoked.json");
    let members = |count: u32| {
        let members: Vec<String> = (0..count).map(|at| format!("\"agents/member-{at:05}\":{at}")).collect();
        format!("{{\"sub\":{{{}}}}}", members.join(","))
    };
    for (count, code, told) in [(1_000, 0, "bytes of 65536."), (3_000, 1, "at most 65,536")] {
        fs::write(&list, members(count)).unwrap();
        let ran = run(folder.path(), &["token", "revoke", "agents/crawler", "--list", "revoked.json"]);
        let shown = text(&ran.stdout) + &text(&ran.stderr);
        assert_eq!(ran.status.code(), Some(code), "{shown}");
        assert!(shown.contains(told), "{shown}");
    }
}

#[test]
fn a_list_of_revoked_tokens_is_begun_only_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let revoke = ["token", "revoke", "agents/crawler", "--list", "revoked.json"];
    let refused = run(folder.path(), &revoke);
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused.stdout));
    assert!(text(&refused.stderr).contains("there is no revoked.json"), "{}", text(&refused.stderr));
    assert!(!folder.path().join("revoked.json").exists());
    let new = [&revoke[..], &["--new"]].concat();
    let begun = run(folder.path(), &new);
    assert_eq!(begun.status.code(), Some(0), "{}", text(&begun.stderr));
    assert!(text(&begun.stdout).contains("Wrote revoked.json: a new list, "), "{}", text(&begun.stdout));
    assert!(text(&begun.stdout).contains("replaces the list in the store"), "{}", text(&begun.stdout));
    let again = run(folder.path(), &new);
    assert!(text(&again.stderr).contains("revoked.json exists already"), "{}", text(&again.stderr));
    assert_eq!(run(folder.path(), &revoke).status.code(), Some(0));
}

/// A folder that looks like a clone of the repository.
fn clone(folder: &Path) {
    for file in ["scripts/build-worker", "api/run.mjs", "docs/gateway.schema.json"] {
        fs::create_dir_all(folder.join(file).parent().unwrap()).unwrap();
        fs::write(folder.join(file), "").unwrap();
    }
}

#[test]
fn a_folder_of_ones_own_is_built_by_the_clone_beside_it() {
    for (place, path) in [("mine/ostiary", "ostiary"), ("ostiary", "../ostiary"), (".", "..")] {
        let around = tempfile::tempdir().unwrap();
        let folder = around.path().join("mine");
        fs::create_dir(&folder).unwrap();
        clone(&around.path().join(place));
        done(&folder, &["init", "--api", "stripe", "--caller", "web"]);
        let (gateway, wrangler) = both(&folder);
        let first = gateway.lines().next().unwrap().strip_prefix("#:schema ").unwrap();
        assert!(folder.join(first).exists(), "{first}");
        assert!(!wrangler.contains("\"src\""), "{wrangler}");
        let build = wrangler.lines().find(|line| line.starts_with("command")).unwrap();
        let expected = format!("make --silent --directory {path} build GATEWAY=\"$PWD\"");
        assert_eq!(build_command(build), expected);
        assert!(read(&folder, ".gitignore").contains(".dev.vars"));
        assert_checked(&folder);
    }
    // In the clone itself, the configuration is the same as the demo's.
    let folder = tempfile::tempdir().unwrap();
    clone(folder.path());
    done(folder.path(), &["init", "--api", "stripe", "--caller", "web"]);
    assert!(read(folder.path(), "wrangler.toml").contains("command = \"make --silent build\""));
    assert!(!folder.path().join(".gitignore").exists());
}

fn build_command(line: &str) -> String {
    let document: toml_edit::DocumentMut = line.parse().unwrap();
    document.get("command").and_then(|item| item.as_str()).unwrap().to_owned()
}
