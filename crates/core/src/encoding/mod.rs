//! Encodes bytes as text, and decodes keys from text.

mod der;
pub mod private_key;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::configuration::{Encoding, KeyEncoding};
use crate::http::base64 as tolerant;

/// Decodes a key; `None` if the text is not in this encoding, or is empty.
#[must_use]
pub fn decode_key(encoding: KeyEncoding, text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let bytes = match encoding {
        KeyEncoding::Text => Some(Zeroizing::new(text.as_bytes().to_vec())),
        KeyEncoding::Hex => decode_hex(text).map(Zeroizing::new),
        KeyEncoding::Base64 => tolerant::decode(text),
    };
    bytes.filter(|bytes| !bytes.is_empty())
}

/// Encodes the bytes as text.
#[must_use]
pub fn encode(encoding: Encoding, bytes: &[u8]) -> String {
    match encoding {
        Encoding::Hex => hex(bytes),
        Encoding::Base64 => STANDARD.encode(bytes),
        Encoding::Base64Url => URL_SAFE_NO_PAD.encode(bytes),
    }
}

/// Lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let mut text = String::with_capacity(2 * bytes.len());
    text.extend(digits.filter_map(|digit| DIGITS.get(usize::from(digit))));
    text
}

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| Some((digit(*high)? << 4) | digit(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_bytes_that_its_text_stands_for() {
        for (encoding, text, expected) in [
            (KeyEncoding::Text, "a+b", Some(&b"a+b"[..])),
            (KeyEncoding::Hex, "00fF7a", Some(&[0, 255, 122])),
            (KeyEncoding::Hex, "00f", None),
            (KeyEncoding::Hex, "0g", None),
            (KeyEncoding::Hex, "é", None),
            (KeyEncoding::Hex, "", None),
            (KeyEncoding::Base64, "+/8=", Some(&[251, 255])),
            (KeyEncoding::Base64, "-_8", Some(&[251, 255])),
            (KeyEncoding::Base64, "+_8=", None),
            (KeyEncoding::Base64, "a", None),
            (KeyEncoding::Base64, "", None),
        ] {
            let key = decode_key(encoding, text);
            assert_eq!(key.as_deref().map(Vec::as_slice), expected, "{encoding:?} {text}");
        }
    }

    #[test]
    fn bytes_are_written_in_each_encoding() {
        let bytes = [0, 251, 255];
        assert_eq!(encode(Encoding::Hex, &bytes), "00fbff");
        assert_eq!(encode(Encoding::Base64, &bytes), "APv/");
        assert_eq!(encode(Encoding::Base64Url, &bytes[1..]), "-_8");
    }

    proptest::proptest! {
        #[test]
        fn hexadecimal_digits_stand_for_the_bytes_they_were_made_of(bytes: Vec<u8>) {
            proptest::prop_assert_eq!(decode_hex(&hex(&bytes)), Some(bytes));
        }
    }
}
