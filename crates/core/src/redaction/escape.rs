//! The ways in which URLs, forms, JSON and HTML write a character, read from its end.

use memchr::memrchr;

/// In bytes, between `&` and `;`: of a reference to a character of ASCII, and to any other.
const LONGEST_ASCII_REFERENCE: usize = 4;
pub(super) const LONGEST_REFERENCE: usize = 7;

/// Adds the places at which the last character of `text` begins, where that character is `wanted`, in any of these
/// ways:
///
/// - as it is. A line feed never: nothing that is looked for holds one.
/// - percent-encoded, byte for byte (RFC 3986 §2.1), with `+` for a space as forms have it.
/// - in JSON (RFC 8259 §7): `\uXXXX`, or one of the short escapes.
/// - in HTML: a character reference, as [`reference`] reads it.
pub(super) fn beginnings(text: &[u8], wanted: char, found: &mut Vec<usize>) {
    before_bytes(text, wanted.encode_utf8(&mut [0; 4]).as_bytes(), found);

    if let Some((rest, [b'\\', escaped])) = text.split_last_chunk()
        && short_escape(*escaped).map(char::from) == Some(wanted)
    {
        found.push(rest.len());
    }
    if let Some((b';', before)) = text.split_last()
        && let Some(at) = memrchr(b'&', before)
        && before.get(at + 1..).and_then(reference) == Some(wanted)
    {
        found.push(at);
    }
    let mut utf16 = [0; 2];
    let mut rest = Some(text);
    for unit in wanted.encode_utf16(&mut utf16).iter().rev() {
        rest = rest.and_then(|text| before_unit(text, *unit));
    }
    found.extend(rest.map(<[u8]>::len));
}

/// What stands before these bytes, each as it is or percent-encoded.
fn before_bytes(text: &[u8], wanted: &[u8], found: &mut Vec<usize>) {
    let Some((byte, others)) = wanted.split_last() else { return found.push(text.len()) };
    if let Some((last, rest)) = text.split_last()
        && ((last == byte && *byte != b'\n') || (*last == b'+' && *byte == b' '))
    {
        before_bytes(rest, others, found);
    }
    if let Some((rest, [b'%', high, low])) = text.split_last_chunk()
        && hexadecimal(*high).zip(hexadecimal(*low)) == Some((byte >> 4, byte & 15))
    {
        before_bytes(rest, others, found);
    }
}

/// The character to which `&…;` refers: by its number, in up to four digits where it is of ASCII, or by one of the
/// five names that XML has too. The two thousand other names of HTML are those of characters that nobody has to escape.
pub(super) fn reference(text: &[u8]) -> Option<char> {
    if text.len() > LONGEST_REFERENCE {
        return None;
    }
    let number = |digits: &[u8], radix| {
        let is_number = digits.iter().all(u8::is_ascii_hexdigit);
        let digits = str::from_utf8(digits).ok().filter(|_| is_number)?;
        char::from_u32(u32::from_str_radix(digits, radix).ok()?)
    };
    let character = match text {
        b"amp" => '&',
        b"apos" => '\'',
        b"gt" => '>',
        b"lt" => '<',
        b"quot" => '"',
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16)?,
        [b'#', digits @ ..] => number(digits, 10)?,
        _ => return None,
    };
    (!character.is_ascii() || text.len() <= LONGEST_ASCII_REFERENCE).then_some(character)
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
            ("x&amp;", '&', vec![1]),
            ("x&quot;", '"', vec![1]),
            ("x&#34;", '"', vec![1]),
            ("x&#034;", '"', vec![1]),
            ("x&#x2f;", '/', vec![1]),
            ("x&#X2F;", '/', vec![1]),
            ("x&#8211;", '–', vec![1]),
            ("x&#x1F600;", '😀', vec![1]),
            ("x&#+34;", '"', vec![]),
            ("x&#00034;", '"', vec![]),
            ("x&;", '&', vec![]),
            ("", 'a', vec![]),
        ] {
            let mut found = Vec::new();
            beginnings(text.as_bytes(), wanted, &mut found);
            assert_eq!(found, expected, "{text} {wanted}");
        }
    }
}
