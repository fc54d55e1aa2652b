//! Durations.

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
