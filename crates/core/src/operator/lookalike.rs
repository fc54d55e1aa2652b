//! A value that looks like another one to whoever does not look it up, and is another.
//!
//! An API that refuses a key by its form alone has not looked it up, so its answer says nothing of a key. What it may
//! look at first stays as it is: the length, the beginning, the alphabet, the shape of a UUID, the header and the
//! claims of a token. The rest is random.

use crate::secret_value::SecretValue;

/// How much is random at least, in characters, where a beginning is kept.
const SHORTEST: usize = 16;

/// From this length on the first four characters are kept, where no separator ends a beginning: `AKIA`, `AIza`.
const LONG: usize = 24;

const SEPARATORS: [char; 4] = ['_', '-', '.', ':'];

const ALL: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// A value like this text. `choose` yields a number below the one that it gets.
pub(super) fn lookalike(text: &str, choose: &mut dyn FnMut(usize) -> usize) -> SecretValue {
    let text = text.trim();
    let (beginning, rest) = text.split_at_checked(kept(text)).unwrap_or(("", text));
    // The characters of the value itself are in its alphabet, whatever that is: hexadecimal, Base32, Base58, Base64.
    for alphabet in [rest, rest, rest, ALL] {
        let mut other = String::with_capacity(text.len());
        other.push_str(beginning);
        for (at, character) in rest.char_indices() {
            other.push(if is_fixed(rest, at) { character } else { like(character, alphabet, choose) });
        }
        let other = SecretValue::new(other);
        if other.expose() != text {
            return other;
        }
    }
    // It has no letter and no digit.
    letters(text.len().max(1), choose)
}

/// So many random letters.
pub(super) fn letters(length: usize, choose: &mut dyn FnMut(usize) -> usize) -> SecretValue {
    SecretValue::new((0..length).map(|_| like('a', ALL, choose)).collect())
}

/// The length of the beginning that says what a value is: `sk_live_`, `ghp_`, `xoxb-12345-`; of a signed token all
/// but the signature. It is never more than a half of what is not a token.
fn kept(text: &str) -> usize {
    if text.starts_with("eyJ") && text.matches('.').count() == 2 {
        let signature = text.rfind('.').map_or(0, |at| at + 1);
        return if text.len() - signature < SHORTEST { 0 } else { signature };
    }
    let mut kept = 0;
    while let Some(rest) = text.get(kept..)
        && !is_uuid(rest)
        && let Some((word, others)) = rest.split_once(SEPARATORS)
        && is_word(word)
        && others.len() >= SHORTEST.max(text.len() / 2)
    {
        kept = text.len() - others.len();
    }
    if kept == 0 && text.len() >= LONG && !is_uuid(text) { 4 } else { kept }
}

/// Whether it is too short, or too plain, to be the random part of a key.
fn is_word(text: &str) -> bool {
    let has = |is: fn(&u8) -> bool| text.bytes().any(|byte| is(&byte));
    let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    let longest = if text.bytes().all(|byte| byte.is_ascii_digit()) { 16 } else { 8 };
    !text.is_empty()
        && text.len() <= longest
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && !is_mixed
}

/// Whether this character of the random part stays: the version and the variant of a UUID (RFC 9562 §4), and the last
/// one of a long value, of which Base64 uses a part of the bits.
fn is_fixed(rest: &str, at: usize) -> bool {
    if is_uuid(rest) {
        return at == 14 || at == 19;
    }
    rest.len() >= SHORTEST && rest.rfind(|last: char| last.is_ascii_alphanumeric()) == Some(at)
}

fn is_uuid(text: &str) -> bool {
    let is_hyphen = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    let mut bytes = text.bytes().enumerate();
    text.len() == 36
        && bytes.all(|(at, byte)| if is_hyphen(at) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}

/// A character of the alphabet that is a letter of the same case, or a digit, where this one is. All other ASCII
/// characters stay: they divide what is looked at.
fn like(character: char, alphabet: &str, choose: &mut dyn FnMut(usize) -> usize) -> char {
    let is_alike: fn(&char) -> bool = match character {
        'a'..='z' => char::is_ascii_lowercase,
        'A'..='Z' => char::is_ascii_uppercase,
        '0'..='9' => char::is_ascii_digit,
        ' '..='~' => return character,
        _ => return 'x',
    };
    let alike = || alphabet.chars().filter(is_alike);
    alike().nth(choose(alike().count())).unwrap_or(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that are as good as random for a test.
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
            // A passphrase has no beginning that says what it is, or only a short one.
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
        assert!(is_uuid(&other), "{other}");
        assert_eq!((other.get(14..15), other.get(19..20)), (Some("4"), Some("9")));
        assert!(!other.starts_with("e8d6f0a1"), "{other}");
        let prefixed = unlike("key_e8d6f0a1-4b2c-4f00-9c3d-0123456789ab");
        assert!(prefixed.starts_with("key_") && is_uuid(prefixed.get(4..).unwrap()), "{prefixed}");
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
}
