//! `hmac` of a caller: requests that it signs. Its many tests make the file long.

use super::auth::Reader;
use super::diagnostic::Findings;
use super::document::{Entry, Located, Table, Value};
use super::file::Span;
use super::hmac::{ALGORITHMS, ENCODINGS, KEY_ENCODINGS};
use super::keys;
use super::request_value::Scope;
use super::template::{self, CallerValues, Declared};
use super::unit;
use ostiary_core::configuration::{
    Encoding, HmacProof, Output, OutputPlace, Part, RequestValue, SecretId, Template, Text, TimeFormat,
};
use ostiary_core::http::header_name::{HeaderName, fold};

const HMAC: &str = "hmac = { key = \"${secret}\" }";
const PUT: &str = "put = [{ header = \"x-timestamp\", value = \"${request.timestamp}\" }, { header = \"x-signature\", value = \"${request.signature}\" }]";
const MESSAGE: &str =
    "message = \"${request.method}\\n${request.target}\\n${request.timestamp}\\n${request.body_sha256}\"";
const WINDOW: &str = "window = \"5m\"";
/// Five minutes, as those who sign webhooks have it.
const DEFAULT_WINDOW: u32 = 300;

/// Reads a caller's `hmac`, and where its key is named. `name` is the caller's.
pub(crate) fn read(
    name: &Located<'_>,
    entry: Entry<'_>,
    declared: &Declared<'_>,
    findings: &mut Findings<'_>,
) -> Option<(HmacProof, Span)> {
    let table = entry.value.table(HMAC, findings)?;
    table.reject_unknown_keys(&keys::CALLER_HMAC, &[], findings);
    let (mut secrets, mut caller_values) = (Vec::new(), Vec::new());
    let mut reader = Reader {
        declared,
        values: CallerValues::None,
        findings,
        secrets: &mut secrets,
        caller_values: &mut caller_values,
    };
    let key_encoding = reader.word(&table, "key_encoding", "encoding of a key", &KEY_ENCODINGS);
    let algorithm = reader.word(&table, "algorithm", "algorithm of `hmac`", &ALGORITHMS);
    let encoding = reader.word(&table, "encoding", "encoding of a signature", &ENCODINGS);
    let put = match table.get("put") {
        Some(put) => reader.shown(put.value),
        None => Some(default_put(name.text)),
    };
    let window = window(&table, reader.findings);
    let key = table.required("key", "`hmac`", entry.key.span, HMAC, reader.findings);
    let key = key.and_then(|value| key_of(value, declared, reader.findings));
    let put = put?;
    let message = match table.value("message") {
        Some(value) => message(name, value, &put, declared, reader.findings)?,
        None => default_message(&put),
    };
    let (key, field, span) = key?;
    let proof = HmacProof {
        key,
        field,
        key_encoding: key_encoding?,
        algorithm: algorithm?,
        message,
        encoding: encoding?,
        put: put.into(),
        window: window?,
    };
    Some((proof, span))
}

/// One secret, or one field of one.
fn key_of(
    value: Value<'_>,
    declared: &Declared<'_>,
    findings: &mut Findings<'_>,
) -> Option<(SecretId, Option<Text>, Span)> {
    let text = value.template(HMAC, findings)?;
    let parsed = template::parse(&text, declared, findings)?;
    match parsed.parts.as_slice() {
        [(Part::Secret(secret), span)] => Some((*secret, None, *span)),
        [(Part::Field(secret, field), span)] => Some((*secret, Some(field.clone()), *span)),
        _ => {
            let message = "the key of a caller is exactly one secret, or one field of one";
            findings.error_without_text(text.span, message, "write `key = \"${secret}\"`");
            None
        }
    }
}

fn window(table: &Table<'_>, findings: &mut Findings<'_>) -> Option<u32> {
    let Some(value) = table.value("window") else { return Some(DEFAULT_WINDOW) };
    let text = value.string(WINDOW, findings)?;
    unit::duration(&text, findings).map(|milliseconds| milliseconds.div_ceil(1000))
}

