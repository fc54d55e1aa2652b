//! The user's terminal.

/// Discards what was typed before a question. When several commands are pasted at once, the next one would otherwise be
/// read as the answer.
#[cfg(unix)]
pub fn discard_input() {
    // Where it fails, the question reads what is there, as it would without this.
    let _ = rustix::termios::tcflush(std::io::stdin(), rustix::termios::QueueSelector::IFlush);
}

/// Only Unix has lines that are typed ahead.
#[cfg(not(unix))]
pub const fn discard_input() {}
