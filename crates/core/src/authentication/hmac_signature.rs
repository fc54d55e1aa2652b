//! Parses the HMAC signature of a request, with its time and its nonce. `hmac_request` verifies it.

use super::signature_error::SignatureError;
use crate::configuration::{
    Encoding, HmacAlgorithm, HmacProof, Output, OutputPlace, Part, RequestValue, TimeFormat,
};
use crate::http::query;
use crate::runtime::RequestHead;
use crate::secret_value::SecretValue;
use crate::signing::moment::seconds_of_rfc3339;

/// The fewest and the most characters of a nonce.
const NONCE: std::ops::RangeInclusive<usize> = 8..=128;

/// The longest time in digits: milliseconds until the year 33658.
const LONGEST_TIME: usize = 15;

/// The signature of a request, with its time and its nonce. They have not been verified.
#[derive(Debug)]
pub(super) struct ShownSignature {
    pub(super) signature: SecretValue,
    /// The time as the caller wrote it.
    pub(super) timestamp: String,
    pub(super) nonce: String,
    /// The last second at which the gateway accepts the signature, since 1970.
    pub(super) last_second: u64,
}

/// The value in one place.
enum Shown {
    Absent,
    Once(String),
    Repeated,
}

impl ShownSignature {
    /// Parses the signature for this caller; `None` if the request has none. `now` is in seconds since 1970.
    ///
    /// 1. The name of the caller is present.
    /// 2. Each place has one value, in the configured format.
    /// 3. The signature, the time and the nonce have their format, and the time is within the window.
    pub(super) fn find(
        proof: &HmacProof,
        head: &impl RequestHead,
        query: Option<&str>,
        now: u64,
    ) -> Option<Result<Self, SignatureError>> {
        let read = |output: &Output| shown(output, head, query);
        let signed = proof.put.iter().find(|output| output.is_signature())?;
        if matches!(read(signed), Shown::Absent) {
            return None;
        }
        Some(Self::read(proof, read, now))
    }

    fn read(proof: &HmacProof, read: impl Fn(&Output) -> Shown, now: u64) -> Result<Self, SignatureError> {
        let mut found: Vec<(&RequestValue, String)> = Vec::new();
        for output in proof.put.iter() {
            let names_caller = output.value.request_values().next().is_none();
            match read(output) {
                Shown::Repeated => return Err(SignatureError::Repeated),
                Shown::Once(value) => match captures(&output.value.parts, &value) {
                    Some(captured) => found.extend(captured),
                    None if names_caller => return Err(SignatureError::Unknown),
                    None => return Err(SignatureError::Malformed),
                },
                Shown::Absent if names_caller => return Err(SignatureError::Unknown),
                // A missing value is reported below.
                Shown::Absent => {}
            }
        }
        let find = |is: fn(&RequestValue) -> bool| found.iter().find(|(of, _)| is(of));
        let signature = find(|of| *of == RequestValue::Signature).map(|(_, value)| value.as_str());
        let signature = signature.filter(|text| has_form(proof, text)).ok_or(SignatureError::Encoding)?;
        let timestamp = find(|of| matches!(of, RequestValue::Timestamp(_)));
        let seconds = timestamp.and_then(|(of, text)| seconds(of, text)).ok_or(SignatureError::Timestamp)?;
        let last_second = seconds.saturating_add(proof.window.into());
        if last_second < now {
            return Err(SignatureError::Expired);
        }
        if seconds > now.saturating_add(proof.window.into()) {
            return Err(SignatureError::Early);
        }
        let nonce = find(|of| *of == RequestValue::Nonce).map(|(_, value)| value.as_str());
        let has_nonce = |output: &Output| output.value.request_values().any(|of| *of == RequestValue::Nonce);
        if proof.put.iter().any(has_nonce) && !nonce.is_some_and(is_nonce) {
            return Err(SignatureError::Nonce);
        }
        Ok(Self {
            signature: SecretValue::new(signature.to_owned()),
            timestamp: timestamp.map(|(_, text)| text.clone()).unwrap_or_default(),
            nonce: nonce.unwrap_or_default().to_owned(),
            last_second,
        })
    }
}

/// The value of the request in the place of this output.
fn shown(output: &Output, head: &impl RequestHead, query: Option<&str>) -> Shown {
    match &output.place {
        OutputPlace::Header(name) => {
            match head.header(name.as_str()).map(|value| value.trim_matches([' ', '\t'])) {
                None | Some("") => Shown::Absent,
                // Lines of one name are joined by commas (RFC 9110 §5.3), and a valid value has only the configured
                // commas.
                Some(value) if commas(value) != commas_of(output) => Shown::Repeated,
                Some(value) => Shown::Once(value.to_owned()),
            }
        }
        OutputPlace::Query(name) => {
            let parameters = query.into_iter().flat_map(query::parameters);
            let mut named = parameters.filter(|parameter| *parameter.name() == *name.as_bytes());
            match (named.next(), named.next()) {
                (None, _) => Shown::Absent,
                (Some(_), Some(_)) => Shown::Repeated,
                (Some(only), None) => {
                    String::from_utf8(only.value().into_owned()).map_or(Shown::Repeated, Shown::Once)
                }
            }
        }
        // The grammar does not allow a place in the body.
        OutputPlace::Body(_) => Shown::Absent,
    }
}

