//! What a request must be before it is looked at.

use crate::http::cdn_loop::CdnId;
use crate::http::method::Method;
use crate::refusal::Code;
use crate::request::target::Target;
use crate::runtime::RequestHead;

/// A request that can be read in one way only.
#[derive(Clone, Debug)]
pub struct Admitted<'a> {
    /// A method that the gateway knows.
    pub method: Method,
    /// What it is for.
    pub target: Target<'a>,
    /// Whether a body may follow.
    pub has_body: bool,
    /// How long it says that its body is, in bytes; `None` where it says nothing that can be read.
    pub length: Option<u64>,
    /// Whether it asks for a WebSocket.
    pub is_upgrade: bool,
}

/// Admits a request, or says why not.
pub fn admit(head: &impl RequestHead) -> Result<Admitted<'_>, Code> {
    let method = Method::parse(head.method()).ok_or(Code::MethodNotAllowed)?;
    let target = Target::parse(head.url(), head.header("host"))?;
    let bodiless = matches!(method, Method::Get | Method::Head);
    if bodiless && announces_body(head) {
        return Err(Code::BodyNotAllowed);
    }
    // Over HTTP/2 a body need not be announced.
    let has_body = !bodiless && (announces_body(head) || head.header("content-length").is_none());
    let length = head.header("content-length").and_then(|length| length.trim().parse().ok());
    if head.header("cdn-loop").is_some_and(|value| CdnId::new(&target.host).is_in(value)) {
        return Err(Code::LoopDetected);
    }
    let upgrade = head.header("upgrade").unwrap_or_default();
    let is_upgrade = method == Method::Get && upgrade.trim().eq_ignore_ascii_case("websocket");
    Ok(Admitted { method, target, has_body, length, is_upgrade })
}

/// RFC 9112 §6: the framing says it. A runtime's body object does not: some make one for a length of 0.
fn announces_body(head: &impl RequestHead) -> bool {
    let length = head.header("content-length").map(str::trim);
    length.is_some_and(|length| length.bytes().any(|byte| byte != b'0'))
        || head.header("transfer-encoding").is_some()
}
