//! The subprotocols of a WebSocket handshake (RFC 6455 §1.9).

/// The request header that offers them, and the response header that selects one (RFC 6455 §11.3.4).
pub const HEADER: &str = "sec-websocket-protocol";

/// The items of the header, in their order.
pub fn items(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(|item| item.trim_matches([' ', '\t'])).filter(|item| !item.is_empty())
}