fn commas(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b',').count()
}

fn commas_of(output: &Output) -> usize {
    output.value.parts.iter().filter_map(text).map(commas).sum()
}

fn text(part: &Part) -> Option<&str> {
    match part {
        Part::Text(text) => Some(text),
        _ => None,
    }
}

/// The texts in the places of a template's placeholders; `None` if the text around them differs. The grammar does not
/// allow two adjacent placeholders.
fn captures<'p>(parts: &'p [Part], value: &str) -> Option<Vec<(&'p RequestValue, String)>> {
    let mut rest = value;
    let mut captured = Vec::new();
    let mut parts = parts.iter().peekable();
    while let Some(part) = parts.next() {
        match part {
            Part::Text(text) => rest = rest.strip_prefix(text.as_ref())?,
            Part::Request(of) => {
                let end = match parts.peek().and_then(|next| text(next)) {
                    Some(next) => rest.find(next)?,
                    None => rest.len(),
                };
                let (found, after) = rest.split_at_checked(end)?;
                captured.push((of, found.to_owned()));
                rest = after;
            }
            _ => return None,
        }
    }
    rest.is_empty().then_some(captured)
}

/// Whether the text has the length and the alphabet of the caller's signatures.
fn has_form(proof: &HmacProof, text: &str) -> bool {
    let length: usize = match proof.algorithm {
        HmacAlgorithm::Sha1 => 20,
        HmacAlgorithm::Sha256 => 32,
        HmacAlgorithm::Sha384 => 48,
        HmacAlgorithm::Sha512 => 64,
    };
    let is_digit = |byte: u8| match proof.encoding {
        Encoding::Hex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        Encoding::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='),
        Encoding::Base64Url => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'),
    };
    let expected = match proof.encoding {
        Encoding::Hex => 2 * length,
        Encoding::Base64 => length.div_ceil(3) * 4,
        Encoding::Base64Url => (length * 4).div_ceil(3),
    };
    text.len() == expected && text.bytes().all(is_digit)
}

/// The time in seconds since 1970. A number has one valid form: digits, without a leading zero.
fn seconds(of: &RequestValue, text: &str) -> Option<u64> {
    let is_number = || {
        (1..=LONGEST_TIME).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && (text == "0" || !text.starts_with('0'))
    };
    let is_date = || text.bytes().all(|byte| byte.is_ascii_digit() || b"-:.TZ".contains(&byte));
    match of {
        RequestValue::Timestamp(TimeFormat::Seconds) if is_number() => text.parse().ok(),
        RequestValue::Timestamp(TimeFormat::Milliseconds) if is_number() => {
            text.parse::<u64>().ok().map(|milliseconds| milliseconds / 1000)
        }
        RequestValue::Timestamp(TimeFormat::Rfc3339) if is_date() => seconds_of_rfc3339(text),
        _ => None,
    }
}

