//! Tokens that name their caller: `ost_checkout_` and at least 128 random bits.
//!
//! The name alone does not authenticate. It selects the secret that the token is compared with, so only one secret is
//! read, however many callers there are.

/// The prefix of such a token.
const PREFIX: &str = "ost_";

/// 128 bits in the densest alphabet of letters and digits, which has 62 characters.
const SHORTEST: usize = 22;

/// The name in a token of this form.
///
/// A caller's name may contain `_`, so the random part follows the last one.
#[must_use]
pub fn caller_name(token: &str) -> Option<&str> {
    let (name, random) = token.strip_prefix(PREFIX)?.rsplit_once('_')?;
    let is_random = random.len() >= SHORTEST && random.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (is_random && !name.is_empty() && name.bytes().all(is_name_byte)).then_some(name)
}

/// The token of this caller with this random part.
#[must_use]
pub fn token(caller: &str, random: &str) -> String {
    [PREFIX, caller, "_", random].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANDOM: &str = "0123456789abcdefABCDEF";

    #[test]
    fn a_token_names_its_caller() {
        for name in ["checkout", "shop-a", "a_b", "_", "-", "ost_x", "9"] {
            assert_eq!(caller_name(&token(name, RANDOM)), Some(name));
        }
    }

    #[test]
    fn any_other_text_names_nobody() {
        for text in [
            "",
            "ost_",
            "ost__0123456789abcdefABCDEF",
            "ost_0123456789abcdefABCDEF",
            "ost_checkout_0123456789abcdefABCDE",
            "ost_checkout_0123456789abcdef-BCDEF",
            "ost_checkout_0123456789abcdefABCDEF ",
            "OST_checkout_0123456789abcdefABCDEF",
            "xost_checkout_0123456789abcdefABCDEF",
            "ost_check out_0123456789abcdefABCDEF",
            "ost_é_0123456789abcdefABCDEF",
            "ost_a/b_0123456789abcdefABCDEF",
        ] {
            assert_eq!(caller_name(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_read_was_written(name in "[A-Za-z0-9_-]{1,40}", random in "[A-Za-z0-9]{22,80}") {
            let written = token(&name, &random);
            proptest::prop_assert_eq!(caller_name(&written), Some(name.as_str()));
        }

        #[test]
        fn no_text_is_too_odd(text: String) {
            let _ = caller_name(&text);
        }
    }
}
