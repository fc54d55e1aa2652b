//! The search for a secret in a text that somebody else has chosen.

/// Whether the value occurs in the text, if `fold` is applied to the bytes of both. No text has the empty value.
///
/// The last eight bytes of the value are compared at once, and the rest without an early end. So the time tells whether
/// these eight bytes occur in the text, but not how many bytes of a guess are right.
pub fn occurs(value: &[u8], text: &[u8], fold: fn(u8) -> u8) -> bool {
    if value.is_empty() || text.len() < value.len() {
        return false;
    }
    let with = |last: u64, byte: &u8| last << 8 | u64::from(fold(*byte));
    // A shorter value has its own length of the last bytes.
    let mask = u64::MAX >> (64 - 8 * value.len().min(8));
    let wanted = value.iter().fold(0, with) & mask;
    let is_it = |window: &[u8]| {
        let differing =
            window.iter().zip(value).fold(0, |bits, (one, other)| bits | (fold(*one) ^ fold(*other)));
        differing == 0
    };
    let mut last = 0;
    text.iter().enumerate().any(|(at, byte)| {
        last = with(last, byte);
        let start = (at + 1).checked_sub(value.len());
        last & mask == wanted && start.and_then(|start| text.get(start..=at)).is_some_and(is_it)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_value_of_each_length_at_each_place() {
        let secret = b"0123456789abcdef0123";
        for length in 1..=secret.len() {
            let value = &secret[..length];
            for before in 0..12 {
                let text = [vec![b'x'; before], value.to_vec(), b"yz".to_vec()].concat();
                assert!(occurs(value, &text, |byte| byte), "{length} {before}");
                assert!(!occurs(value, &text[..before + length - 1], |byte| byte), "{length} {before}");
                assert!(
                    !occurs(value, &text[before + 1..], |byte| byte) || length == 16,
                    "{length} {before}"
                );
            }
        }
        assert!(!occurs(b"", b"x", |byte| byte));
        assert!(occurs(b"Key-7", b"x-kEY-7-y", |byte| byte.to_ascii_lowercase()));
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_a_comparison_of_every_window(value in "[ab\0]{1,12}", text in "[ab\0]{0,40}") {
            let (value, text) = (value.as_bytes(), text.as_bytes());
            let expected = text.windows(value.len()).any(|window| window == value);
            proptest::prop_assert_eq!(occurs(value, text, |byte| byte), expected);
        }
    }
}