/// Whether the text has the length of a nonce, and only letters, digits and the punctuation of UUIDs and Base64. So a
/// nonce contains no line end, which would change the message around it.
fn is_nonce(text: &str) -> bool {
    let is_admitted = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    NONCE.contains(&text.len()) && text.bytes().all(is_admitted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::{KeyEncoding, List, SecretId, Template};

    fn request(of: RequestValue) -> Part {
        Part::Request(of)
    }

    #[test]
    fn a_value_is_parsed_by_its_template_or_rejected() {
        let parts = [
            Part::Text("t=".into()),
            request(RequestValue::Timestamp(TimeFormat::Seconds)),
            Part::Text(",v1=".into()),
            request(RequestValue::Signature),
        ];
        let read = |value: &'static str| {
            captures(&parts, value).map(|found| found.into_iter().map(|(_, text)| text).collect::<Vec<_>>())
        };
        assert_eq!(read("t=1,v1=ab"), Some(vec!["1".to_owned(), "ab".to_owned()]));
        assert_eq!(read("t=1,v1=ab,v1=cd"), Some(vec!["1".to_owned(), "ab,v1=cd".to_owned()]));
        assert_eq!(read("t=,v1="), Some(vec![String::new(), String::new()]));
        for value in ["", "t=1", "T=1,v1=ab", "t=1,v1", " t=1,v1=ab", "v1=ab,t=1"] {
            assert_eq!(read(value), None, "{value}");
        }
        let closed = [Part::Text("<".into()), request(RequestValue::Nonce), Part::Text(">".into())];
        assert!(captures(&closed, "<a>").is_some() && captures(&closed, "<a>>").is_none());
        assert!(captures(&[Part::Text("billing".into())], "billing").is_some());
        assert!(captures(&[Part::Text("billing".into())], "billing2").is_none());
    }

    #[test]
    fn a_time_has_one_valid_form() {
        use TimeFormat::{HttpDate, Milliseconds, Rfc3339, Seconds};
        for (format, text, expected) in [
            (Seconds, "1700000000", Some(1_700_000_000)),
            (Seconds, "0", Some(0)),
            (Milliseconds, "1700000000999", Some(1_700_000_000)),
            (Rfc3339, "2016-07-11T22:14:10Z", Some(1_468_275_250)),
            (Rfc3339, "2016-07-11T22:14:10.123Z", Some(1_468_275_250)),
            (Milliseconds, "01700000000999", None),
            (Milliseconds, "+1700000000999", None),
            (Milliseconds, "1700000000999000", None),
            (Seconds, "", None),
            (Seconds, "01700000000", None),
            (Seconds, "+1700000000", None),
            (Seconds, "-1", None),
            (Seconds, "1700000000.5", None),
            (Seconds, "1.7e9", None),
            (Seconds, "0x6553f100", None),
            (Seconds, "1 700 000 000", None),
            (Seconds, "1700000000\n", None),
            (Seconds, "\u{661}\u{667}", None),
            (Seconds, "9999999999999999999999", None),
            (Rfc3339, "2016-07-11T22:14:10+02:00", None),
            (Rfc3339, "2016-07-11T22:14:+9Z", None),
            (Rfc3339, "2016-07-11", None),
            (HttpDate, "Sun, 06 Nov 1994 08:49:37 GMT", None),
        ] {
            assert_eq!(seconds(&RequestValue::Timestamp(format), text), expected, "{format:?} {text}");
        }
    }

    #[test]
    fn rejects_a_nonce_with_a_wrong_length_or_wrong_characters() {
        for (text, expected) in [
            ("12345678", true),
            ("550e8400-e29b-41d4-a716-446655440000", true),
            ("abcdABCD+/_-.~==", true),
            ("1234567", false),
            ("", false),
            ("12345678\n", false),
            ("1234,5678", false),
            ("1234 5678", false),
            ("1234567\u{e9}", false),
        ] {
            assert_eq!(is_nonce(text), expected, "{text}");
        }
        assert!(is_nonce(&"a".repeat(128)) && !is_nonce(&"a".repeat(129)));
    }

    #[test]
    fn a_signature_has_the_length_and_the_digits_of_its_algorithm() {
        use Encoding::{Base64, Base64Url, Hex};
        use HmacAlgorithm::{Sha1, Sha256, Sha384, Sha512};
        let proof = |algorithm, encoding| HmacProof {
            key: SecretId(0),
            field: None,
            key_encoding: KeyEncoding::Text,
            algorithm,
            encoding,
            window: 300,
            message: Template { parts: List::default() },
            put: List::default(),
        };
        for (algorithm, encoding, length) in [
            (Sha1, Hex, 40),
            (Sha256, Hex, 64),
            (Sha384, Hex, 96),
            (Sha512, Hex, 128),
            (Sha1, Base64, 28),
            (Sha256, Base64, 44),
            (Sha384, Base64, 64),
            (Sha512, Base64, 88),
            (Sha1, Base64Url, 27),
            (Sha256, Base64Url, 43),
            (Sha384, Base64Url, 64),
            (Sha512, Base64Url, 86),
        ] {
            let proof = proof(algorithm, encoding);
            assert!(has_form(&proof, &"a".repeat(length)), "{algorithm:?} {encoding:?}");
            assert!(!has_form(&proof, &"a".repeat(length - 1)), "{algorithm:?} {encoding:?}");
            assert!(!has_form(&proof, &"a".repeat(length + 1)), "{algorithm:?} {encoding:?}");
        }
        for (encoding, length, digits, others) in
            [(Hex, 64, "0a9f", "A-g."), (Base64, 44, "aZ0+/=", "-_.,"), (Base64Url, 43, "aZ0-_", "+/=.,")]
        {
            let proof = proof(Sha256, encoding);
            let ends_with = |digit: char| format!("{}{digit}", "a".repeat(length - 1));
            assert!(digits.chars().all(|digit| has_form(&proof, &ends_with(digit))), "{encoding:?}");
            assert!(!others.chars().any(|other| has_form(&proof, &ends_with(other))), "{encoding:?}");
        }
    }
}
