//! Removes secrets of the request from messages of the API.
//!
//! An API that refuses a value may quote it, and its message is shown in a terminal or in the log of a job. So the
//! secrets of the request are replaced in every message.

use http::Request;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::Fault;

/// The longest message that is kept, in characters.
const LONGEST_MESSAGE: usize = 1_000;
/// The shortest part of a value that is replaced too, in characters.
const SHORTEST_PART: usize = 8;
const MASK: &str = "[redacted]";

/// The secrets of a request: the values in its body, and its credential.
pub(crate) struct Confidence(Vec<Zeroizing<String>>);

#[derive(Deserialize)]
#[serde(untagged)]
enum Carried {
    Several(Vec<CarriedValue>),
    One(CarriedValue),
}

#[derive(Deserialize)]
struct CarriedValue {
    value: Option<Zeroizing<String>>,
}

impl Confidence {
    pub(crate) fn of(request: &Request<impl AsRef<[u8]>>) -> Self {
        let carried = match serde_json::from_slice(request.body().as_ref()) {
            Ok(Carried::Several(several)) => several,
            Ok(Carried::One(one)) => vec![one],
            Err(_) => Vec::new(),
        };
        let values = carried.into_iter().filter_map(|carried| carried.value);
        let credentials = request.headers().values().filter(|value| value.is_sensitive());
        let credentials = credentials.filter_map(|value| value.to_str().ok()).map(|text| {
            let token = text.strip_prefix("Bearer ").unwrap_or(text);
            Zeroizing::new(token.to_owned())
        });
        let all: Vec<Zeroizing<String>> = values.chain(credentials).collect();
        let quoted = all.iter().filter_map(|text| {
            let quoted = Zeroizing::new(serde_json::to_string(text.as_str()).ok()?);
            let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
            (inner != text.as_str()).then(|| Zeroizing::new(inner.to_owned()))
        });
        let quoted: Vec<Zeroizing<String>> = quoted.collect();
        Self(all.into_iter().chain(quoted).collect())
    }

    /// Replaces the secrets in every text of a fault, and shortens the texts.
    pub(crate) fn mask(&self, fault: &mut Fault) {
        fault.message = self.masked(&fault.message);
        let pointer = fault.source.as_mut().and_then(|source| source.pointer.as_mut());
        for text in fault.documentation_url.as_mut().into_iter().chain(pointer) {
            *text = self.masked(text);
        }
    }

    fn masked(&self, text: &str) -> String {
        // A part of a secret across the end would not be found, so more text is searched than is kept.
        let seen: String = text.chars().take(2 * LONGEST_MESSAGE).collect();
        let mut masked = String::new();
        let mut rest = seen.as_str();
        let mut length = 0_usize;
        while let Some(character) = rest.chars().next() {
            if length >= LONGEST_MESSAGE {
                masked.push('…');
                break;
            }
            match self.0.iter().map(|text| quoted_length(rest, text)).max() {
                Some(quoted) if quoted > 0 => {
                    if !masked.ends_with(MASK) {
                        masked.push_str(MASK);
                        length = length.saturating_add(MASK.len());
                    }
                    rest = rest.get(quoted..).unwrap_or_default();
                }
                _ => {
                    masked.push(character);
                    length = length.saturating_add(1);
                    rest = rest.get(character.len_utf8()..).unwrap_or_default();
                }
            }
        }
        masked
    }
}

/// The number of bytes at the beginning of `text` that quote a part of `secret`; 0 where the part is too short.
fn quoted_length(text: &str, secret: &str) -> usize {
    let shortest = secret.chars().count().min(SHORTEST_PART);
    let mut ends = text.char_indices().map(|(start, character)| start + character.len_utf8());
    let Some(mut length) = shortest.checked_sub(1).and_then(|at| ends.nth(at)) else { return 0 };
    if !text.get(..length).is_some_and(|part| secret.contains(part)) {
        return 0;
    }
    for end in ends {
        if !text.get(..end).is_some_and(|part| secret.contains(part)) {
            break;
        }
        length = end;
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(secrets: &[&str], text: &str) -> String {
        let secrets = secrets.iter().map(|text| Zeroizing::new((*text).to_owned())).collect();
        Confidence(secrets).masked(text)
    }

    #[test]
    fn a_quoted_value_is_replaced_whole_or_in_part() {
        for (text, expected) in [
            ("no value in it", "no value in it"),
            ("bad: sk_live_0123456789", "bad: [redacted]"),
            ("`sk_live_0123456789` and sk_live_0123456789.", "`[redacted]` and [redacted]."),
            ("bad: sk_live_01…", "bad: [redacted]…"),
            ("ends in _0123456789", "ends in [redacted]"),
            ("sk_live", "sk_live"),
            ("é sk_live_é0123456789", "é [redacted]é[redacted]"),
        ] {
            assert_eq!(masked(&["sk_live_0123456789"], text), expected, "{text}");
        }
        assert_eq!(masked(&["pin"], "the pin is wrong"), "the [redacted] is wrong");
        assert_eq!(masked(&["", "é"], "the é"), "the [redacted]");
    }

    #[test]
    fn a_message_is_shortened_and_no_part_is_left_at_its_end() {
        let text = format!("{}sk_live_0123456789{}", "x".repeat(LONGEST_MESSAGE - 3), "y".repeat(9_000));
        let shown = masked(&["sk_live_0123456789"], &text);
        assert!(shown.ends_with("x[redacted]…") && shown.len() < 1_100, "{shown}");
    }
}
