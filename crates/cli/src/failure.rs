//! The failures of commands, and their exit codes.

use std::error;
use std::fmt;
use std::io;
use std::process::ExitCode;

/// A failure, which ends a command with an exit code other than 0.
#[derive(Debug)]
pub enum Failure {
    /// The command has found faults and printed them.
    Found,
    /// The operation failed; the text has the reason and what to do.
    Failed(String),
    /// The command line is wrong; the text has what to write instead.
    Usage(String),
    /// Standard output is closed, as when `head` has read enough.
    Unread,
}

impl Failure {
    /// The operation failed for this reason.
    pub fn failed(reason: impl fmt::Display) -> Self {
        Self::Failed(reason.to_string())
    }

    /// The command line is wrong, for this reason.
    pub fn usage(reason: impl fmt::Display) -> Self {
        Self::Usage(reason.to_string())
    }

    /// 1 for a finding or a failure; 2 for a wrong command line, as in clap; 141 for output that is not read, which is
    /// the code of a program that `SIGPIPE` has ended.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Found | Self::Failed(_) => ExitCode::from(1),
            Self::Usage(_) => ExitCode::from(2),
            Self::Unread => ExitCode::from(141),
        }
    }

    /// The message; `None` where everything has been printed already.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Found | Self::Unread => None,
            Self::Failed(message) | Self::Usage(message) => Some(message),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.message().unwrap_or_default())
    }
}

impl error::Error for Failure {}

impl From<io::Error> for Failure {
    /// Converts an error of standard output. An error of a file is reported with its path.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Unread,
            _ => Self::failed(format_args!("cannot write: {error}")),
        }
    }
}
