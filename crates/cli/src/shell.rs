//! Commands that are printed for the user to paste into a shell.

use std::env;
use std::fmt;

/// The options by which a person has said which account, store, API and configuration are meant. Each command that is
/// shown is made from them, so that it means the same ones when it is pasted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GivenOptions(Vec<(&'static str, Option<String>)>);

impl GivenOptions {
    /// An option without a value.
    #[must_use]
    pub fn flag(mut self, name: &'static str, is_given: bool) -> Self {
        self.0.extend(is_given.then_some((name, None)));
        self
    }

    /// An option with its value, unless a variable of the environment says the same to the next command too.
    #[must_use]
    pub fn option(mut self, name: &'static str, value: Option<String>, variable: Option<&str>) -> Self {
        let is_in_environment =
            |value: &str| variable.and_then(env::var_os).is_some_and(|set| set.to_str() == Some(value));
        let value = value.filter(|value| !is_in_environment(value));
        self.0.extend(value.map(|value| (name, Some(value))));
        self
    }

    /// These and others.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// The only way to make a command. `words` are the subcommand and other constant words.
    pub fn command(&self, words: &str) -> ShellCommand {
        let command = ShellCommand(format!("ostiary {words}"));
        self.0.iter().fold(command, |command, (name, value)| match value {
            Some(value) => command.option(name, value),
            None => command.words(name),
        })
    }
}

/// An `ostiary` command. Every argument is quoted for a POSIX shell, and none can be read as an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellCommand(String);

impl ShellCommand {
    /// Adds constant words.
    #[must_use]
    pub fn words(mut self, words: &str) -> Self {
        self.0.push(' ');
        self.0.push_str(words);
        self
    }

    /// Adds an option with its value.
    #[must_use]
    pub fn option(self, name: &str, value: &str) -> Self {
        // A value that begins with a hyphen would be read as another option.
        let between = if value.starts_with('-') { '=' } else { ' ' };
        Self(format!("{} {name}{between}{}", self.0, quoted(value)))
    }

    /// Adds the last arguments, with `--` before them if one could be read as an option.
    #[must_use]
    pub fn operands(mut self, operands: &[&str]) -> Self {
        if operands.iter().any(|operand| operand.starts_with('-')) {
            self.0.push_str(" --");
        }
        for operand in operands {
            self.0.push(' ');
            self.0.push_str(&quoted(operand));
        }
        self
    }
}

impl fmt::Display for ShellCommand {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The text as one quoted word of a POSIX shell.
pub fn quoted(text: &str) -> String {
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:,@%+".contains(&byte);
    if !text.is_empty() && text.bytes().all(harmless) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn command(words: &str) -> ShellCommand {
        GivenOptions::default().command(words)
    }

    #[test]
    fn what_was_given_is_in_every_command_unless_the_environment_has_it() {
        let path = env::var("PATH").unwrap();
        let given = GivenOptions::default()
            .flag("--local", true)
            .flag("--yes", false)
            .option("--account-id", None, Some("CLOUDFLARE_ACCOUNT_ID"))
            .option("--wrangler", Some(path.clone()), Some("PATH"))
            .and(GivenOptions::default().option(
                "--config",
                Some("my files/gateway.toml".to_owned()),
                Some("PATH"),
            ));
        assert_eq!(
            given.command("secrets list").to_string(),
            "ostiary secrets list --local --config 'my files/gateway.toml'"
        );
        let unset = GivenOptions::default().option("--wrangler", Some(path.clone()), None);
        assert_eq!(unset.command("check").to_string(), format!("ostiary check --wrangler {}", quoted(&path)));
    }

    #[test]
    fn plain_words_stay_readable() {
        let command = command("secrets").option("--store", "023e1").words("update");
        let command = command.option("--scopes", "workers,dex").operands(&["stripe-key"]);
        assert_eq!(
            command.to_string(),
            "ostiary secrets --store 023e1 update --scopes workers,dex stripe-key"
        );
    }

    #[test]
    fn a_shell_reads_each_argument_as_it_was() {
        let odd = [
            "a b", "$(id)", "`id`", "it's", "\"", "a;b", "*", "~", "a\\b", "#x", "!1", "", "&", "=ls",
            "{a,b}",
        ];
        let command = command("x").operands(&odd).to_string();
        let script = command.replacen("ostiary x", "printf '%s\\n'", 1);
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), odd.map(|text| format!("{text}\n")).concat());
    }

    #[test]
    fn nothing_is_taken_for_an_option() {
        let command = command("secrets").option("--store", "--x").words("delete").operands(&["-f", "a"]);
        assert_eq!(command.to_string(), "ostiary secrets --store=--x delete -- -f a");
    }
}
