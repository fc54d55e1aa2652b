//! The id of a request.

use serde::Serialize;

/// 128 random bits in 32 lower-case hexadecimal digits. A response and its log event share it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestId(String);

impl RequestId {
    /// Makes an id from random bits.
    #[must_use]
    pub fn new(bits: u128) -> Self {
        Self(format!("{bits:032x}"))
    }

    /// A random number below `end`. Each of the first eight draws uses other bits.
    #[must_use]
    pub fn chance(&self, draw: u32, end: u32) -> u32 {
        let piece = self.bits().rotate_right(draw.wrapping_mul(16)) & 0xffff;
        u32::try_from((piece * u128::from(end)) >> 16).unwrap_or_default()
    }

    /// The bits.
    #[must_use]
    pub fn bits(&self) -> u128 {
        u128::from_str_radix(&self.0, 16).unwrap_or_default()
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_below_its_end_and_other_for_each_draw() {
        let id = RequestId::new(0x0000_ffff_8000_0001_0000_ffff_8000_0001);
        let draws: Vec<_> = (0..4).map(|draw| id.chance(draw, 100)).collect();
        assert_eq!(draws, [0, 50, 99, 0]);
        assert_eq!(id.chance(2, 0), 0);
    }
}
