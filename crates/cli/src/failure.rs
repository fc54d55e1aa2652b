//! Why a command did not end well, and what exit code says so.

use std::error;
use std::fmt;
use std::io;
use std::process::ExitCode;

/// Whatever ends a command with an exit code other than 0.
#[derive(Debug)]
pub enum Failure {
    /// The command looked for faults and has printed what it found.
    Found,
    /// It could not be done; this says why and what to do about it.
    Failed(String),
    /// The command line is wrong; this says what to write instead.
    Usage(String),
    /// Standard output is closed, as when `head` has read enough.
    Unread,
}

impl Failure {
    /// It could not be done, for this reason.
    pub fn failed(reason: impl fmt::Display) -> Self {
        Self::Failed(reason.to_string())
    }

    /// The command line is wrong, for this reason.
    pub fn usage(reason: impl fmt::Display) -> Self {
        Self::Usage(reason.to_string())
    }

    /// 1 for a finding and for what failed; 2, as clap has it too, for a wrong command line; 141 for output that is not
    /// read, which is what a shell says of a program that `SIGPIPE` has ended.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Found | Self::Failed(_) => ExitCode::from(1),
            Self::Usage(_) => ExitCode::from(2),
            Self::Unread => ExitCode::from(141),
        }
    }

    /// `None` where everything has been said already.
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
    /// For standard output; a file's error is reported with its path.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Unread,
            _ => Self::failed(format_args!("cannot write: {error}")),
        }
    }
}
