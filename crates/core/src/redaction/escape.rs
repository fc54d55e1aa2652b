//! The ways in which URLs, forms and JSON write a character, read from its end.

/// Adds the places at which the last character of `text` begins, where that character is `wanted`, in any of these
/// ways:
///
/// - as it is. A line feed never: nothing that is looked for holds one.
/// - percent-encoded, byte for byte (RFC 3986 §2.1), with `+` for a space as forms have it.
/// - in JSON (RFC 8259 §7): `\uXXXX`, or one of the short escapes.
pub(super) fn beginnings(text: &[u8], wanted: char, found: &mut Vec<usize>) {
    let mut utf8 = [0; 4];
    let mut ends = vec![text.len()];
    for byte in wanted.encode_utf8(&mut utf8).bytes().rev() {
        let mut next = Vec::new();
        for end in ends {
            let text = text.get(..end).unwrap_or_default();
            if let Some((last, rest)) = text.split_last()
                && ((*last == byte && byte != b'\n') || (*last == b'+' && byte == b' '))
            {
                next.push(rest.len());
            }
            if let Some((rest, [b'%', high, low])) = text.split_last_chunk()
                && hexadecimal(*high).zip(hexadecimal(*low)) == Some((byte >> 4, byte & 15))
            {
                next.push(rest.len());
            }
        }
        ends = next;
    }
    found.append(&mut ends);

    if let Some((rest, [b'\\', escaped])) = text.split_last_chunk()
        && short_escape(*escaped).map(char::from) == Some(wanted)
    {
        found.push(rest.len());
    }
    let mut utf16 = [0; 2];
    let mut rest = Some(text);
    for unit in wanted.encode_utf16(&mut utf16).iter().rev() {
        rest = rest.and_then(|text| before_unit(text, *unit));
    }
    found.extend(rest.map(<[u8]>::len));
}

/// What stands before `\uXXXX`, where the text ends in that.
fn before_unit(text: &[u8], unit: u16) -> Option<&[u8]> {
    let (rest, [b'\\', b'u', digits @ ..]) = text.split_last_chunk::<6>()? else { return None };
    let read = digits.iter().try_fold(0, |value, digit| Some(value << 4 | u16::from(hexadecimal(*digit)?)));
    (read == Some(unit)).then_some(rest)
}

/// What the letter after a backslash stands for (RFC 8259 §7).
pub(super) const fn short_escape(letter: u8) -> Option<u8> {
    match letter {
        b'"' | b'\\' | b'/' => Some(letter),
        b'b' => Some(8),
        b'f' => Some(12),
        b'n' => Some(b'\n'),
        b'r' => Some(b'\r'),
        b't' => Some(b'\t'),
        _ => None,
    }
}

/// The value of a hexadecimal digit.
pub(super) const fn hexadecimal(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_has_these_forms_and_no_others() {
        for (text, wanted, expected) in [
            ("xa", 'a', vec![1]),
            ("xA", 'a', vec![]),
            ("x%61", 'a', vec![1]),
            ("x\\u0061", 'a', vec![1]),
            ("x\\U0061", 'a', vec![]),
            ("x%2f", '/', vec![1]),
            ("x%2F", '/', vec![1]),
            ("x\\/", '/', vec![2, 1]),
            ("x+", ' ', vec![1]),
            ("x+", '+', vec![1]),
            ("x ", '+', vec![]),
            ("x\n", '\n', vec![]),
            ("x\\n", '\n', vec![1]),
            ("x%0a", '\n', vec![1]),
            ("xé", 'é', vec![1]),
            ("x%C3\u{e9}", 'é', vec![4]),
            ("x%c3%A9", 'é', vec![1]),
            ("x\\u00E9", 'é', vec![1]),
            ("x\\uD83d\\ude00", '😀', vec![1]),
            ("", 'a', vec![]),
        ] {
            let mut found = Vec::new();
            beginnings(text.as_bytes(), wanted, &mut found);
            assert_eq!(found, expected, "{text} {wanted}");
        }
    }
}
