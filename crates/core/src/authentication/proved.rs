//! An authenticated caller, and its tokens, which must not be sent upstream.

use memchr::memmem;
use percent_encoding::percent_decode;
use zeroize::Zeroizing;

use crate::authentication::jwt::Identity;
use crate::configuration::CallerId;
use crate::http::base64;
use crate::secret_value::SecretValue;

/// In bytes. Shorter tokens occur within many words, so they are only found between separators.
const SHORTEST_WITHIN_A_WORD: usize = 8;

const SEPARATORS: &[u8] = b" \t,;:=&\"'";

/// The caller of a request.
#[derive(Debug)]
pub struct AuthenticatedCaller {
    /// The caller.
    pub id: CallerId,
    /// Its tokens in the request.
    pub tokens: ProvedTokens,
    /// The holder of its signed token.
    pub identity: Identity,
}

/// The tokens that authenticated the caller of one request: one, or several of the same caller.
#[derive(Debug, Default)]
pub struct ProvedTokens(Vec<SecretValue>);

impl ProvedTokens {
    /// Takes tokens. None of them may be the empty text.
    #[must_use]
    pub const fn new(tokens: Vec<SecretValue>) -> Self {
        Self(tokens)
    }

    /// Whether the text contains one of them: literally, percent-encoded, or in Base64.
    #[must_use]
    pub fn are_in(&self, text: &[u8]) -> bool {
        self.0.iter().any(|token| {
            let token = token.expose().as_bytes();
            holds(text, token) || holds_decoded(text, token)
        })
    }

    /// Whether the name of a header, in lower case, contains one of them.
    #[must_use]
    pub fn are_in_name(&self, name: &str) -> bool {
        let is_in = |token: &SecretValue| {
            let token = token.expose();
            name.len() >= token.len()
                && holds(name.as_bytes(), Zeroizing::new(token.to_ascii_lowercase()).as_bytes())
        };
        self.0.iter().any(is_in)
    }
}

fn holds(text: &[u8], token: &[u8]) -> bool {
    if text.len() < token.len() {
        return false;
    }
    if token.len() >= SHORTEST_WITHIN_A_WORD {
        // Unlike `find_iter` it prepares nothing for short texts, which is dearer than to search them.
        return memmem::find(text, token).is_some();
    }
    let ends_word = |byte: Option<&u8>| byte.is_none_or(|byte| SEPARATORS.contains(byte));
    memmem::find_iter(text, token).any(|start| {
        let (before, rest) = text.split_at_checked(start).unwrap_or_default();
        ends_word(before.last()) && ends_word(rest.get(token.len()))
    })
}

fn holds_decoded(text: &[u8], token: &[u8]) -> bool {
    // Every form is longer than the token.
    if text.len() <= token.len() {
        return false;
    }
    if text.contains(&b'%') {
        let decoded = Zeroizing::new(percent_decode(text).collect::<Vec<u8>>());
        if decoded.len() < text.len() && (holds(&decoded, token) || holds_base64(&decoded, token)) {
            return true;
        }
    }
    holds_base64(text, token)
}

/// Whether a word of the text contains Base64 of the token. The groups of four digits can begin at any of four places,
/// and the digits beside them can be of the other alphabet, for example hyphens of a name.
fn holds_base64(text: &[u8], token: &[u8]) -> bool {
    let runs = text.split(|byte| !base64::is_digit(*byte)).filter(|run| run.len() * 3 >= token.len() * 4);
    runs.into_iter().any(|run| {
        let run: Zeroizing<Vec<u8>> = Zeroizing::new(run.iter().copied().map(base64::standard).collect());
        let rests = (0..4).filter_map(|start| run.get(start..));
        rests.into_iter().any(|groups| {
            let whole = groups.len() - usize::from(groups.len() % 4 == 1);
            let decoded = groups.get(..whole).and_then(base64::decode);
            decoded.is_some_and(|decoded| holds(&decoded, token))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "s3cret/token+of~a-caller";

    fn are_in(token: &str, text: &str) -> bool {
        ProvedTokens::new(vec![SecretValue::new(token.to_owned())]).are_in(text.as_bytes())
    }

    #[test]
    fn finds_a_token_however_it_is_carried() {
        for text in [
            "s3cret/token+of~a-caller",
            "Bearer s3cret/token+of~a-caller",
            "xs3cret/token+of~a-callery",
            "a=1; b=s3cret/token+of~a-caller; c",
            "s3cret%2Ftoken%2Bof~a-caller",
            "%733cret/token+of~a-caller",
            "Basic eDpzM2NyZXQvdG9rZW4rb2Z+YS1jYWxsZXI=",
            "eHg6czNjcmV0L3Rva2VuK29mfmEtY2FsbGVyOnl5",
            "k=xeDpzM2NyZXQvdG9rZW4rb2Z-YS1jYWxsZXI",
            "a-name-eDpzM2NyZXQvdG9rZW4rb2Z+YS1jYWxsZXI=",
            "Basic%20eDpzM2NyZXQvdG9rZW4rb2Z%2BYS1jYWxsZXI%3D",
        ] {
            assert!(are_in(TOKEN, text), "{text}");
        }
    }

    #[test]
    fn finds_no_part_of_a_token_and_nothing_in_another_case() {
        for text in [
            "",
            "s3cret/token+of~a-calle",
            "S3CRET/token+of~a-caller",
            "3cret/token+of~a-caller",
            "eDpzM2NyZXQvdG9rZW4rb2Z+YS1jYWxs",
            "%",
            "%zz%",
        ] {
            assert!(!are_in(TOKEN, text), "{text}");
        }
    }

    #[test]
    fn a_short_token_is_a_whole_word() {
        for (text, expected) in [
            ("json", true),
            ("Bearer json", true),
            ("jsonp, json", true),
            ("token=\"json\"", true),
            ("Basic eDpqc29u", true),
            ("application/json", false),
            ("application/json; charset=utf-8", false),
            ("jsonp", false),
            ("xjson", false),
        ] {
            assert_eq!(are_in("json", text), expected, "{text}");
        }
    }

    #[test]
    fn the_name_of_a_header_has_no_case() {
        let tokens = ProvedTokens::new(vec![SecretValue::new("Sk-Token_1".to_owned())]);
        for (name, expected) in [("x-sk-token_1", true), ("sk-token_1", true), ("x-sk-token-1", false)] {
            assert_eq!(tokens.are_in_name(name), expected, "{name}");
        }
    }

    #[test]
    fn case_45_their_debug_form_says_nothing() {
        let tokens = ProvedTokens::new(vec![SecretValue::new("canary".to_owned())]);
        assert!(!format!("{tokens:?}").contains("canary"));
    }

    #[test]
    fn finds_a_token_in_base64_with_any_digits_around_it() {
        use ::base64::Engine as _;
        use ::base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
        let digits = ["", "A", "Ak", "Ake"];
        for text in ["", "u", "us"].map(|beside| [beside, TOKEN, beside].concat()) {
            for encoded in [STANDARD_NO_PAD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
                for (before, after) in digits.iter().flat_map(|before| digits.map(|after| (*before, after))) {
                    let text = [before, &encoded, after].concat();
                    assert!(are_in(TOKEN, &text), "{text}");
                }
            }
        }
    }

    #[test]
    fn a_text_that_is_percent_encoded_is_forwarded_if_it_has_no_token() {
        assert!(!are_in(TOKEN, "a%20text%20that%20is%20longer%20than%20the%20token"));
        assert!(!are_in(TOKEN, "100% of a text that is longer than the token"));
    }
}
