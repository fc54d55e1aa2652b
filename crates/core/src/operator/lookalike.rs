//! A random value that has the same form as another one.
//!
//! An API that refuses a key by its form has not looked it up, so its response tells nothing about the key. The value
//! keeps everything that an API may check first: the length, the prefix, the alphabet, the form of a UUID, the header
//! and the claims of a token. The rest is random.

use crate::secret_value::SecretValue;

/// The fewest random characters after a prefix that is kept.
const SHORTEST: usize = 16;

/// The length from which on the first four characters are kept if no separator ends a prefix: `AKIA`, `AIza`.
const LONG: usize = 24;

const ALL: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// A value like this text. `choose` returns a number below its argument.
pub(super) fn lookalike(text: &str, choose: &mut dyn FnMut(usize) -> usize) -> SecretValue {
    let text = text.trim();
    let (beginning, rest) = text.as_bytes().split_at_checked(kept(text.as_bytes())).unwrap_or_default();
    let fixed = fixed(rest);
    // The characters of the value itself are the alphabet: hexadecimal, Base32, Base58, Base64 or another.
    for alphabet in [rest, rest, rest, ALL] {
        let mut other = String::with_capacity(text.len());
        other.extend(beginning.iter().copied().map(char::from));
        for (at, byte) in rest.iter().enumerate() {
            other.push(if fixed.contains(&at) { char::from(*byte) } else { like(*byte, alphabet, choose) });
        }
        let other = SecretValue::new(other);
        if other.expose() != text {
            return other;
        }
    }
    // The text has no letter and no digit.
    letters(text.len().max(1), choose)
}

/// A text of `length` random letters.
pub(super) fn letters(length: usize, choose: &mut dyn FnMut(usize) -> usize) -> SecretValue {
    SecretValue::new((0..length).map(|_| like(b'a', ALL, choose)).collect())
}

/// The length of the prefix that tells the kind of a value: `sk_live_`, `ghp_`, `xoxb-12345-`; for a signed token,
/// everything but the signature. For other values, it is at most half of the length.
fn kept(text: &[u8]) -> usize {
    if text.starts_with(b"eyJ")
        && let [_, _, signature] = &text.split(|byte| *byte == b'.').collect::<Vec<_>>()[..]
        && signature.len() >= SHORTEST
    {
        return text.len() - signature.len();
    }
    let mut kept = 0;
    while let Some(rest) = text.get(kept..)
        && !is_uuid(rest)
        && let Some(length) = rest.iter().position(|byte| matches!(byte, b'_' | b'-' | b'.' | b':'))
        && rest.get(..length).is_some_and(is_word)
        && rest.len() > length + SHORTEST.max(text.len() / 2)
    {
        kept += length + 1;
    }
    if kept == 0 && text.len() >= LONG && text.is_ascii() && !is_uuid(text) { 4 } else { kept }
}

/// Whether this is too short, or has too few kinds of characters, to be the random part of a key.
fn is_word(text: &[u8]) -> bool {
    let are = |is: fn(&u8) -> bool| text.iter().all(is);
    match text.len() {
        1..=8 => {
            are(u8::is_ascii_alphanumeric)
                && (!text.iter().any(u8::is_ascii_uppercase) || !text.iter().any(u8::is_ascii_lowercase))
        }
        9..=16 => are(u8::is_ascii_digit),
        _ => false,
    }
}

/// The positions that do not change: the version and the variant of a UUID (RFC 9562 §4), and the last character of a
/// long value, because Base64 uses only some of its bits.
fn fixed(rest: &[u8]) -> [usize; 2] {
    if is_uuid(rest) {
        return [14, 19];
    }
    let last = rest.iter().rposition(u8::is_ascii_alphanumeric).filter(|_| rest.len() >= SHORTEST);
    [last.unwrap_or(usize::MAX); 2]
}

fn is_uuid(text: &[u8]) -> bool {
    let is_hyphen = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    let mut bytes = text.iter().enumerate();
    text.len() == 36
        && bytes.all(|(at, byte)| if is_hyphen(at) { *byte == b'-' } else { byte.is_ascii_hexdigit() })
}

