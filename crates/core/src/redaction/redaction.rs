//! What redaction does to one response.

use super::needles::Needles;
use super::range::{Part, RequestedRange};
use super::redactor::Judge;
use super::redactor::Redactor;
use super::sent::Sent;
use crate::http::charset;
use crate::http::coding::Coding;
use crate::http::method::Method;
use crate::http::range::ContentRange;
use crate::refusal::Code;
use crate::request_id::RequestId;
use crate::response::edits::Edits;
use crate::runtime::UpstreamResponse;

/// Digests of the body, which tell something of a secret that is covered in it: of a short one, a checksum tells most.
const DIGESTS: &[&str] = &[
    "content-digest",
    "content-md5",
    "digest",
    "repr-digest",
    "x-bz-content-sha1",
    "x-cos-hash-crc64ecma",
    "x-goog-hash",
    "x-ms-blob-content-md5",
    "x-ms-content-crc64",
    "x-oss-hash-crc64ecma",
];

/// The same, for families.
const DIGEST_PREFIXES: &[&str] = &["x-amz-checksum-", "x-checksum-"];

/// How the messages within a body are coded, of gRPC, gRPC-Web and Connect. Servers answer in the coding of the request's
/// messages, whatever it says that it accepts, and that coding cannot be taken from a request.
const CODINGS_OF_MESSAGES: &[&str] = &["connect-content-encoding", "grpc-encoding"];

/// Describes the bytes of a coded body, which is returned decoded.
const OF_A_CODED_BODY: &[&str] = &["accept-ranges", "content-encoding", "content-length"];

/// RFC 9110 §15.5.17.
const RANGE_NOT_SATISFIABLE: u16 = 416;

/// What is done to the body of a response.
#[derive(Debug)]
pub enum Redaction {
    /// Nothing: the route does not redact, or nothing was sent that could come back. The reason phrase passes too.
    None,
    /// There is no body. The reason phrase is the upstream's text, and does not pass.
    Head,
    /// The body is decoded and scanned. The reason phrase does not pass.
    Body {
        /// Scans it.
        redactor: Box<Redactor>,
        /// How it is coded.
        coding: Coding,
        /// Its length in bytes as the caller gets it, where that is known.
        length: Option<u64>,
    },
}

impl Redaction {
    /// Looks for what was sent in the head of the response to this method, and says what is to be done to the body.
    /// `edits` are those that are made in any case; `range` is what was asked for.
    ///
    /// 1. A part of a body is cut to what the caller wanted. One that was not asked for is refused: another part could hold
    ///    the rest of a secret (RFC 9110 §15.3.7, RFC 3229 §10.4.1).
    /// 2. A body in an encoding that cannot be searched is refused.
    /// 3. Every header is scanned, those too that the edits add. One whose name holds a secret is removed.
    /// 4. Digests of the body are removed, and what describes it as it was coded, also where none comes: what is compressed
    ///    together with a text of the caller's has a length that tells how much of the secret that text holds. Length, entity
    ///    tag and ranges of other bodies stay true, since a mark has as many bytes as what it covers; HEAD says the same as GET.
    pub fn new(
        response: &impl UpstreamResponse,
        method: Method,
        sent: &Sent<'_>,
        range: Option<RequestedRange>,
        id: &RequestId,
        edits: &mut Edits,
    ) -> Result<Self, Code> {
        if sent.is_empty() {
            return Ok(Self::None);
        }
        let mut needles = sent.needles(id);
        let status = response.status();
        let has_body = !matches!(status, 101 | 204 | 304);
        let is_scanned = has_body && needles.longest() > 0;
        let part = if is_scanned { part(response, range, &needles)? } else { None };
        let coding = if is_scanned { coding(response, method, part.is_some())? } else { Coding::Identity };
        let is_coded = Coding::parse(response.header("content-encoding")) != Ok(Coding::Identity);
        redact_head(response, &needles, is_coded && needles.longest() > 0, edits);
        edits.redacted = needles.newly_found().into_iter().map(str::to_owned).collect();
        if method == Method::Head || !is_scanned {
            return Ok(Self::Head);
        }
        let length = match (&part, coding) {
            (Some(part), _) => Some(part.apply(edits)),
            (None, Coding::Identity) => {
                response.header("content-length").and_then(|length| length.trim().parse().ok())
            }
            (None, _) => None,
        };
        let redactor = match part {
            Some(Part::Bytes(wanted, _)) => Redactor::cut(needles, wanted),
            Some(Part::Unsatisfiable(_)) => Redactor::cut(needles, 0..0),
            None => Redactor::new(needles),
        };
        Ok(Self::Body { redactor: Box::new(redactor.judged_by(judge(response))), coding, length })
    }
}

