//! Checks the configurations of `examples/`, and the decisions that their READMEs show.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, and clippy knows only functions marked as tests"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// The folders with a gateway.toml. A Worker without the gateway has none.
fn examples() -> Vec<PathBuf> {
    let all = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")).unwrap();
    let folders = all.map(|entry| entry.unwrap().path()).filter(|path| path.join("gateway.toml").exists());
    folders.collect()
}

fn run(folder: &Path, arguments: &[String]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ostiary"));
    command.args(arguments).current_dir(folder).env_remove("OSTIARY_WRANGLER_CONFIG").output().unwrap()
}

/// The arguments of a command line whose only quotes are single ones around a whole argument.
fn arguments(line: &str) -> Vec<String> {
    line.split_whitespace().map(|word| word.trim_matches('\'').to_owned()).collect()
}

#[test]
fn every_example_passes_the_strict_check() {
    let examples = examples();
    assert!(examples.len() >= 3, "{examples:?}");
    for folder in examples {
        let output = run(&folder, &arguments("check --strict"));
        assert_eq!(output.status.code(), Some(0), "{}: {output:?}", folder.display());
    }
}

/// `git add .` in a copy must not add the local store, which has values in plain text.
#[test]
fn every_example_ignores_what_init_ignores() {
    let begun = tempfile::tempdir().unwrap();
    assert_eq!(run(begun.path(), &arguments("init --caller web")).status.code(), Some(0));
    let ignored = fs::read_to_string(begun.path().join(".gitignore")).unwrap();
    assert!(ignored.contains("/.wrangler\n") && ignored.contains(".dev.vars*\n"), "{ignored}");
    let all = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")).unwrap();
    let folders: Vec<_> =
        all.map(|entry| entry.unwrap().path()).filter(|path| path.join("wrangler.toml").exists()).collect();
    assert!(folders.len() > examples().len(), "a Worker without the gateway is among them");
    for folder in folders {
        let own = fs::read_to_string(folder.join(".gitignore")).unwrap_or_default();
        let missing: Vec<_> = ignored.lines().filter(|line| !own.lines().any(|own| own == *line)).collect();
        assert_eq!(missing, [""; 0], "{}", folder.display());
    }
}

#[test]
fn every_decision_in_a_readme_is_the_one_that_explain_makes() {
    for folder in examples() {
        let readme = fs::read_to_string(folder.join("README.md")).unwrap();
        let lines: Vec<&str> = readme.lines().collect();
        let mut decisions = 0;
        for (line, expected) in lines.iter().zip(lines.iter().skip(1)) {
            let Some(command) = line.strip_prefix("$ ostiary ") else { continue };
            let output = run(&folder, &arguments(command));
            let said = String::from_utf8(output.stdout).unwrap();
            assert_eq!(said.lines().next(), Some(*expected), "{}: {command}", folder.display());
            decisions += 1;
        }
        let is_refused = |line: &&str| line.starts_with("decision  refused");
        assert!(decisions >= 4 && lines.iter().any(is_refused), "{}", folder.display());
    }
}

/// The files of `examples/apis/`, each a part of a gateway.toml.
fn apis() -> Vec<PathBuf> {
    let all = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/apis")).unwrap();
    all.map(|entry| entry.unwrap().path()).collect()
}

/// The words between these marks, each once.
fn between<'t>(text: &'t str, before: &str, after: char) -> BTreeSet<&'t str> {
    text.split(before).skip(1).filter_map(|piece| piece.split_once(after)).map(|(word, _)| word).collect()
}

/// A folder with the file as gateway.toml, a caller, and all bindings.
fn folder(text: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let digest = "5b2b30c701401c36a05f95dd9d0ca10bd983edd71e51c670b108ed91dcdbf7f3";
    let gateway = format!("{text}\n[callers.app]\nbearer_sha256 = [\"{digest}\"]\n");
    let (secrets, _) = text.split_once("[routes.").unwrap();
    let row = |name: &str| {
        format!("[[secrets_store_secrets]]\nbinding = \"{name}\"\nstore_id = \"s\"\nsecret_name = \"s\"\n")
    };
    let sources = secrets.lines().filter(|line| line.contains(" = [")).flat_map(|line| line.split('"'));
    let sources = sources.filter(|word| {
        !word.is_empty()
            && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit())
    });
    let variables: String = between(text, "${var.", '}')
        .iter()
        .map(|name| format!("{name} = \"example\"\n"))
        .collect::<Vec<_>>()
        .concat();
    let rows: String = sources.map(row).collect();
    let wrangler = format!(
        "name = \"g\"\nmain = \"build/entry.js\"\ncompatibility_date = \"2026-11-17\"\n\n[vars]\n{variables}\n{rows}"
    );
    fs::write(folder.path().join("gateway.toml"), gateway).unwrap();
    fs::write(folder.path().join("wrangler.toml"), wrangler).unwrap();
    folder
}

#[test]
fn every_api_passes_the_check_and_admits_its_probe() {
    let files = apis();
    assert!(files.len() >= 40, "{}", files.len());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let folder = folder(&text);
        let output = run(folder.path(), &arguments("check"));
        assert_eq!(output.status.code(), Some(0), "{}: {output:?}", file.display());
        let name = file.file_stem().unwrap().to_str().unwrap();
        let Some((_, probe)) = text.split_once("# Probe: GET ") else { continue };
        let target = probe.lines().next().unwrap();
        let output = run(folder.path(), &arguments(&format!("explain GET /{name}{target} --caller app")));
        assert_eq!(output.status.code(), Some(0), "{name}: {output:?}");
    }
}

#[test]
fn every_api_has_its_row_in_the_documentation() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/apis.md")).unwrap();
    let linked: BTreeSet<String> = between(&page, "](../examples/apis/", ')')
        .iter()
        .filter(|name| !name.is_empty())
        .map(|name| (*name).to_owned())
        .collect();
    let files = apis().into_iter().map(|file| file.file_name().unwrap().to_str().unwrap().to_owned());
    assert_eq!(linked, files.collect());
}