/// A random character of the alphabet of the same kind: a letter of the same case, or a digit. All other ASCII
/// characters are kept, because they are separators.
fn like(byte: u8, alphabet: &[u8], choose: &mut dyn FnMut(usize) -> usize) -> char {
    let is_alike: fn(&u8) -> bool = match byte {
        b'a'..=b'z' => u8::is_ascii_lowercase,
        b'A'..=b'Z' => u8::is_ascii_uppercase,
        b'0'..=b'9' => u8::is_ascii_digit,
        b' '..=b'~' => return char::from(byte),
        _ => return 'x',
    };
    let alike = || alphabet.iter().copied().filter(&is_alike);
    char::from(alike().nth(choose(alike().count())).unwrap_or(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pseudo-random numbers for tests.
    fn numbers() -> impl FnMut(usize) -> usize {
        let mut state = 7_usize;
        move |below| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        }
    }

    fn unlike(text: &str) -> String {
        lookalike(text, &mut numbers()).expose().to_owned()
    }

    fn shape(text: &str) -> String {
        let class = |character: char| match character {
            'a'..='z' => 'a',
            'A'..='Z' => 'A',
            '0'..='9' => '0',
            other => other,
        };
        text.chars().map(class).collect()
    }

    #[test]
    fn what_a_provider_looks_at_first_stays_and_the_rest_does_not() {
        for (text, kept) in [
            ("sk_live_51HxYz0123456789abcdefghij", "sk_live_"),
            ("ghp_0123456789abcdefABCDEF0123456789abcd", "ghp_"),
            ("github_pat_11ABCDEFG0abcdefghijkl_0123456789abcdefABCDEF0123456789abcdef", "github_pat_"),
            ("xoxb-123456789012-1234567890123-abcdefABCDEF0123456789ab", "xoxb-123456789012-"),
            ("sk-ant-api03-aB_cD-eF0123456789aBcDeFgHiJkLmNoPqRsTuVwXyZ-AA", "sk-ant-api03-"),
            ("SG.aBcDeFgHiJkLmNoPqRsTuV.aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789aBcDeFg", "SG."),
            ("123456789:AAEhBOweik6ad9r_QXMENQjcrGbqCr4K-bc", "123456789:"),
            ("AIzaSyA0123456789abcdefghijklmnopqrstuv", "AIza"),
            ("AKIAIOSFODNN7EXAMPLEAKIA", "AKIA"),
            // A passphrase has no identifying prefix, or only a short one.
            ("correct-horse-battery-staple", "correct-"),
            ("a-short-one", ""),
        ] {
            let other = unlike(text);
            assert_eq!(shape(&other), shape(text), "{text} {other}");
            let common = text.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
            // The character after it may be the same by chance.
            assert!(other.starts_with(kept) && common <= kept.len() + 3, "{text} {other}");
        }
    }

    #[test]
    fn the_alphabet_is_that_of_the_value() {
        let hexadecimal = unlike("0123456789abcdef0123456789abcdef");
        assert!(hexadecimal.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{hexadecimal}");
        let base32 = unlike("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP");
        assert!(base32.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7')), "{base32}");
        for text in ["aGVsbG8gd29ybGQ+/2hlbGxvIHdvcmxkIQ==", "_-8aGVsbG8gd29ybGQhIHRoaXMgaXMgYSBr"] {
            let other = unlike(text);
            let decoded = crate::http::base64::decode(&other).unwrap();
            assert_ne!(decoded, crate::http::base64::decode(text).unwrap(), "{other}");
        }
    }

    #[test]
    fn a_uuid_stays_one_of_its_version() {
        let other = unlike("e8d6f0a1-4b2c-4f00-9c3d-0123456789ab");
        assert!(is_uuid(other.as_bytes()), "{other}");
        assert_eq!((other.get(14..15), other.get(19..20)), (Some("4"), Some("9")));
        assert!(!other.starts_with("e8d6f0a1"), "{other}");
        let prefixed = unlike("key_e8d6f0a1-4b2c-4f00-9c3d-0123456789ab");
        assert!(prefixed.starts_with("key_") && is_uuid(prefixed.as_bytes().get(4..).unwrap()), "{prefixed}");
        assert!(!prefixed.contains("e8d6f0a1"), "{prefixed}");
    }

    #[test]
    fn of_a_signed_token_the_signature_is_another_one() {
        let signed = "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.";
        let other = unlike(&format!("{signed}dBjftJeZ4CVPmB92K27uhbUJU1p1r_wW1gFWFOEjXk"));
        assert!(other.starts_with(signed) && !other.contains("dBjftJeZ4CVP"), "{other}");
    }

    #[test]
    fn it_is_another_value_whatever_there_is() {
        for text in ["a", "7", "aaaa", "0000", "--__", "a:b c", "é", " key \n", "ключ", "\u{7}"] {
            let other = unlike(text);
            assert!(!other.is_empty() && other != text.trim(), "{text} {other}");
            assert!(other.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{text} {other}");
        }
        assert_eq!(unlike("  blank-at-ends ").len(), "blank-at-ends".len());
        assert_eq!(letters(40, &mut numbers()).expose().len(), 40);
    }

    #[test]
    fn a_prefix_leaves_sixteen_random_characters() {
        assert_eq!(kept(b"key_0123456789abcdef"), 4);
        assert_eq!(kept(b"key_0123456789abcde"), 0);
        // The last character stays in a value of that length.
        assert_eq!((fixed(b"0123456789abcdef"), fixed(b"0123456789abcde")), ([15; 2], [usize::MAX; 2]));
    }

    #[test]
    fn a_uuid_has_36_characters_with_four_hyphens() {
        for (text, expected) in [
            ("e8d6f0a1-4b2c-4f00-9c3d-0123456789ab", true),
            ("E8D6F0A1-4B2C-4F00-9C3D-0123456789AB", true),
            ("e8d6f0a1-4b2c-4f00-9c3d-0123456789a", false),
            ("e8d6f0a1-4b2c-4f00-9c3d-0123456789ag", false),
            ("e8d6f0a104b2c-4f00-9c3d-0123456789ab", false),
        ] {
            assert_eq!(is_uuid(text.as_bytes()), expected, "{text}");
        }
    }
}