fn template(parts: Vec<Part>) -> Template {
    Template { parts: parts.into() }
}

fn default_put(name: &str) -> Vec<Output> {
    let header = |header: &'static str, part: Part| Output {
        place: OutputPlace::Header(HeaderName(Text::Borrowed(header))),
        value: template(vec![part]),
    };
    vec![
        header("x-caller", Part::Text(Text::Owned(name.to_owned()))),
        header("x-timestamp", Part::Request(RequestValue::Timestamp(TimeFormat::Seconds))),
        header("x-nonce", Part::Request(RequestValue::Nonce)),
        header("x-signature", Part::Request(RequestValue::Signature)),
    ]
}

/// Everything that the gateway decides by, a line each.
fn default_message(put: &[Output]) -> Template {
    let has_nonce =
        put.iter().any(|output| output.value.request_values().any(|of| *of == RequestValue::Nonce));
    let values = [
        Some(RequestValue::Method),
        Some(RequestValue::Host),
        Some(RequestValue::Target),
        time_of(put).cloned(),
        has_nonce.then_some(RequestValue::Nonce),
        Some(RequestValue::BodySha256(Encoding::Hex)),
    ];
    let mut parts = Vec::new();
    for value in values.into_iter().flatten() {
        if !parts.is_empty() {
            parts.push(Part::Text(Text::Borrowed("\n")));
        }
        parts.push(Part::Request(value));
    }
    template(parts)
}

fn time_of(put: &[Output]) -> Option<&RequestValue> {
    put.iter()
        .flat_map(|output| output.value.request_values())
        .find(|of| matches!(of, RequestValue::Timestamp(_)))
}

/// What the caller hashes: texts and values of the request, with the time and the nonce as they are put on it.
fn message(
    name: &Located<'_>,
    value: Value<'_>,
    put: &[Output],
    declared: &Declared<'_>,
    findings: &mut Findings<'_>,
) -> Option<Template> {
    let text = value.template(MESSAGE, findings)?;
    let parsed = template::parse_within(&text, Scope::Message, CallerValues::None, declared, findings)?;
    for (part, span) in &parsed.parts {
        let fault = match part {
            Part::Request(of @ RequestValue::Timestamp(_)) if Some(of) != time_of(put) => {
                "the time in `put` has another format"
            }
            Part::Request(RequestValue::Nonce) if !holds(put, &RequestValue::Nonce) => "`put` has no nonce",
            Part::Text(_) | Part::Request(_) => continue,
            _ => "a message that a caller signs can only contain texts and values of the request",
        };
        findings.error(*span, fault, &format!("write `{MESSAGE}`"));
        return None;
    }
    let message = parsed.into_template();
    let covers = |values: &[RequestValue]| message.request_values().any(|of| values.contains(of));
    if !time_of(put).is_some_and(|time| covers(std::slice::from_ref(time))) {
        let told = "the message does not contain the time, so a signature would be valid for ever";
        findings.error(text.span, told, &format!("write `{MESSAGE}`"));
        return None;
    }
    if holds(put, &RequestValue::Nonce) && !covers(&[RequestValue::Nonce]) {
        let told = "the message does not contain the nonce, so the nonce would not be signed";
        findings.error(text.span, told, "add `${request.nonce}`, or remove the nonce from `put`");
        return None;
    }
    let lacking = uncovered(&message);
    if !lacking.is_empty() {
        let lacking = lacking.join(", ");
        let told =
            format!("a signature of the caller `{}` is also valid with any other {lacking}", name.text);
        findings.warning(text.span, &told, "leave `message` out, or add what is missing");
    } else if is_ambiguous(&message) {
        let told = format!(
            "a signature of the caller `{}` can be valid for another request, because a value in the \
             message can end where another one begins",
            name.text
        );
        findings.warning(
            text.span,
            &told,
            "leave `message` out, or separate the values with `\\n` and put the body last",
        );
    }
    Some(message)
}

