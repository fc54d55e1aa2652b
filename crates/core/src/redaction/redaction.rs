//! What redaction does to one answer.

use super::{Redactor, Sent};
use crate::http::coding::Coding;
use crate::http::method::Method;
use crate::refusal::Code;
use crate::request_id::RequestId;
use crate::response::edits::Edits;
use crate::runtime::UpstreamResponse;

/// Says something of the bytes of a body, which are others once it has been scanned.
const OF_THE_BODY: &[&str] = &[
    "accept-ranges",
    "content-digest",
    "content-encoding",
    "content-length",
    "content-md5",
    "digest",
    "etag",
    "repr-digest",
];

/// How an answer goes down.
#[derive(Debug)]
pub enum Redaction {
    /// As it is: the route does not redact, or nothing was sent that could come back.
    None,
    /// It has no body. Its reason phrase is the upstream's text, and does not pass.
    Head,
    /// Its body is to be decoded and to go through the redactor. Its reason phrase does not pass.
    Body(Box<Redactor>, Coding),
}

impl Redaction {
    /// Looks for what was sent in the head of the answer to this method, and says what is to be done to the body.
    /// `edits` are those that are made in any case.
    ///
    /// - A part of a body is not passed on (RFC 9110 §15.3.7, RFC 3229 §10.4.1): another part could hold the rest of
    ///   a secret.
    /// - Every header is scanned, those too that the edits add. One whose name holds a secret goes.
    /// - What describes a body that is scanned goes.
    pub fn of(
        answer: &impl UpstreamResponse,
        method: Method,
        sent: &Sent<'_>,
        id: &RequestId,
        edits: &mut Edits,
    ) -> Result<Self, Code> {
        if sent.is_empty() {
            return Ok(Self::None);
        }
        let needles = sent.needles(id);
        let status = answer.status();
        if matches!(status, 206 | 226) {
            return Err(Code::UpstreamInvalid);
        }
        let is_empty = answer.header("content-length") == Some("0");
        let has_body = method != Method::Head && !matches!(status, 101 | 204 | 304) && !is_empty;
        let is_scanned = has_body && needles.longest() > 0;
        let coding = if is_scanned {
            Some(Coding::parse(answer.header("content-encoding")).map_err(|_| Code::UpstreamInvalid)?)
        } else {
            None
        };
        for name in answer.header_names() {
            if edits.remove.iter().any(|removed| removed == name) {
                continue;
            }
            if needles.stand_in_name(name) || (is_scanned && OF_THE_BODY.contains(&name)) {
                edits.remove.push(name.to_owned());
            } else if let Some(redacted) = answer.header(name).and_then(|value| needles.redact(value)) {
                edits.remove.push(name.to_owned());
                edits.add.push((name.to_owned().into(), redacted));
            }
        }
        for (_, value) in &mut edits.add {
            if let Some(redacted) = needles.redact(value) {
                *value = redacted;
            }
        }
        Ok(coding.map_or(Self::Head, |coding| Self::Body(Box::new(Redactor::new(needles)), coding)))
    }
}
