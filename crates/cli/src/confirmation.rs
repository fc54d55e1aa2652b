//! A question to the person at the terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use crate::failure::Failure;

/// Whether the person agrees. Where standard error is no terminal there is nobody to ask, and what was written on the
/// command line has to do.
///
/// # Errors
/// Where there is a person who cannot answer, since standard input is a file.
pub fn is_confirmed(question: &str, instead: &str) -> Result<bool, Failure> {
    let mut terminal = io::stderr();
    if !terminal.is_terminal() {
        return Ok(true);
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::usage(format_args!(
            "nobody can be asked: standard input is no terminal; {instead}"
        )));
    }
    write!(terminal, "{question} [y/N] ")?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
