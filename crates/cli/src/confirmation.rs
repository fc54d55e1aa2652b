//! A question to the user at the terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use crate::failure::Failure;
use crate::printable::Printable;
use crate::terminal::discard_input;

/// Whether a question can be asked and answered: standard error and standard input are terminals.
pub fn can_be_asked() -> bool {
    io::stderr().is_terminal() && io::stdin().is_terminal()
}

/// Checks that [`is_confirmed`] will not fail because of standard input.
///
/// # Errors
/// Only one of standard error and standard input is a terminal: somebody is there, and could not see or answer the
/// question.
pub fn check_answerable(instead: &str) -> Result<(), Failure> {
    let missing = match (io::stderr().is_terminal(), io::stdin().is_terminal()) {
        (true, false) => "input",
        (false, true) => "error",
        _ => return Ok(()),
    };
    Err(Failure::usage(format_args!(
        "no question can be asked: standard {missing} is not a terminal; {instead}"
    )))
}

/// Whether the user agrees. If neither standard error nor standard input is a terminal, no question is asked and the
/// result is `true`.
///
/// # Errors
/// The same as [`check_answerable`].
pub fn is_confirmed(question: &str, instead: &str) -> Result<bool, Failure> {
    check_answerable(instead)?;
    let mut terminal = io::stderr();
    if !terminal.is_terminal() {
        return Ok(true);
    }
    discard_input();
    write!(terminal, "{} [y/N] ", Printable(question))?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
