//! The few DER values (ITU-T X.690) that private keys consist of.

use zeroize::Zeroizing;

/// Bytes that may belong to a private key.
pub(super) type Der = Zeroizing<Vec<u8>>;

/// A value with this tag.
pub(super) fn tagged(tag: u8, content: &[u8]) -> Der {
    let length = content.len();
    let mut der = Zeroizing::new(Vec::with_capacity(length + 6));
    der.push(tag);
    if let Some(short) = u8::try_from(length).ok().filter(|short| *short < 0x80) {
        der.push(short);
    } else {
        let bytes = length.to_be_bytes();
        let significant =
            bytes.iter().position(|byte| *byte != 0).and_then(|at| bytes.get(at..)).unwrap_or_default();
        // A `usize` has eight bytes at most.
        der.push(0x80 | u8::try_from(significant.len()).unwrap_or_default());
        der.extend_from_slice(significant);
    }
    der.extend_from_slice(content);
    der
}

pub(super) fn octets(content: &[u8]) -> Der {
    tagged(4, content)
}

pub(super) fn sequence(values: &[&[u8]]) -> Der {
    tagged(0x30, &Zeroizing::new(values.concat()))
}

/// A non-negative integer from its big-endian bytes.
pub(super) fn integer(bytes: &[u8]) -> Der {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len().saturating_sub(1));
    let significant = bytes.get(start..).unwrap_or_default();
    // The first bit is the sign.
    let is_signed = significant.first().is_none_or(|byte| *byte >= 0x80);
    let sign: &[u8] = if is_signed { &[0] } else { &[] };
    tagged(2, &Zeroizing::new([sign, significant].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_numbers_are_written_as_x_690_has_them() {
        assert_eq!(*octets(&[7]), [4, 1, 7]);
        assert_eq!(octets(&[7; 127])[..2], [4, 127]);
        assert_eq!(octets(&[7; 128])[..3], [4, 0x81, 128]);
        assert_eq!(octets(&[7; 300])[..4], [4, 0x82, 1, 44]);
        for (bytes, expected) in [
            (&[0][..], &[2, 1, 0][..]),
            (&[0, 0, 127], &[2, 1, 127]),
            (&[128], &[2, 2, 0, 128]),
            (&[1, 0], &[2, 2, 1, 0]),
            (&[], &[2, 1, 0]),
        ] {
            assert_eq!(*integer(bytes), expected, "{bytes:?}");
        }
    }
}
