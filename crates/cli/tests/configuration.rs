//! Tests of `ostiary check` and `ostiary explain`, through the command line.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and clippy knows only functions marked as tests"
)]

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;

use serde_json::{Value, json};

fn gateway() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gateway")
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let ostiary = env!("CARGO_BIN_EXE_ostiary");
    Command::new(ostiary).args(arguments).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The output of `explain --json`, and the exit code.
fn explained(arguments: &[&str]) -> (Value, Option<i32>) {
    let output = run(&gateway(), &[&["explain", "--json"], arguments].concat());
    let value = serde_json::from_slice(&output.stdout);
    (value.unwrap_or_else(|_| panic!("{arguments:?} {output:?}")), output.status.code())
}

#[test]
fn check_says_that_all_is_well() {
    let output = run(&gateway(), &["check"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stdout), "3 routes, 3 callers and 5 secrets hold together.\n");
}

#[test]
fn check_says_what_the_build_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| fs::read_to_string(gateway().join(name)).unwrap();
    let (head, staging) = (file("wrangler.toml"), "[env.staging]\n");
    let without = head.split(staging).next().unwrap();
    fs::write(folder.path().join("gateway.toml"), file("gateway.toml")).unwrap();
    fs::write(folder.path().join("wrangler.toml"), format!("{without}[env.live]\n")).unwrap();

    let output = run(folder.path(), &["check"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stdout);
    let first: Vec<_> = said.lines().take(2).collect();
    let message = "error: wrangler.toml has no binding `STRIPE_KEY` in `[env.live]`";
    assert_eq!(first, [message, " --> gateway.toml:2:13"]);
    let instead = "help: add `[[env.live.secrets_store_secrets]]` with `binding = \"STRIPE_KEY\"`";
    assert!(said.contains("^^^^^^^^^^^^") && said.contains(instead), "{said}");
    let told: Value = serde_json::from_slice(&run(folder.path(), &["check", "--json"]).stdout).unwrap();
    assert_eq!((&told["ok"], &told["diagnostics"][0]["line"]), (&json!(false), &json!(2)));
    assert_eq!(run(folder.path(), &["explain", "GET", "/"]).status.code(), Some(1));
}

#[test]
fn an_environment_that_is_not_there_is_told_with_the_one_that_is_meant() {
    let folder = gateway();
    for (name, hint) in [("stagin", "did you mean `staging`?"), ("production", "it has staging")] {
        let output = run(&folder, &["explain", "GET", "/", "--env", name]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(text(&output.stderr).contains(hint), "{output:?}");
    }
}

#[test]
fn a_warning_is_a_fault_where_that_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let spare = fs::read_to_string(gateway().join("gateway.toml")).unwrap();
    let digest = "fac076e1c1db29dc15d9da2a52364d52ac8d5b29d5c5bf0fef2c47eb9bee8c65";
    let spare = format!("[callers.spare]\nbearer_sha256 = [\"{digest}\"]\n\n{spare}");
    fs::write(folder.path().join("gateway.toml"), spare).unwrap();
    fs::copy(gateway().join("wrangler.toml"), folder.path().join("wrangler.toml")).unwrap();
    let output = run(folder.path(), &["check"]);
    assert_eq!(output.status.code(), Some(0));
    let said = text(&output.stdout);
    assert!(
        said.starts_with("warning: no route allows the caller `spare` anything\n --> gateway.toml:1:10\n"),
        "{said}"
    );
    assert_eq!(run(folder.path(), &["check", "--strict"]).status.code(), Some(1));
}

