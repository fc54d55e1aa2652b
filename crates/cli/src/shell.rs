//! Commands that are printed for the user to paste into a shell.

use std::fmt;

/// An `ostiary` command. Every argument is quoted for a POSIX shell, and none can be read as an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellCommand(String);

impl ShellCommand {
    /// `words` are the subcommand and other constant words.
    pub fn new(words: &str) -> Self {
        Self(format!("ostiary {words}"))
    }

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

    #[test]
    fn plain_words_stay_readable() {
        let command = ShellCommand::new("secrets").option("--store", "023e1").words("update");
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
        let command = ShellCommand::new("x").operands(&odd).to_string();
        let script = command.replacen("ostiary x", "printf '%s\\n'", 1);
        let output = Command::new("sh").args(["-c", &script]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), odd.map(|text| format!("{text}\n")).concat());
    }

    #[test]
    fn nothing_is_taken_for_an_option() {
        let command =
            ShellCommand::new("secrets").option("--store", "--x").words("delete").operands(&["-f", "a"]);
        assert_eq!(command.to_string(), "ostiary secrets --store=--x delete -- -f a");
    }
}
