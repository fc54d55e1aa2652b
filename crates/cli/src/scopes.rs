//! The options for scopes.

use clap::Args;
use ostiary_secrets_store::Scope;

use crate::shell::ShellCommand;

/// The option for scopes that this version does not know. It is a separate one, because a misspelt scope is more likely
/// than a new one.
#[derive(Args)]
pub struct OtherScopes {
    /// Further scopes, with names that this version does not know, separated by commas.
    #[arg(long = "other-scopes", value_delimiter = ',', value_name = "SCOPES", value_parser = other_scope)]
    others: Vec<Scope>,
}

impl OtherScopes {
    /// These scopes, and the other ones.
    pub fn added_to(self, mut scopes: Vec<Scope>) -> Vec<Scope> {
        scopes.extend(self.others);
        scopes
    }

    /// Whether the list has no scope.
    pub fn is_empty(&self) -> bool {
        self.others.is_empty()
    }
}

/// Adds the options for these scopes to a command that is shown.
pub fn with_scopes(command: ShellCommand, scopes: &[Scope]) -> ShellCommand {
    let (known, others): (Vec<&Scope>, Vec<&Scope>) =
        scopes.iter().partition(|scope| Scope::KNOWN.contains(scope));
    let others: Vec<&Scope> = others.into_iter().filter(|scope| is_scope(scope.as_str())).collect();
    let names = |scopes: &[&Scope]| scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(",");
    let options = [("--scopes", names(&known)), ("--other-scopes", names(&others))];
    let options = options.into_iter().filter(|(_, names)| !names.is_empty());
    options.fold(command, |command, (option, names)| command.option(option, &names))
}

fn other_scope(text: &str) -> Result<Scope, &'static str> {
    let scope = Scope::Other(text.to_owned());
    if is_scope(text) { Ok(scope) } else { Err("a scope has lower-case letters, digits and `_`") }
}

fn is_scope(text: &str) -> bool {
    let is_known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    !text.is_empty() && text.bytes().all(is_known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::GivenOptions;

    #[test]
    fn scopes_that_are_not_known_have_an_option_of_their_own() {
        let other = |name: &str| Scope::Other(name.to_owned());
        let command = || GivenOptions::default().command("secrets update");
        for (scopes, expected) in [
            (vec![Scope::Workers, Scope::Dex], " --scopes workers,dex"),
            (vec![Scope::Workers, other("quantum_2")], " --scopes workers --other-scopes quantum_2"),
            (vec![other("a"), other("b")], " --other-scopes a,b"),
            (vec![other("a b"), other("\u{1b}")], ""),
        ] {
            let told = with_scopes(command(), &scopes).to_string();
            assert_eq!(told, format!("ostiary secrets update{expected}"));
        }
        assert_eq!(other_scope("quantum_2"), Ok(other("quantum_2")));
        assert!(["", "A", "a b", "a-b"].iter().all(|text| other_scope(text).is_err()));
    }
}
