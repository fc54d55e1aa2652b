//! The clock of a runtime, and durations.

/// The clock.
pub trait Clock {
    /// Milliseconds since 1970-01-01T00:00:00Z: signatures and the expiry of tokens are compared with it.
    fn now(&self) -> f64;

    /// Waits for this time.
    async fn sleep(&self, milliseconds: u32);
}

/// A time without its fraction, in the same unit.
#[must_use]
pub const fn whole(time: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, and no clock shows such a time"
    )]
    let whole = time as u64;
    whole
}

/// The whole milliseconds between two times. A Worker's clock does not advance while it computes.
#[must_use]
pub fn elapsed(from: f64, to: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, which is intended"
    )]
    let milliseconds = (to - from) as u32;
    milliseconds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_whole_milliseconds_and_is_not_negative() {
        assert_eq!(elapsed(1_700_000_000_000.0, 1_700_000_000_250.9), 250);
        assert_eq!((elapsed(5.0, 5.0), elapsed(5.0, 3.0)), (0, 0));
    }
}