/// What tells by the first bytes of a body whether it cannot be searched; `None` where it is no text.
fn judge(response: &impl UpstreamResponse) -> Option<Judge> {
    let part = response.header("content-range").and_then(ContentRange::parse);
    let is_beginning = response.status() != 206 || part.is_some_and(|part| part.first == 0);
    let judge = if is_beginning { charset::is_foreign } else { charset::has_zeros };
    charset::is_text(response.header("content-type")).then_some(judge)
}

/// What looks at the first bytes of a body before its head is returned, since the body does not say its encoding. What is
/// found out later ends the body. Events are always UTF-8, and can be long in coming.
#[must_use]
pub fn judge_first(response: &impl UpstreamResponse, method: Method) -> Option<Judge> {
    let has_body = method != Method::Head && !matches!(response.status(), 101 | 204 | 304);
    // A body that is coded all the same is decoded as it is read.
    let is_coded = response.header("content-encoding").is_some();
    let content_type = response.header("content-type").unwrap_or_default().trim_start().to_ascii_lowercase();
    let says_encoding = content_type.contains("charset") || content_type.starts_with("text/event-stream");
    judge(response).filter(|_| has_body && !is_coded && !says_encoding)
}

/// Step 1.
fn part(
    response: &impl UpstreamResponse,
    range: Option<RequestedRange>,
    needles: &Needles,
) -> Result<Option<Part>, Code> {
    match (response.status(), range) {
        (206, Some(range)) => {
            let received = response.header("content-range").and_then(ContentRange::parse);
            range.part(received.ok_or(Code::UpstreamInvalid)?, needles.reach()).map(Some)
        }
        (206 | 226, _) => Err(Code::UpstreamInvalid),
        _ => Ok(None),
    }
}

/// Step 2. HEAD has no body that could be refused.
fn coding(response: &impl UpstreamResponse, method: Method, is_part: bool) -> Result<Coding, Code> {
    // The runtime takes off the chunks alone, and hands through what is compressed below them (RFC 9112 §6.1).
    let transfer = response.header("transfer-encoding").unwrap_or_default();
    let messages = CODINGS_OF_MESSAGES.iter().filter_map(|name| response.header(name));
    let is_plain =
        |coding: &str| matches!(coding.trim().to_ascii_lowercase().as_str(), "" | "chunked" | "identity");
    if !transfer.split(',').chain(messages).all(is_plain) {
        return Err(Code::UpstreamInvalid);
    }
    let coding = Coding::parse(response.header("content-encoding"));
    let is_searchable = response.header("content-type").is_none_or(charset::is_searchable);
    match coding {
        Ok(coding) if is_searchable && (coding == Coding::Identity || !is_part) => Ok(coding),
        _ if method == Method::Head => Ok(Coding::Identity),
        _ => Err(Code::UpstreamInvalid),
    }
}

/// Steps 3 and 4.
fn redact_head(response: &impl UpstreamResponse, needles: &Needles, is_coded: bool, edits: &mut Edits) {
    let is_searched = needles.longest() > 0;
    let is_of_the_body = |name: &str| {
        (is_searched
            && (DIGESTS.contains(&name) || DIGEST_PREFIXES.iter().any(|prefix| name.starts_with(prefix))))
            || (is_coded && OF_A_CODED_BODY.contains(&name))
    };
    for name in response.header_names() {
        if edits.remove.iter().any(|removed| removed == name) {
            continue;
        }
        if needles.stand_in_name(name) || is_of_the_body(name) {
            edits.remove.push(name.to_owned());
        } else if is_coded
            && name == "etag"
            && let Some(tag) = response.header(name).filter(|tag| !tag.starts_with("W/"))
        {
            // It names the coded bytes (RFC 9110 §8.8.3.3); what is returned means the same.
            edits.remove.push(name.to_owned());
            edits.add.push((name.to_owned().into(), format!("W/{tag}")));
        } else if let Some(redacted) = response.header(name).and_then(|value| needles.redact(value)) {
            edits.remove.push(name.to_owned());
            edits.add.push((name.to_owned().into(), redacted));
        }
    }
    for (_, value) in &mut edits.add {
        if let Some(redacted) = needles.redact(value) {
            *value = redacted;
        }
    }
}

impl Part {
    /// Adds what the head says of the part, and returns its length.
    fn apply(&self, edits: &mut Edits) -> u64 {
        let (length, content_range) = match self {
            Self::Bytes(wanted, content_range) => (wanted.end - wanted.start, content_range.to_string()),
            Self::Unsatisfiable(total) => {
                edits.status = Some(RANGE_NOT_SATISFIABLE);
                let total = total.map_or_else(|| "*".to_owned(), |total| total.to_string());
                (0, format!("bytes */{total}"))
            }
        };
        for (name, value) in [("content-range", content_range), ("content-length", length.to_string())] {
            edits.remove.push(name.to_owned());
            edits.add.push((name.into(), value));
        }
        length
    }
}
