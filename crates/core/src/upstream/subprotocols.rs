//! Decides which WebSocket subprotocols of the caller are offered to the upstream (RFC 6455 §4.1).

use crate::authentication::proved::ProvedTokens;
use crate::configuration::TokenPlace;
use crate::http::subprotocol::items;

/// The subprotocols of a caller, separated from those that carry a token.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Subprotocols<'h> {
    /// The subprotocols that are offered to the upstream, in the caller's order.
    pub forwarded: Vec<&'h str>,
    /// The name after which the caller has listed its token. The gateway selects it if there is no other subprotocol,
    /// because a browser closes a connection for which none of its offers was selected.
    pub own: Option<&'h str>,
    /// Whether a subprotocol carries a token.
    pub carry_token: bool,
}

impl<'h> Subprotocols<'h> {
    /// Parses this `Sec-WebSocket-Protocol` header for a route with these token places.
    #[must_use]
    pub fn new(value: &'h str, places: &[TokenPlace], tokens: &ProvedTokens) -> Self {
        let mut sorted = Self::default();
        let mut names_next = false;
        for item in items(value) {
            let is_next = std::mem::take(&mut names_next);
            let is_name =
                |place: &TokenPlace| matches!(place, TokenPlace::NextSubprotocol { name } if name == item);
            let is_carrier = |place: &TokenPlace| matches!(place, TokenPlace::Subprotocol { prefix } if item.starts_with(prefix.as_ref()));
            if is_next || places.iter().any(is_carrier) || tokens.are_in(item.as_bytes()) {
                sorted.carry_token = true;
            } else if places.iter().any(is_name) {
                sorted.carry_token = true;
                names_next = true;
                sorted.own = Some(item);
            } else {
                sorted.forwarded.push(item);
            }
        }
        sorted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret_value::SecretValue;

    fn subprotocols(value: &str) -> Subprotocols<'_> {
        let places = [
            TokenPlace::Subprotocol { prefix: "openai-insecure-api-key.".into() },
            TokenPlace::NextSubprotocol { name: "bearer".into() },
        ];
        let tokens = ProvedTokens::new(vec![SecretValue::new("a-token-of-a-caller".to_owned())]);
        Subprotocols::new(value, &places, &tokens)
    }

    #[test]
    fn case_53_what_carries_a_token_is_left_out() {
        for (value, forwarded, own) in [
            ("realtime, openai-insecure-api-key.t, openai-beta.x", &["realtime", "openai-beta.x"][..], None),
            ("openai-insecure-api-key.t", &[], None),
            ("openai-insecure-api-key.", &[], None),
            ("bearer, t", &[], Some("bearer")),
            ("bearer,t,graphql-ws", &["graphql-ws"], Some("bearer")),
            ("graphql-ws, bearer", &["graphql-ws"], Some("bearer")),
            ("bearer, bearer, x", &["x"], Some("bearer")),
            ("x.a-token-of-a-caller.y, z", &["z"], None),
        ] {
            let expected = Subprotocols { forwarded: forwarded.to_vec(), own, carry_token: true };
            assert_eq!(subprotocols(value), expected, "{value}");
        }
    }

    #[test]
    fn all_others_are_forwarded() {
        for (value, forwarded) in [
            ("realtime", &["realtime"][..]),
            (" a ,\tb,, c", &["a", "b", "c"]),
            ("Bearer, bearer.x, xbearer", &["Bearer", "bearer.x", "xbearer"]),
            ("x-openai-insecure-api-key.t", &["x-openai-insecure-api-key.t"]),
            ("", &[]),
        ] {
            let expected = Subprotocols { forwarded: forwarded.to_vec(), own: None, carry_token: false };
            assert_eq!(subprotocols(value), expected, "{value}");
        }
    }
}