#[test]
fn explain_tells_how_a_request_goes_up() {
    for (arguments, route, rule, upstream, reads) in [
        (
            &["GET", "/stripe/charges?limit=3", "--caller", "checkout"][..],
            "stripe",
            "GET /charges/**",
            "https://api.stripe.com/v1/charges?limit=3",
            &["CHECKOUT_TOKEN", "STRIPE_KEY"][..],
        ),
        (
            &["GET", "/balance", "--host", "stripe.gw.example.com", "--caller", "ci", "--env", "staging"],
            "stripe",
            "GET /balance",
            "https://api.stripe.com/v2/balance",
            &["STRIPE_KEY"],
        ),
        (
            &["GET", "https://stripe.gw.example.com/health"],
            "stripe",
            "GET /health",
            "https://api.stripe.com/v1/health",
            &["STRIPE_KEY"],
        ),
        (
            &["GET", "/maps/x?key=mine&a=1", "--caller", "ci"],
            "maps",
            "GET /**",
            "https://maps.example.com/x?a=1&key=<MAPS_KEY>",
            &["MAPS_KEY"],
        ),
        (
            &["PUT", "/aws/x", "--caller", "checkout"],
            "aws",
            "* /**",
            "https://aws.example.com/x",
            &["CHECKOUT_TOKEN", "AWS_PAIR"],
        ),
    ] {
        let (told, code) = explained(arguments);
        assert_eq!((code, &told["decision"]), (Some(0), &json!("forwarded")), "{arguments:?} {told}");
        assert_eq!((&told["route"], &told["rule"]), (&json!(route), &json!(rule)), "{arguments:?}");
        assert_eq!(told["upstream"]["url"], upstream, "{arguments:?}");
        assert_eq!(told["reads"], json!(reads), "{arguments:?}");
    }
}

#[test]
fn explain_tells_which_refusal_and_why() {
    for (arguments, code, because) in [
        (&["GET", "/stripe/charges"][..], "caller_unauthenticated", "The log would have token_absent."),
        (
            &["GET", "/stripe/charges", "--caller", "ops"],
            "caller_unauthenticated",
            "The route knows checkout, ci.",
        ),
        (
            &["GET", "/stripe/charges", "--caller", "ci"],
            "not_allowed",
            "The caller's rules are `GET /balance`.",
        ),
        (
            &["GET", "/stripe/charges", "--header", "Authorization: Bearer x"],
            "caller_unauthenticated",
            "The log would have token_unknown.",
        ),
        (
            &["POST", "/stripe/charges", "--caller", "checkout", "--header", "x-amz-copy-source: private/x"],
            "not_allowed",
            "A header names a second resource, which no rule admits.",
        ),
        (&["GET", "/strip"], "no_route", "No route is mounted here."),
        (&["TRACE", "/stripe"], "method_not_allowed", "The gateway does not know this method."),
        (&["GET", "/stripe/../x"], "path_ambiguous", "The path can be read in more than one way."),
        (
            &["GET", "/stripe", "--host", "a/b"],
            "invalid_host",
            "The Host header and the URL do not name the same valid host.",
        ),
        (
            &["GET", "/stripe/health", "--header", "CDN-Loop: ostiary-49960de5880e8c68"],
            "loop_detected",
            "The request has been through this gateway before.",
        ),
    ] {
        let (told, status) = explained(arguments);
        assert_eq!((status, &told["code"]), (Some(1), &json!(code)), "{arguments:?} {told}");
        let reasons = told["because"].as_array().unwrap();
        assert!(reasons.contains(&json!(because)), "{arguments:?} {reasons:?}");
        assert_eq!(told.get("upstream"), None, "{arguments:?}");
    }
}

#[test]
fn explain_knows_the_token_of_a_caller_that_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let own = gateway();
    let text = fs::read_to_string(own.join("gateway.toml")).unwrap();
    let named = text.replace("bearer = \"${checkout}\"", "bearer = \"${checkout}\"\nnamed = true");
    fs::write(folder.path().join("gateway.toml"), named).unwrap();
    fs::copy(own.join("wrangler.toml"), folder.path().join("wrangler.toml")).unwrap();
    for (method, code) in [("POST", 0), ("DELETE", 1)] {
        let output =
            run(folder.path(), &["explain", "--json", method, "/stripe/charges", "--caller", "checkout"]);
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((output.status.code(), &told["caller"]), (Some(code), &json!("checkout")), "{told}");
        let is_read = told["reads"].to_string().contains("CHECKOUT_TOKEN");
        assert!(is_read && !told["reads"].to_string().contains("OPS_TOKEN"), "{told}");
    }
}

