//! Base64 (RFC 4648) as clients write it: with either alphabet, with padding or without.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

const TOLERANT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, TOLERANT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, TOLERANT);

/// The decoded bytes, which may hold a token; `None` if the text is not Base64.
#[must_use]
pub fn decode(text: impl AsRef<[u8]>) -> Option<Zeroizing<Vec<u8>>> {
    let text = text.as_ref();
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok().map(Zeroizing::new)
}

/// Whether the byte is a digit of either alphabet.
#[must_use]
pub const fn is_digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// The digit of the standard alphabet (RFC 4648 §4) with the same value.
#[must_use]
pub const fn standard(digit: u8) -> u8 {
    match digit {
        b'-' => b'+',
        b'_' => b'/',
        digit => digit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_both_alphabets_padded_or_not() {
        for (text, decoded) in [
            ("YT86fg==", Some(&b"a?:~"[..])),
            ("YT86fg", Some(b"a?:~")),
            ("Pz8/Pj4+", Some(b"???>>>")),
            ("Pz8_Pj4-", Some(b"???>>>")),
            ("YR==", Some(b"a")),
            ("", Some(b"")),
            ("Y", None),
            ("Pz8/Pj4-", None),
            ("a b=", None),
        ] {
            assert_eq!(decode(text).as_deref().map(Vec::as_slice), decoded, "{text}");
        }
    }
}