/// What a replay could exchange.
fn uncovered(message: &Template) -> Vec<&'static str> {
    use RequestValue::{Method, Path, Query, Target, Url};
    let covers = |values: &[RequestValue]| message.request_values().any(|of| values.contains(of));
    let parts = [
        ("method", covers(&[Method])),
        ("path", covers(&[Path, Target, Url])),
        ("query", covers(&[Query, Target, Url])),
        // Other bodies can have the same sorted form.
        (
            "body",
            message.request_values().any(|of| of.buffers_request_body() && *of != RequestValue::SortedForm),
        ),
    ];
    parts.into_iter().filter_map(|(what, is_covered)| (!is_covered).then_some(what)).collect()
}

/// Whether two requests can have the same message: a value of any length and form is followed by something that it
/// could contain too. Values of a fixed length at the end cause no doubt.
fn is_ambiguous(message: &Template) -> bool {
    use RequestValue::{Body, BodySha256, Header, Nonce, Path, Query, SortedForm, Target, Timestamp, Url};
    let is_fixed = |part: &Part| match part {
        Part::Text(_) => true,
        Part::Request(of) => matches!(of, BodySha256(_) | Timestamp(_)),
        _ => false,
    };
    (0..message.parts.len()).any(|at| {
        let mut parts = message.parts.iter().skip(at);
        let (Some(Part::Request(of)), rest) = (parts.next(), parts) else { return false };
        if rest.clone().all(is_fixed) {
            return false;
        }
        let next = match rest.clone().next() {
            Some(Part::Text(text)) => text.chars().next(),
            _ => None,
        };
        match of {
            Body | SortedForm => true,
            Path => !matches!(next, Some('\n' | '?')),
            Query | Target | Url | Nonce | Header(_) => next != Some('\n'),
            _ => false,
        }
    })
}

fn holds(put: &[Output], of: &RequestValue) -> bool {
    put.iter().any(|output| output.value.request_values().any(|value| value == of))
}

impl Reader<'_, '_, '_> {
    /// What a caller puts on its requests.
    fn shown(&mut self, value: Value<'_>) -> Option<Vec<Output>> {
        let outputs = self.outputs_within(value, Scope::Shown)?;
        let mut sound = true;
        for (at, (output, span)) in outputs.iter().enumerate() {
            let is_earlier = |(other, _): &(Output, Span)| is_same_place(&output.place, &other.place);
            let parts = output.value.parts.iter();
            let fault = if output.place.body().is_some() {
                Some((
                    "a caller sends its signature in a header or in the query",
                    "write `header` or `query`",
                ))
            } else if outputs.iter().take(at).any(is_earlier) {
                Some(("two tables name this place", "remove one of the two"))
            } else if !parts.clone().all(|part| matches!(part, Part::Text(_) | Part::Request(_))) {
                Some((
                    "`put` of a caller can only contain texts and values of the request",
                    "remove the other placeholder",
                ))
            } else if parts
                .clone()
                .zip(parts.skip(1))
                .any(|pair| matches!(pair, (Part::Request(_), Part::Request(_))))
            {
                Some((
                    "there is no text between two values, so it is not clear where the first one ends",
                    "write a text between them",
                ))
            } else {
                None
            };
            if let Some((message, instead)) = fault {
                self.findings.error(*span, message, instead);
                sound = false;
            }
        }
        let put: Vec<Output> = outputs.into_iter().map(|(output, _)| output).collect();
        let count = |is: fn(&RequestValue) -> bool| {
            put.iter().flat_map(|output| output.value.request_values()).filter(|of| is(of)).count()
        };
        for (what, number, most) in [
            ("the signature", count(|of| *of == RequestValue::Signature), 1),
            ("the time", count(|of| matches!(of, RequestValue::Timestamp(_))), 1),
        ] {
            if sound && number != most {
                let message = if number == 0 {
                    format!("no table of `put` has {what}")
                } else {
                    format!("`put` has {what} twice")
                };
                self.findings.error(value.span(), &message, &format!("write `{PUT}`"));
                sound = false;
            }
        }
        if sound && count(|of| *of == RequestValue::Nonce) > 1 {
            self.findings.error(value.span(), "`put` has the nonce twice", "remove one of the two");
            sound = false;
        }
        sound.then_some(put)
    }
}

