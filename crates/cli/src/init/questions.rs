//! The questions of `ostiary init` on a terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use super::worker_name;
use crate::failure::Failure;
use crate::scaffold::{find_known_api, known_api_names};

/// Whether there is a user at a terminal.
pub fn can_be_asked() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for the APIs and the callers.
///
/// # Errors
/// An answer names an unknown API, or the terminal is closed.
pub fn ask() -> Result<(Vec<String>, Vec<String>), Failure> {
    let mut terminal = io::stderr();
    writeln!(terminal, "The known APIs are {}.", known_api_names().collect::<Vec<_>>().join(", "))?;
    let apis = names(&answer("Which APIs are behind the gateway? ")?);
    if let Some(unknown) = apis.iter().find(|name| find_known_api(name).is_none()) {
        return Err(Failure::usage(format_args!(
            "`{unknown}` is not a known API; `ostiary add --name NAME --upstream URL` adds any other"
        )));
    }
    let callers = names(&answer("Which callers use it? [web] ")?);
    Ok((apis, if callers.is_empty() { vec!["web".to_owned()] } else { callers }))
}

/// Asks for the name of the Worker.
///
/// # Errors
/// The answer is not a name, or the terminal is closed.
pub fn ask_name(folder: &str) -> Result<String, Failure> {
    let answer = answer(&format!("What is the name of the Worker in your account? [{folder}] "))?;
    let name = answer.trim();
    if name.is_empty() { Ok(folder.to_owned()) } else { worker_name::parse(name) }
}

fn answer(question: &str) -> Result<String, Failure> {
    let mut terminal = io::stderr();
    write!(terminal, "{question}")?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer)
}

fn names(answer: &str) -> Vec<String> {
    answer.split([',', ' ', '\n', '\r', '\t']).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_separated_by_commas_or_spaces() {
        assert_eq!(names("stripe, openai  github\n"), ["stripe", "openai", "github"]);
        assert!(names("\n").is_empty());
    }
}