#[test]
fn explain_tells_which_rule_a_request_nearly_fits() {
    for (method, path, because) in [
        ("GET", "//balance", "The path has an empty segment (`//`). Without it `GET /balance` would admit"),
        ("GET", "/balance/", "The path ends with a slash. Without it `GET /balance` would admit"),
        (
            "GET",
            "/stripe/balance",
            "The path repeats what the mount, the upstream's base path or the path itself",
        ),
        ("GET", "/balance/balance", "The path repeats"),
        ("POST", "/balance", "`GET /balance` admits the path, with other methods."),
        ("GET", "/balance?_method=PUT", "The query names another method. It needs a rule too, and POST."),
    ] {
        let (told, _) = explained(&[method, &format!("/stripe{path}"), "--caller", "ci"]);
        assert_eq!(told["code"], "not_allowed", "{path}");
        let reasons = told["because"].as_array().unwrap();
        let last = reasons.last().and_then(Value::as_str).unwrap();
        assert!(last.starts_with(because), "{path} {last}");
    }
    let (told, _) = explained(&["GET", "/stripe/elsewhere", "--caller", "ci"]);
    assert_eq!(told["because"].as_array().unwrap().len(), 2, "{told}");
}

#[test]
fn explain_can_expect_a_decision_so_that_no_mistake_passes_for_a_refusal() {
    let charges = ["explain", "POST", "/stripe/charges"];
    for (request, expected, code) in [
        (&["--caller", "ci"][..], "not_allowed", 0),
        (&["--caller", "ci"], "refused", 0),
        (&["--caller", "ci"], "forwarded", 1),
        (&["--caller", "ci"], "no_route", 1),
        (&["--caller", "checkout"], "forwarded", 0),
        (&["--caller", "checkout"], "not_allowed", 1),
        (&["--caller", "checkout"], "refused", 1),
        (&["--caller", "nobody"], "not_allowed", 2),
        (&["--caller", "ci"], "not_alowed", 2),
    ] {
        let output = run(&gateway(), &[&charges, request, &["--expect", expected]].concat());
        assert_eq!(output.status.code(), Some(code), "{request:?} {expected} {output:?}");
        let told = text(&output.stderr);
        assert_eq!(told.contains(&format!("The decision is not `{expected}`.")), code == 1, "{told}");
        let json = run(&gateway(), &[&charges, request, &["--json", "--expect", expected]].concat());
        assert_eq!(json.status.code(), Some(code));
    }
    let mistyped = ["explain", "POST", "/strip/charges", "--caller", "ci", "--expect", "not_allowed"];
    assert_eq!(run(&gateway(), &mistyped).status.code(), Some(1), "it is refused, but as no_route");
    let broken = tempfile::tempdir().unwrap();
    fs::write(broken.path().join("gateway.toml"), "version = 2\n").unwrap();
    fs::copy(gateway().join("wrangler.toml"), broken.path().join("wrangler.toml")).unwrap();
    let output = run(broken.path(), &["explain", "GET", "/", "--expect", "not_allowed"]);
    assert_ne!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn explain_names_the_limits_of_a_token() {
    let folder = tempfile::tempdir().unwrap();
    let own = gateway();
    let with_class = fs::read_to_string(own.join("gateway.toml"))
        .unwrap()
        .replace("allow    = { anyone", "allow    = { agents = [\"GET /**\"], anyone")
        + "\n[callers.agents]\nissued = { keys = [\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"] }\n";
    fs::write(folder.path().join("gateway.toml"), with_class).unwrap();
    fs::copy(own.join("wrangler.toml"), folder.path().join("wrangler.toml")).unwrap();
    let claims = |limits: Value| {
        let mut claims = json!({ "sub": "agents/crawler" });
        claims.as_object_mut().unwrap().extend(limits.as_object().unwrap().clone());
        fs::write(folder.path().join("claims.json"), claims.to_string()).unwrap();
        let arguments = ["explain", "--json", "GET", "/stripe/charges", "--claims", "claims.json"];
        let output = run(folder.path(), &arguments);
        serde_json::from_slice::<Value>(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
    };
    assert_eq!(claims(json!({}))["decision"], "forwarded");
    for (limits, because) in [
        (json!({ "rules": ["GET /balance", "GET /x"] }), "The token is limited to `GET /balance`, `GET /x`."),
        (json!({ "routes": ["maps"] }), "The token is limited to the routes maps."),
        (
            json!({ "routes": ["maps"], "rules": ["GET /balance"] }),
            "The token is limited to the routes maps, and to `GET /balance`.",
        ),
    ] {
        let told = claims(limits);
        assert_eq!((&told["code"], &told["mismatch"]), (&json!("not_allowed"), &json!("token")), "{told}");
        let reasons = told["because"].as_array().unwrap();
        assert!(reasons.contains(&json!(because)), "{told}");
        assert!(!told.to_string().contains("No rule admits"), "a rule of the caller does: {told}");
    }
    let (told, _) = explained(&["POST", "/stripe/balance", "--caller", "ci"]);
    assert_eq!(told["mismatch"], "method", "{told}");
}

