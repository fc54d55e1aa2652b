//! Step 1: the checks that every request has to pass.

use crate::http::cdn_loop::CdnId;
use crate::http::method::Method;
use crate::refusal::Code;
use crate::request::target::Target;
use crate::runtime::RequestHead;

/// A request that can be read in only one way.
#[derive(Clone, Debug)]
pub struct Admitted<'a> {
    /// The method.
    pub method: Method,
    /// The host, path and query.
    pub target: Target<'a>,
    /// Whether the request may have a body.
    pub has_body: bool,
    /// The value of `Content-Length`, in bytes; `None` if it is missing or malformed.
    pub length: Option<u64>,
    /// Whether the request asks for a WebSocket.
    pub is_upgrade: bool,
}

/// Admits a request, or returns the reason for refusing it.
pub fn admit(head: &impl RequestHead) -> Result<Admitted<'_>, Code> {
    let method = Method::parse(head.method()).ok_or(Code::MethodNotAllowed)?;
    let target = Target::parse(head.url(), head.header("host"))?;
    let bodiless = matches!(method, Method::Get | Method::Head);
    if bodiless && announces_body(head) {
        return Err(Code::BodyNotAllowed);
    }
    // An HTTP/2 request can have a body that no header announces.
    let has_body = !bodiless && (announces_body(head) || head.header("content-length").is_none());
    let length = head.header("content-length").and_then(|length| length.trim().parse().ok());
    if head.header("cdn-loop").is_some_and(|value| CdnId::new(&target.host).is_in(value)) {
        return Err(Code::LoopDetected);
    }
    let upgrade = head.header("upgrade").unwrap_or_default();
    let is_upgrade = method == Method::Get && upgrade.trim().eq_ignore_ascii_case("websocket");
    Ok(Admitted { method, target, has_body, length, is_upgrade })
}

/// The headers decide whether there is a body (RFC 9112 §6). The runtime's body object does not: some runtimes create
/// one for a length of 0.
fn announces_body(head: &impl RequestHead) -> bool {
    let length = head.header("content-length").map(str::trim);
    length.is_some_and(|length| length.bytes().any(|byte| byte != b'0'))
        || head.header("transfer-encoding").is_some()
}
