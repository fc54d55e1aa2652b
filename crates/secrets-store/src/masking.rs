//! Removes secrets of the request from messages of the API.
//!
//! An API may quote an invalid value in its message, unchanged or in another form such as Base64, and the message is
//! shown in a terminal or in the log of a CI job. So only parts of a message that cannot contain a value are kept:
//!
//! 1. A reason that is a constant of the API is kept unchanged.
//! 2. The secrets of the request, and values of earlier requests, are replaced, whole or in part.
//! 3. If the request or an earlier one contained a value, every word is replaced that is neither one of the API's own
//!    words nor a public
//!    part of the request. If it contained only its credential, words are replaced that are long enough to contain one.

use http::Request;
use zeroize::Zeroizing;

use crate::error::Fault;
use crate::request_body::carried;
use crate::sent_values::SentValues;
use crate::vocabulary::{is_known, is_reason};

/// The longest message that is kept, in characters.
const LONGEST_MESSAGE: usize = 1_000;
/// The shortest part of a value that is replaced too, in characters.
const SHORTEST_PART: usize = 8;
/// A word with this number of unknown letters and digits could be a credential in another form. Cloudflare's have 37 or
/// more.
const SHORTEST_CREDENTIAL: usize = 16;
const MASK: &str = "[redacted]";

/// The secrets of a request (the values in its body and in earlier ones, and its credential), and its public parts.
pub(crate) struct Confidence {
    secrets: Vec<Zeroizing<String>>,
    has_value: bool,
    /// Names of secrets, and the path.
    public: Vec<String>,
}

impl Confidence {
    pub(crate) fn of(request: &Request<impl AsRef<[u8]>>, sent: &SentValues) -> Self {
        let carried = carried(request.body().as_ref());
        let names = carried.iter().filter_map(|carried| carried.name.clone());
        let public: Vec<String> = names.chain([request.uri().path().to_owned()]).collect();
        let values: Vec<Zeroizing<String>> =
            carried.into_iter().filter_map(|carried| carried.value).collect();
        let has_value = !values.is_empty() || sent.all().next().is_some();
        let values = values.into_iter().chain(sent.all().cloned());
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
        Self { secrets: all.into_iter().chain(quoted).collect(), has_value, public }
    }

    /// Replaces the secrets in every text of a fault, and shortens the texts.
    pub(crate) fn mask(&self, fault: &mut Fault) {
        if !self.is_constant(&fault.message) {
            fault.message = self.without_unknown_words(&self.masked(&fault.message));
        }
        let pointer = fault.source.as_mut().and_then(|source| source.pointer.as_mut());
        for text in fault.documentation_url.as_mut().into_iter().chain(pointer) {
            *text = self.without_unknown_words(&self.masked(text));
        }
    }

    /// Whether this is one of the API's reasons, alone or followed by the name of a secret of the request.
    fn is_constant(&self, message: &str) -> bool {
        let (reason, name) =
            message.split_once(": ").map_or((message, None), |(reason, name)| (reason, Some(name)));
        is_reason(reason) && name.is_none_or(|name| self.public.iter().any(|public| public == name))
    }

    fn without_unknown_words(&self, text: &str) -> String {
        let mut shown = String::with_capacity(text.len());
        for word in text.split_inclusive(char::is_whitespace) {
            let end = word.trim_end();
            if self.may_hold_a_secret(end) {
                if !shown.trim_end().ends_with(MASK) {
                    shown.push_str(MASK);
                    shown.push_str(word.get(end.len()..).unwrap_or_default());
                }
            } else {
                shown.push_str(word);
            }
        }
        shown.truncate(shown.trim_end().len());
        shown
    }

    fn may_hold_a_secret(&self, word: &str) -> bool {
        let parts =
            word.split(|character: char| !character.is_alphanumeric()).filter(|part| !part.is_empty());
        let unknown = parts.filter(|part| !is_known(part) && !self.is_public(part));
        let length: usize = unknown.map(|part| part.chars().count()).sum();
        length >= if self.has_value { 1 } else { SHORTEST_CREDENTIAL } || (self.has_value && !word.is_ascii())
    }

    fn is_public(&self, part: &str) -> bool {
        let mut parts =
            self.public.iter().flat_map(|text| text.split(|character: char| !character.is_alphanumeric()));
        parts.any(|public| public == part)
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
            match self.secrets.iter().map(|text| quoted_length(rest, text)).max() {
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

/// The number of bytes at the beginning of `text` that quote a part of `secret`; 0 if the part is too short.
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
        Confidence { secrets, has_value: true, public: Vec::new() }.masked(text)
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
