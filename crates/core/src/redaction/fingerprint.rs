//! Fingerprints of texts: equal for equal texts, and for others as rarely as a memory errs.

/// 2⁶¹ − 1, a prime: the fingerprints are its field.
const PRIME: u64 = (1 << 61) - 1;

/// A text as a number in base `base`, modulo [`PRIME`] (Karp and Rabin, 1987).
///
/// From the fingerprints of a text's beginnings that of any piece follows in a few steps, however long it is: so no text
/// costs more to compare than another, and the time tells only whether a whole needle is there. The base is secret, so
/// nobody can make texts that share a fingerprint; two of a length of 2¹⁶ share one in 2⁴⁵ bases.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Fingerprint(u64);

/// The base, and what undoes a multiplication by it.
#[derive(Clone, Copy)]
pub(super) struct Base {
    base: u64,
    inverse: u64,
}

impl Base {
    /// From a random number.
    pub(super) fn new(random: u64) -> Self {
        // Neither 0 nor 1, nor as small as a byte.
        let base = random % (PRIME - 512) + 512;
        // Fermat: a to the power of p − 2 undoes a.
        Self { base, inverse: power(base, PRIME - 2) }
    }

    /// With one more byte at the end; a `byte` above 255 is none that a text has.
    pub(super) fn append(self, fingerprint: Fingerprint, byte: u16) -> Fingerprint {
        Fingerprint(add(multiply(fingerprint.0, self.base), u64::from(byte)))
    }

    /// Without the last byte, which is this one.
    pub(super) fn without(self, fingerprint: Fingerprint, byte: u8) -> Fingerprint {
        Fingerprint(multiply(subtract(fingerprint.0, u64::from(byte)), self.inverse))
    }

    /// What a beginning of this many bytes less is multiplied by.
    pub(super) fn power(self, length: usize) -> u64 {
        power(self.base, length as u64)
    }
}

impl Fingerprint {
    /// Of what follows this beginning in a text whose fingerprint is `whole`. `power` is that of what follows.
    pub(super) fn to(self, whole: Self, power: u64) -> Self {
        Self(subtract(whole.0, multiply(self.0, power)))
    }
}

fn power(base: u64, mut exponent: u64) -> u64 {
    let (mut result, mut square) = (1, base);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = multiply(result, square);
        }
        square = multiply(square, square);
        exponent >>= 1;
    }
    result
}

/// Both are below 2⁶¹. In halves, since WebAssembly has no product of 128 bits.
const fn multiply(left: u64, right: u64) -> u64 {
    const HALF: u64 = (1 << 31) - 1;
    let (left_high, left_low) = (left >> 31, left & HALF);
    let (right_high, right_low) = (right >> 31, right & HALF);
    let middle = left_low * right_high + left_high * right_low;
    // 2⁶² is 2 here, so the product of the high halves counts twice.
    let high = 2 * left_high * right_high + (middle >> 30);
    reduce(high + ((middle & ((1 << 30) - 1)) << 31) + left_low * right_low)
}

const fn add(left: u64, right: u64) -> u64 {
    reduce(left + right)
}

const fn subtract(left: u64, right: u64) -> u64 {
    reduce(left + PRIME - right)
}

const fn reduce(number: u64) -> u64 {
    let folded = (number & PRIME) + (number >> 61);
    if folded >= PRIME { folded - PRIME } else { folded }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_field_of_the_prime(left in 0..PRIME, right in 0..PRIME) {
            let expected = u128::from(left) * u128::from(right) % u128::from(PRIME);
            prop_assert_eq!(u128::from(multiply(left, right)), expected);
            prop_assert_eq!(subtract(add(left, right), right), left);
        }

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
            let back = piece.iter().rev().fold(whole, |print, byte| base.without(print, *byte));
            prop_assert_eq!(back, beginning);
        }
    }
}
