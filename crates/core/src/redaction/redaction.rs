//! Decides what redaction does to one response.

use super::injected_secrets::InjectedSecrets;
use super::needles::Needles;
use super::range::{Part, RequestedRange};
use super::redactor::EncodingCheck;
use super::redactor::Redactor;
use crate::http::body_header::{is_digest, is_of_the_bytes};
use crate::http::charset;
use crate::http::coding::Coding;
use crate::http::method::Method;
use crate::http::range::ContentRange;
use crate::http::status::has_body;
use crate::refusal::Code;
use crate::request_id::RequestId;
use crate::response::edits::{Edits, is_in};
use crate::runtime::UpstreamResponse;

/// The coding of the messages within a body, in gRPC, gRPC-Web and Connect. Servers respond in the coding of the
/// request's messages, whatever the request accepts, and the gateway cannot change the coding of a request's messages.
const CODINGS_OF_MESSAGES: &[&str] = &["connect-content-encoding", "grpc-encoding"];

/// RFC 9110 §15.5.17.
const RANGE_NOT_SATISFIABLE: u16 = 416;

/// What redaction does to the body of a response.
#[derive(Debug)]
pub enum Redaction {
    /// Nothing: the route does not redact, or no secret was injected. The reason phrase is returned too.
    None,
    /// The head is searched, and the body is not: there is none, or every value is too short. The reason phrase is not
    /// returned, because it is text of the upstream.
    Head,
    /// The body is decoded and scanned. The reason phrase is not returned.
    Body {
        /// Scans the body.
        redactor: Box<Redactor>,
        /// The content coding of the body.
        coding: Coding,
        /// The length of the body that the caller gets, in bytes, where that is known.
        length: Option<u64>,
    },
}

impl Redaction {
    /// Searches the head of the response, and decides what is done to the body. `edits` are the changes that are made
    /// in any case; `range` is the range that was requested.
    ///
    /// 1. A partial body is cut to what the caller wanted. A partial body that was not requested is refused, because
    ///    another part could hold the rest of a secret (RFC 9110 §15.3.7, RFC 3229 §10.4.1).
    /// 2. A body in an encoding that cannot be searched is refused.
    /// 3. Every header is scanned, including those that the edits add. A header whose name contains a secret is
    ///    removed.
    /// 4. Digests of the body are removed, and so are headers that describe its coded form, also for HEAD: the length
    ///    of a compressed body tells how much of a secret is repeated in text of the caller's. For other bodies,
    ///    length, entity tag and ranges stay true, because a mark has as many bytes as what it covers.
    pub fn new(
        response: &impl UpstreamResponse,
        method: Method,
        injected: &InjectedSecrets<'_>,
        range: Option<RequestedRange>,
        id: &RequestId,
        edits: &mut Edits,
    ) -> Result<Self, Code> {
        if injected.is_empty() {
            return Ok(Self::None);
        }
        let mut needles = injected.needles(id);
        let is_searched = injected.is_searched_in_bodies();
        let is_scanned = is_searched && has_body(response.status());
        let part = if is_scanned { part(response, range, &needles)? } else { None };
        let coding = if is_scanned { coding(response, method, part.is_some())? } else { Coding::Identity };
        let is_coded = Coding::parse(response.header("content-encoding")) != Ok(Coding::Identity);
        redact_head(response, &needles, is_searched, is_searched && is_coded, edits);
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
        Ok(Self::Body {
            redactor: Box::new(redactor.with_encoding_check(encoding_check(response))),
            coding,
            length,
        })
    }
}

/// The function that judges by its first bytes whether a body cannot be searched; `None` for a body that is not text.
fn encoding_check(response: &impl UpstreamResponse) -> Option<EncodingCheck> {
    let part = response.header("content-range").and_then(ContentRange::parse);
    let is_beginning = response.status() != 206 || part.is_some_and(|part| part.first == 0);
    let check = if is_beginning { charset::is_unsearchable } else { charset::has_zeros };
    charset::is_text(response.header("content-type")).then_some(check)
}

/// The function that judges the first bytes before the head is returned, for a body whose head does not name its
/// encoding. Once the head has been returned, such a body can only be aborted. Server-sent events are not judged: they
/// are always UTF-8, and the first one may take long to arrive.
#[must_use]
pub fn encoding_check_before_head(response: &impl UpstreamResponse, method: Method) -> Option<EncodingCheck> {
    let has_body = method != Method::Head && has_body(response.status());
    // A body that is coded, although no coding was accepted, is decoded while it is read.
    let is_coded = response.header("content-encoding").is_some();
    let content_type = response.header("content-type").unwrap_or_default().trim_start().to_ascii_lowercase();
    let says_encoding = content_type.contains("charset") || content_type.starts_with("text/event-stream");
    encoding_check(response).filter(|_| has_body && !is_coded && !says_encoding)
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
    // The runtime removes the chunked coding only; a coding below it is passed on (RFC 9112 §6.1).
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
fn redact_head(
    response: &impl UpstreamResponse,
    needles: &Needles,
    is_searched: bool,
    is_coded: bool,
    edits: &mut Edits,
) {
    // A digest tells something about a covered secret; a checksum tells most of a short one.
    let is_of_the_body = |name: &str| (is_searched && is_digest(name)) || (is_coded && is_of_the_bytes(name));
    let (removed, mut remove, mut add) = (edits.removed(), Vec::new(), Vec::new());
    for name in response.header_names() {
        if is_in(&removed, name) {
            continue;
        }
        if needles.occur_in_name(name) || is_of_the_body(name) {
            remove.push(name.to_owned());
        } else if is_coded
            && name == "etag"
            && let Some(tag) = response.header(name).filter(|tag| !tag.starts_with("W/"))
        {
            // A strong entity tag names the coded bytes (RFC 9110 §8.8.3.3); the decoded body has the same meaning.
            remove.push(name.to_owned());
            add.push((name.to_owned().into(), format!("W/{tag}")));
        } else if let Some(redacted) = response.header(name).and_then(|value| needles.redact(value)) {
            remove.push(name.to_owned());
            add.push((name.to_owned().into(), redacted));
        }
    }
    edits.remove.extend(remove);
    edits.add.extend(add);
    for (_, value) in &mut edits.add {
        if let Some(redacted) = needles.redact(value) {
            *value = redacted;
        }
    }
}

impl Part {
    /// Adds the headers of the part, and returns its length in bytes.
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
