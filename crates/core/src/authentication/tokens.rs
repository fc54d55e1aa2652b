//! Step 3: the places in which a request shows tokens.

use super::sigv4_token;
use crate::configuration::TokenPlace;
use crate::digest::{Digest, digest};
use crate::http::header_name::is_token;
use crate::http::{base64, query, subprotocol};
use crate::runtime::RequestHead;
use crate::secret_value::SecretValue;

/// More different texts than any client sends. Without a limit, thousands of texts in a query would be hashed and
/// compared with every caller's token, for an unauthenticated request.
const MAX_TOKENS: usize = 16;

/// More texts than any client sends, also if some are the same. Each is hashed.
const MAX_SHOWN: usize = 64;

const AUTHORIZATION: &str = "authorization";

/// A text in a token place. It has not been checked yet.
#[derive(Debug)]
pub struct Token {
    /// The digest for comparisons.
    pub digest: Digest,
    /// The text.
    pub text: SecretValue,
}

/// The texts in the route's token places, without duplicates. Empty texts and texts that are not UTF-8 are ignored. If
/// there are more than `MAX_TOKENS`, or more than `MAX_SHOWN` with the duplicates, the result is empty.
#[must_use]
pub fn tokens(places: &[TokenPlace], head: &impl RequestHead, query: Option<&str>) -> Vec<Token> {
    let (mut tokens, mut count) = (Vec::<Token>::new(), 0);
    let few = shown(places, head, query, |text| {
        count += 1;
        let digest = digest(text);
        if let Ok(text) = str::from_utf8(text)
            && !tokens.iter().any(|known| known.digest == digest)
        {
            tokens.push(Token { digest, text: SecretValue::new(text.to_owned()) });
        }
        tokens.len() <= MAX_TOKENS && count <= MAX_SHOWN
    });
    if few { tokens } else { Vec::new() }
}

/// Calls `take` with each text in the route's token places that is not empty, until it returns `false`. Returns whether
/// it never did.
pub fn shown(
    places: &[TokenPlace],
    head: &impl RequestHead,
    query: Option<&str>,
    take: impl FnMut(&[u8]) -> bool,
) -> bool {
    let mut found = Shown { take, wanted: true };
    for place in places {
        match place {
            TokenPlace::Bearer => {
                if let Some(credentials) = Credentials::from_head(head) {
                    found.add_credentials(&credentials);
                }
            }
            TokenPlace::Basic => {
                if let Some(Credentials::Basic(pair)) = Credentials::from_head(head) {
                    found.add_pair(pair);
                }
            }
            TokenPlace::SigV4 => {
                if let Some(id) = sigv4_token::access_key_id(head.header(AUTHORIZATION)) {
                    found.add(id.as_bytes());
                }
                for id in query.into_iter().flat_map(sigv4_token::access_key_ids) {
                    found.add(&id);
                    if !found.wanted {
                        return false;
                    }
                }
            }
            TokenPlace::Header { name, before, after } => {
                if let Some(value) = head.header(name.as_str()) {
                    found.add_header(name.as_str(), value.trim_matches([' ', '\t']), before, after);
                }
            }
            TokenPlace::Query { name, before, after } => {
                for parameter in query.into_iter().flat_map(query::parameters) {
                    if *parameter.name() == *name.as_bytes() {
                        found.add_within(&parameter.value(), before.as_bytes(), after.as_bytes());
                    }
                    if !found.wanted {
                        return false;
                    }
                }
            }
            TokenPlace::Subprotocol { prefix } => {
                for item in subprotocols(head) {
                    found.add(item.strip_prefix(prefix.as_ref()).unwrap_or_default().as_bytes());
                }
            }
            TokenPlace::NextSubprotocol { name } => {
                for (item, next) in subprotocols(head).zip(subprotocols(head).skip(1)) {
                    found.add(if item == name { next.as_bytes() } else { &[] });
                }
            }
        }
    }
    found.wanted
}

struct Shown<T> {
    take: T,
    wanted: bool,
}

impl<T: FnMut(&[u8]) -> bool> Shown<T> {
    fn add(&mut self, token: &[u8]) {
        self.wanted = self.wanted && (token.is_empty() || (self.take)(token));
    }

    /// Adds the whole value, and the part of it that replaces the secret in the route's auth.
    fn add_within(&mut self, value: &[u8], before: &[u8], after: &[u8]) {
        self.add(value);
        if let Some(inner) = value.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)) {
            self.add(inner);
        }
    }

    /// The same as [`Shown::add_within`]. The text before a token in `Authorization` is compared ignoring case, because
    /// schemes are case-insensitive (RFC 9110 §11.1).
    fn add_header(&mut self, name: &str, value: &str, before: &str, after: &str) {
        let spelled = value.get(..before.len()).filter(|start| start.eq_ignore_ascii_case(before));
        let before = if name == AUTHORIZATION { spelled.unwrap_or(before) } else { before };
        self.add_within(value.as_bytes(), before.as_bytes(), after.as_bytes());
    }

    fn add_credentials(&mut self, credentials: &Credentials<'_>) {
        match credentials {
            Credentials::Basic(_) => {}
            Credentials::ApiKey(key) => {
                self.add(key.as_bytes());
                self.add_pair(key);
            }
            Credentials::Other(text) => self.add(text.as_bytes()),
        }
    }

    /// Adds the password, or the user name if the password is empty (RFC 7617 §2).
    fn add_pair(&mut self, encoded: &str) {
        let Some(pair) = base64::decode(encoded) else { return };
        let mut parts = pair.splitn(2, |byte| *byte == b':');
        match (parts.next(), parts.next()) {
            (Some(username), Some([]) | None) => self.add(username),
            (_, Some(password)) => self.add(password),
            (None, None) => {}
        }
    }
}

/// The credentials in `Authorization` (RFC 9110 §11.4). Schemes are case-insensitive.
enum Credentials<'h> {
    /// The Base64 of a user name and a password.
    Basic(&'h str),
    /// Elasticsearch's scheme: the Base64 of `id:key`. Its clients are configured with this text or with the two parts,
    /// so the text itself can be the token too.
    ApiKey(&'h str),
    /// The text after any other scheme, or the whole value if there is no scheme.
    Other(&'h str),
}

impl<'h> Credentials<'h> {
    fn from_head(head: &'h impl RequestHead) -> Option<Self> {
        let value = head.header(AUTHORIZATION)?.trim_matches([' ', '\t']);
        let (scheme, credentials) = match value.split_once(' ') {
            Some((scheme, rest)) if is_token(scheme) => (scheme, rest.trim_start_matches(' ')),
            _ if ["basic", "bearer"].iter().any(|scheme| value.eq_ignore_ascii_case(scheme)) => return None,
            _ => ("", value),
        };
        let is = |name: &str| scheme.eq_ignore_ascii_case(name);
        Some(match scheme {
            _ if is("basic") => Self::Basic(credentials),
            _ if is("apikey") => Self::ApiKey(credentials),
            _ => Self::Other(credentials),
        })
    }
}

fn subprotocols(head: &impl RequestHead) -> impl Iterator<Item = &str> {
    head.header(subprotocol::HEADER).into_iter().flat_map(subprotocol::items)
}
