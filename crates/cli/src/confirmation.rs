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
/// Standard error is a terminal but standard input is not, so the question could not be answered.
pub fn check_answerable(instead: &str) -> Result<(), Failure> {
    if !io::stderr().is_terminal() || io::stdin().is_terminal() {
        return Ok(());
    }
    Err(Failure::usage(format_args!("no question can be asked: standard input is not a terminal; {instead}")))
}

/// Whether the user agrees. If standard error is not a terminal, no question is asked and the result is `true`.
///
/// # Errors
/// Standard error is a terminal but standard input is not, so the question could not be answered.
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
