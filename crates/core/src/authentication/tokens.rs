//! The tokens that a request shows.

use super::sigv4;
use crate::configuration::TokenPlace;
use crate::digest::{Digest, digest};
use crate::http::header_name::is_token;
use crate::http::{base64, query, subprotocol};
use crate::runtime::RequestHead;
use crate::secret_value::SecretValue;

/// More different texts than any client shows. Without a bound, a query of thousands of them would be hashed and
/// compared with every caller's token, for somebody who is not known yet.
const MOST: usize = 16;

const AUTHORIZATION: &str = "authorization";

/// A text in one of the places where callers show their tokens. It is not known yet whether it is a token.
#[derive(Debug)]
pub struct Token {
    /// What it is compared by.
    pub digest: Digest,
    /// The text.
    pub text: SecretValue,
}

/// Everything that is in the places where the route's callers show their tokens, each text once. Empty texts do not
/// count, nor do those that are not UTF-8, and more than `MOST` count as none.
#[must_use]
pub fn tokens(places: &[TokenPlace], head: &impl RequestHead, query: Option<&str>) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let few = shown(places, head, query, |text| {
        let digest = digest(text);
        if let Ok(text) = str::from_utf8(text)
            && !tokens.iter().any(|known| known.digest == digest)
        {
            tokens.push(Token { digest, text: SecretValue::new(text.to_owned()) });
        }
        tokens.len() <= MOST
    });
    if few { tokens } else { Vec::new() }
}

/// Hands over everything that stands where the route's callers show their tokens and is not empty, until `take`
/// says no; whether it never did.
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
                if let Some(id) = sigv4::access_key_id(head.header(AUTHORIZATION)) {
                    found.add(id.as_bytes());
                }
                for id in query.into_iter().flat_map(sigv4::access_key_ids) {
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

    /// The whole value, and what stands where the route's auth has the secret.
    fn add_within(&mut self, value: &[u8], before: &[u8], after: &[u8]) {
        self.add(value);
        if let Some(inner) = value.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)) {
            self.add(inner);
        }
    }

    /// As [`Shown::add_within`]. A scheme has no case (RFC 9110 §11.1), so what comes before a token in `Authorization`
    /// is compared without it.
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

    /// The password, or the user name where the password is empty (RFC 7617 §2).
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

/// What `Authorization` holds (RFC 9110 §11.4). Schemes are compared without case.
enum Credentials<'h> {
    /// The Base64 of a user name and a password.
    Basic(&'h str),
    /// Elasticsearch's scheme: the Base64 of `id:key`. A client of its takes that text or the two parts from its user,
    /// so the text can be the token too.
    ApiKey(&'h str),
    /// What follows any other scheme, or the whole value where there is none.
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
