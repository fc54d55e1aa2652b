//! Waiting for what takes its time, and not for ever.

use std::fmt;
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// Between two looks at something that is waited for.
const PAUSE: Duration = Duration::from_millis(500);
/// How often something is asked that fails, or does not say whether a credential is any good.
const TRIES: u32 = 3;

/// A deadline.
pub struct Patience(Instant);

/// A few tries.
#[derive(Default)]
pub struct Tries(u32);

impl Patience {
    /// From now on.
    pub fn new(duration: Duration) -> Self {
        Self(Instant::now() + duration)
    }

    /// Waits a moment for what is missing.
    ///
    /// # Errors
    /// Where the deadline has passed.
    pub fn wait(&self, missing: impl fmt::Display) -> Result<(), Failure> {
        if Instant::now() >= self.0 {
            return Err(Failure::failed(format_args!("{missing} (--wait makes it wait longer)")));
        }
        thread::sleep(PAUSE);
        Ok(())
    }
}

impl Tries {
    /// Waits a moment and says yes, unless this was the last try.
    pub fn again(&mut self) -> bool {
        self.0 = self.0.saturating_add(1);
        let is_left = self.0 < TRIES;
        if is_left {
            thread::sleep(PAUSE);
        }
        is_left
    }
}
