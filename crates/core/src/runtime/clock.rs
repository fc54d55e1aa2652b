//! Times.

/// Whole milliseconds. Clocks of a Worker stand still while it computes, and none runs backwards.
#[must_use]
pub fn elapsed(from: f64, to: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, which is what is meant"
    )]
    let milliseconds = (to - from) as u32;
    milliseconds
}
