//! Fingerprints of texts. Equal texts have equal fingerprints; two different texts practically never do.

use super::escape::LONGEST_ESCAPE;

/// A text read as a number: its bytes are the digits, the base is secret, and the result is modulo 2⁶⁴ (Karp and Rabin,
/// 1987).
///
/// The fingerprint of any piece follows from those of two prefixes in two steps, whatever its length. So every
/// comparison takes the same time, and the time tells only whether a whole needle is present.
///
/// Some pairs of texts share a fingerprint in every base (they differ by a Thue–Morse sequence, in at least a thousand
/// places). A caller that knows a needle of that length can have such a text covered, and learns nothing from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Fingerprint(u64);

/// The base, and the inverses that undo multiplications by it.
#[derive(Clone, Copy, Default)]
pub(super) struct Base {
    base: u64,
    /// The powers of the base's inverse.
    inverses: [u64; LONGEST_ESCAPE],
}

/// The factor by which a fingerprint is multiplied when a number of bytes is appended.
#[derive(Clone, Copy)]
pub(super) struct Power(u64);

impl Base {
    /// Makes a base from a random number.
    pub(super) fn new(random: u64) -> Self {
        // Only odd numbers have an inverse. The number itself is its inverse in the lowest three bits, and each step
        // doubles the bits that are right (Newton's method).
        let base = random | 1;
        let closer = |inverse: u64, _| inverse.wrapping_mul(2_u64.wrapping_sub(base.wrapping_mul(inverse)));
        let inverse = (0..5).fold(base, closer);
        let mut inverses = [1_u64; LONGEST_ESCAPE];
        let mut last = 1_u64;
        for power in inverses.iter_mut().skip(1) {
            last = last.wrapping_mul(inverse);
            *power = last;
        }
        Self { base, inverses }
    }

    /// The fingerprint with one more byte at the end. A `byte` above 255 occurs in no text.
    #[inline]
    pub(super) const fn append(&self, fingerprint: Fingerprint, byte: u16) -> Fingerprint {
        Fingerprint(fingerprint.0.wrapping_mul(self.base).wrapping_add(byte as u64))
    }

    /// The fingerprint of the text that becomes `other` when the same `count` bytes are appended that make `after` of
    /// `before`. `count` is less than [`LONGEST_ESCAPE`].
    pub(super) fn meeting(
        &self,
        before: Fingerprint,
        after: Fingerprint,
        other: Fingerprint,
        count: usize,
    ) -> Fingerprint {
        let inverse = self.inverses.get(count).copied().unwrap_or_default();
        Fingerprint(other.0.wrapping_sub(after.0).wrapping_mul(inverse).wrapping_add(before.0))
    }

    /// The factor for `length` bytes.
    pub(super) const fn power(&self, mut length: usize) -> Power {
        let (mut result, mut square) = (1_u64, self.base);
        while length > 0 {
            if length & 1 == 1 {
                result = result.wrapping_mul(square);
            }
            square = square.wrapping_mul(square);
            length >>= 1;
        }
        Power(result)
    }
}

impl Fingerprint {
    /// The fingerprint of the empty text.
    pub(super) const NONE: Self = Self(0);

    /// The fingerprint of what follows this prefix in a text with the fingerprint `whole`. `power` is the factor for
    /// the length of what follows.
    pub(super) const fn to(self, whole: Self, power: Power) -> Self {
        Self(whole.0.wrapping_sub(self.0.wrapping_mul(power.0)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_piece_has_the_fingerprint_that_it_has_alone(
            random: u64,
            before in prop::collection::vec(any::<u8>(), 0..50),
            piece in prop::collection::vec(any::<u8>(), 0..50),
        ) {
            let base = Base::new(random);
            let of = |from, text: &[u8]| {
                text.iter().fold(from, |print, byte| base.append(print, u16::from(*byte)))
            };
            let beginning = of(Fingerprint::default(), &before);
            let whole = of(beginning, &piece);
            let alone = of(Fingerprint::default(), &piece);
            prop_assert_eq!(beginning.to(whole, base.power(piece.len())), alone);
        }

        #[test]
        fn what_comes_before_the_same_bytes_is_found_backwards(random: u64, one: Vec<u8>, other: Vec<u8>, same in prop::collection::vec(any::<u8>(), 0..18)) {
            let base = Base::new(random);
            let of = |from, text: &[u8]| text.iter().fold(from, |print, byte| base.append(print, u16::from(*byte)));
            let [one, other] = [one, other].map(|text| of(Fingerprint::NONE, &text));
            prop_assert_eq!(base.meeting(one, of(one, &same), of(other, &same), same.len()), other);
        }

        #[test]
        fn other_texts_have_others(random: u64, one in "[ab]{40}", other in "[ab]{40}") {
            let base = Base::new(random);
            let of = |text: &str| text.bytes().fold(Fingerprint::default(), |print, byte| base.append(print, u16::from(byte)));
            prop_assert_eq!(of(&one) == of(&other), one == other);
        }
    }
}