fn is_same_place(one: &OutputPlace, other: &OutputPlace) -> bool {
    match (one, other) {
        (OutputPlace::Header(one), OutputPlace::Header(other)) => fold(one.as_str()) == fold(other.as_str()),
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::{GATEWAY, WRANGLER, accepted, assert_diagnostics, outcome, replaced};
    use super::*;
    use ostiary_core::configuration::{CallerAuthentication, Forms, HmacAlgorithm, KeyEncoding};

    #[test]
    fn tells_what_is_wrong_with_a_caller_that_signs() {
        assert_diagnostics(include_str!("diagnostics/hmac_callers.txt"));
    }

    fn proof(hmac: &str) -> HmacProof {
        let checked = accepted("bearer = \"${checkout}\"", &format!("hmac = {hmac}"));
        let CallerAuthentication::Hmac(proof) = checked.gateway.callers[0].authentication.clone() else {
            panic!("{hmac}")
        };
        proof
    }

    #[test]
    fn what_is_not_written_covers_the_whole_request() {
        let proof = proof("{ key = \"${checkout}\" }");
        assert_eq!(
            (proof.window, proof.algorithm, proof.encoding),
            (300, HmacAlgorithm::Sha256, Encoding::Hex)
        );
        let message: Vec<String> = proof
            .message
            .parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.to_string(),
                Part::Request(value) => value.to_string(),
                _ => panic!("{part:?}"),
            })
            .collect();
        assert_eq!(message.concat(), "method\nhost\ntarget\ntimestamp\nnonce\nbody_sha256");
        assert_eq!(
            proof.headers().collect::<Vec<_>>(),
            ["x-caller", "x-timestamp", "x-nonce", "x-signature"]
        );
        assert_eq!(proof.put[0].value, template(vec![Part::Text("checkout".into())]));
        assert!(proof.buffers_request_body());
    }

    #[test]
    fn every_key_is_heeded() {
        let proof = proof(
            "{ key = \"${checkout.key}\", key_encoding = \"base64\", algorithm = \"sha512\", encoding = \"base64url\", window = \"30s\", message = \"${request.timestamp.rfc3339}.${request.body}\", put = [{ query = \"sig\", value = \"${request.signature}\" }, { header = \"x-date\", value = \"${request.timestamp.rfc3339}\" }] }",
        );
        assert_eq!(proof.field.as_deref(), Some("key"));
        assert_eq!((proof.window, proof.algorithm), (30, HmacAlgorithm::Sha512));
        assert_eq!((proof.key_encoding, proof.encoding), (KeyEncoding::Base64, Encoding::Base64Url));
        assert_eq!(proof.parameters().collect::<Vec<_>>(), ["sig"]);
    }

    #[test]
    fn a_nonce_is_signed_where_it_is_put() {
        let time_and_signature = "{ header = \"x-t\", value = \"${request.timestamp}\" }, { header = \"x-s\", value = \"${request.signature}\" }";
        for (nonce, expected) in [("", false), (", { header = \"x-n\", value = \"${request.nonce}\" }", true)]
        {
            let proof = proof(&format!("{{ key = \"${{checkout}}\", put = [{time_and_signature}{nonce}] }}"));
            let is_signed = proof.message.request_values().any(|of| *of == RequestValue::Nonce);
            assert_eq!((is_signed, holds(&proof.put, &RequestValue::Nonce)), (expected, expected));
        }
    }

    #[test]
    fn the_places_of_a_signature_are_not_forwarded() {
        let checked = accepted("bearer = \"${checkout}\"", "hmac = { key = \"${checkout}\" }");
        let route = &checked.gateway.routes[0];
        let stripped: Vec<&str> = route.strip_headers.iter().map(HeaderName::as_str).collect();
        assert_eq!(stripped, ["x-caller", "x-timestamp", "x-nonce", "x-signature"]);
        let put = "put = [{ query = \"t\", value = \"${request.timestamp}\" }, { query = \"s\", value = \"${request.signature}\" }]";
        let checked =
            accepted("bearer = \"${checkout}\"", &format!("hmac = {{ key = \"${{checkout}}\", {put} }}"));
        assert_eq!(checked.gateway.routes[0].strip_query.as_ref(), ["t", "s"]);
        let gateway = replaced(GATEWAY, "bearer = \"${checkout}\"", "hmac = { key = \"${checkout}\" }");
        let gateway = replaced(&gateway, "auth = {", "forward_headers = [\"x-other\"]\nauth = {");
        assert!(outcome(&gateway, WRANGLER).is_ok());
        let forms = Forms { hmac_callers: true, body: true, ..Forms::NONE };
        assert_eq!(Forms::used_by(&checked.gateway), forms);
    }

    #[test]
    fn a_message_that_leaves_something_out_earns_a_warning() {
        let hmac = "hmac = { key = \"${checkout}\", message = \"${request.timestamp} ${request.nonce} ${request.path}\" }";
        let checked = accepted("bearer = \"${checkout}\"", hmac);
        let [told] = &checked.warnings[..] else { panic!("{:?}", checked.warnings) };
        assert!(told.to_string().contains("is also valid with any other method, query, body"), "{told}");
        assert!(!Forms::used_by(&checked.gateway).body);
    }

    #[test]
    fn a_message_that_two_requests_can_have_earns_a_warning() {
        let warnings = |message: &str| {
            let hmac = format!("hmac = {{ key = \"${{checkout}}\", message = \"{message}\" }}");
            let checked = accepted("bearer = \"${checkout}\"", &hmac);
            checked.warnings.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let whole = "${request.method}\\n${request.target}\\n${request.timestamp}\\n${request.nonce}\\n";
        for sound in [
            format!("{whole}${{request.body}}"),
            format!("{whole}${{request.body_sha256}}"),
            "${request.timestamp}${request.method}${request.target}\\n${request.nonce}\\n${request.body}"
                .to_owned(),
            format!("{whole}${{request.body_sha256}}\\n"),
            "${request.method}\\n${request.path}\\n${request.query}\\n${request.nonce}\\n${request.body_sha256}${request.timestamp}".to_owned(),
            "${request.method}\\n${request.path}?${request.query}\\n${request.nonce} ${request.body_sha256} ${request.timestamp}".to_owned(),
        ] {
            assert_eq!(warnings(&sound), <[String; 0]>::default(), "{sound}");
        }
        for doubtful in [
            "${request.timestamp}${request.nonce}\\n${request.method}${request.target}${request.body}",
            "${request.body}\\n${request.method}\\n${request.target}\\n${request.timestamp}\\n${request.nonce}",
            "${request.method}${request.target}\\n${request.timestamp}.${request.nonce}.${request.body}",
            "${request.method}\\n${request.path}${request.query}\\n${request.timestamp}\\n${request.nonce}\\n${request.body}",
            "${request.method}\\n${request.path}&${request.query}\\n${request.timestamp}\\n${request.nonce}\\n${request.body}",
        ] {
            let warnings = warnings(doubtful);
            assert!(
                warnings.concat().contains("can be valid for another request"),
                "{doubtful}: {warnings:?}"
            );
        }
        let sorted = warnings(&format!("{whole}${{request.sorted_form}}"));
        assert!(sorted.concat().contains("is also valid with any other body"), "{sorted:?}");
    }

    #[test]
    fn a_body_limit_has_a_meaning_where_callers_sign_bodies() {
        let limit = |hmac: &str| {
            let gateway = replaced(GATEWAY, "bearer = \"${checkout}\"", hmac);
            let gateway = replaced(&gateway, "auth = {", "body_limit = \"2MiB\"\nauth = {");
            outcome(&gateway, WRANGLER).map(|checked| checked.gateway.routes[0].body_limit)
        };
        assert_eq!(limit("hmac = { key = \"${checkout}\" }"), Ok(2 * 1024 * 1024));
        assert!(limit("bearer = \"${checkout}\"").is_err());
    }
}
