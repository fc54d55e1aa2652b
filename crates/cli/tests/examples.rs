//! The configurations of `examples/`: they pass the check, and their READMEs say what the gateway decides.
#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, and clippy knows only functions marked as tests"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

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
