//! The commands that undo what a rotation has written, for the user to paste.

use std::fmt::Write as _;

use ostiary_secrets_store::{Scope, Secret};

use super::target::Target;
use crate::configuration::Binding;
use crate::printable::Printable;
use crate::scopes::with_scopes;
use crate::shell::{GivenOptions, ShellCommand};

/// The line that deletes what was written; empty if nothing was.
pub fn deletions<'b>(written: impl Iterator<Item = &'b Binding>, given: &GivenOptions) -> String {
    joined(written.map(|binding| deletion(binding, given).to_string()))
}

/// The lines that put a copy of a working source in the place of another one. No command can read a value; the store
/// can copy it. `stored` are the stores' secrets before the first write.
pub fn put_back(
    working: usize,
    source: usize,
    target: &Target,
    given: &GivenOptions,
    stored: &[Secret],
) -> String {
    let mut text = String::new();
    let sources = |source| target.secrets.iter().filter_map(move |secret| secret.sources.get(source));
    let (apart, together): (Vec<_>, Vec<_>) =
        sources(working).zip(sources(source)).partition(|(from, to)| from.store != to.store);
    for (_, to) in apart {
        // Writing to a `String` cannot fail.
        let _ = write!(
            text,
            "\n  # `{}` is in another store, and values cannot be copied between stores: type the old value",
            to.secret
        );
    }
    let restored = together.into_iter().flat_map(|(from, to)| {
        let before =
            stored.iter().find(|secret| secret.store_id == to.store && secret.name == to.secret.as_str());
        let duplicate = described(on_store_of(to, given).words("duplicate"), before);
        let duplicate = duplicate.operands(&[from.secret.as_str(), to.secret.as_str()]);
        [deletion(to, given).to_string(), duplicate.to_string()]
    });
    text.push_str(&joined(restored));
    text
}

/// Adds the scopes and the comment that the secret had, where they are not the usual ones.
fn described(command: ShellCommand, before: Option<&Secret>) -> ShellCommand {
    let Some(Secret { scopes, comment, .. }) = before else { return command };
    let is_usual = scopes.is_empty() || *scopes == [Scope::Workers];
    let command = if is_usual { command } else { with_scopes(command, scopes) };
    // A comment that a terminal would not show as it is cannot be pasted.
    let is_shown = |comment: &&str| !comment.is_empty() && Printable(comment).to_string() == **comment;
    match comment.as_deref().filter(is_shown) {
        Some(comment) => command.option("--comment", comment),
        None => command,
    }
}

/// The commands as one line: the question of the first would read a second line as its answer.
fn joined(commands: impl Iterator<Item = String>) -> String {
    let commands = commands.collect::<Vec<_>>().join(" && ");
    if commands.is_empty() { commands } else { format!("\n  {commands}") }
}

/// The configuration binds what a rotation has written, so the command says that this is meant.
fn deletion(binding: &Binding, given: &GivenOptions) -> ShellCommand {
    on_store_of(binding, given).words("delete --delete-bound").operands(&[binding.secret.as_str()])
}

fn on_store_of(binding: &Binding, given: &GivenOptions) -> ShellCommand {
    given.command("secrets").option("--store", binding.store.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_the_scopes_and_the_comment_of_what_it_replaces() {
        let secret = |scopes: &str, comment: &str| {
            let text = format!(
                r#"{{"id":"1","name":"n","store_id":"s","status":"active","created":"","modified":"","scopes":{scopes},"comment":{comment}}}"#
            );
            serde_json::from_str::<Secret>(&text).unwrap()
        };
        let command = || GivenOptions::default().command("secrets duplicate");
        for (scopes, comment, expected) in [
            (r#"["workers"]"#, "null", "ostiary secrets duplicate"),
            ("[]", r#""""#, "ostiary secrets duplicate"),
            ("[]", r#""\u001b[2J""#, "ostiary secrets duplicate"),
            (
                r#"["workers","ai_gateway"]"#,
                r#""of the shop""#,
                "ostiary secrets duplicate --scopes workers,ai_gateway --comment 'of the shop'",
            ),
            (
                r#"["workers","quantum"]"#,
                "null",
                "ostiary secrets duplicate --scopes workers --other-scopes quantum",
            ),
        ] {
            assert_eq!(described(command(), Some(&secret(scopes, comment))).to_string(), expected);
        }
        assert_eq!(described(command(), None), command());
    }
}