#[test]
fn explain_is_readable_too() {
    let output = run(&gateway(), &["explain", "GET", "/stripe/charges", "--caller", "checkout"]);
    assert_eq!(
        text(&output.stdout),
        "decision  forwarded\n\
         route     stripe\n\
         caller    checkout\n\
         rule      GET /charges/**\n\
         auth      Authorization: Bearer ${stripe}\n\
         secret    stripe: STRIPE_KEY, then STRIPE_KEY_PREVIOUS\n\
         reads     CHECKOUT_TOKEN, STRIPE_KEY\n\
         upstream  GET https://api.stripe.com/v1/charges\n\
         removed   authorization, host\n"
    );
}

#[test]
fn a_wrong_command_line_is_told_apart_from_a_refusal() {
    for arguments in [
        &["GET", "/stripe", "--caller", "nobody"][..],
        &["GET", "/stripe", "--env", "nowhere"],
        &["GET", "stripe"],
        &["GET", "/stripe", "--header", "no header"],
        &["GET"],
    ] {
        let output = run(&gateway(), &[&["explain"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}

/// A gateway whose `health` returns this digest, for one request.
fn deployed(digest: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/ops/", listener.local_addr().unwrap());
    let body = json!({ "version": "0.1.0", "configuration": digest }).to_string();
    thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let mut head = [0; 2_048];
        let length = connection.read(&mut head).unwrap();
        assert!(head[..length].starts_with(b"GET /ops/health HTTP/1.1\r\n"));
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        connection.write_all(answer.as_bytes()).unwrap();
    });
    url
}

#[test]
fn explain_says_whether_it_speaks_of_what_is_deployed() {
    let request = ["GET", "/stripe/health", "--gateway"];
    let (told, _) = explained(&["GET", "/stripe/health"]);
    let digest = told["configuration"].as_str().unwrap();
    for (deployed_digest, same) in [(digest, true), ("another", false)] {
        let url = deployed(deployed_digest);
        let (told, code) = explained(&[&request[..], &[&url]].concat());
        assert_eq!(told["deployed"]["same"], same);
        assert_eq!(code, Some(i32::from(!same)), "{deployed_digest}");
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output =
        run(&gateway(), &["explain", "GET", "/stripe/health", "--gateway", &format!("http://{nobody}")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("does not tell what is deployed"), "{}", text(&output.stderr));
}

#[test]
fn output_that_nobody_reads_is_no_failure_to_tell_of() {
    for arguments in [["check", "--json"], ["completions", "bash"]] {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let ostiary = env!("CARGO_BIN_EXE_ostiary");
        let mut command = Command::new(ostiary);
        let output = command.args(arguments).current_dir(gateway()).stdout(writer).output().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(141), ""), "{arguments:?}");
    }
}

#[cfg(unix)]
#[test]
fn without_a_clone_the_log_is_read_by_no_program_that_happens_to_be_there() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let canary = folder.path().join("canary");
    let npx = folder.path().join("npx");
    fs::write(&npx, format!("#!/bin/sh\n: > {}\n", canary.display())).unwrap();
    fs::set_permissions(&npx, fs::Permissions::from_mode(0o755)).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ostiary"))
        .arg("tail")
        .current_dir(folder.path())
        .env("OSTIARY_SOURCE", folder.path().join("nowhere"))
        .env("PATH", folder.path())
        .output()
        .unwrap();
    assert_eq!((output.status.code(), canary.exists()), (Some(2), false), "{output:?}");
    let told = text(&output.stderr);
    assert!(told.contains("OSTIARY_SOURCE") && told.contains("ostiary tail --from -"), "{told}");
}
