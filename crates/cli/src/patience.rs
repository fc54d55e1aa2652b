//! Waits and retries with a limit.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// The pause between two checks.
const PAUSE: Duration = Duration::from_millis(500);
/// How many times in a row something must be seen before it is believed. The responses may come from several instances
/// of the gateway, or of the upstream.
pub const PROOFS: u32 = 3;
/// The most attempts of a request that fails or has no clear result.
const TRIES: u32 = 3;

/// A deadline.
pub struct Patience(Instant);

/// A counter of attempts.
#[derive(Default)]
pub struct Tries(u32);

impl Patience {
    /// The deadline after this time from now.
    pub fn new(duration: Duration) -> Self {
        Self(Instant::now() + duration)
    }

    /// Waits for one pause; `missing` is the error message.
    ///
    /// # Errors
    /// Returns an error if the deadline has passed.
    pub fn wait(&self, missing: impl fmt::Display) -> Result<(), Failure> {
        if Instant::now() >= self.0 {
            return Err(Failure::failed(format_args!("{missing} (--wait makes it wait longer)")));
        }
        thread::sleep(PAUSE);
        Ok(())
    }
}

impl Tries {
    /// Waits for one pause and returns true, unless this was the last attempt.
    pub fn again(&mut self) -> bool {
        self.0 = self.0.saturating_add(1);
        let is_left = self.0 < TRIES;
        if is_left {
            thread::sleep(PAUSE);
        }
        is_left
    }
}
