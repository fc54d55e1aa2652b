//! The tokens that a request shows.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::sigv4;
use crate::configuration::TokenPlace;
use crate::digest::{Digest, digest};
use crate::http::query;
use crate::runtime::RequestHead;

/// Clients disagree on the padding of Basic's Base64.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// More different texts than any client shows. Without a bound, a query of thousands of them would be hashed and
/// compared with every caller's token, for somebody who is not known yet.
const MOST: usize = 16;

/// The digests of everything that stands where the route's callers show their tokens. Empty texts do not
/// count, and more than `MOST` count as none. Nothing but digests leaves this function, so a token is
/// compared as one.
#[must_use]
pub fn token_digests(places: &[TokenPlace], head: &impl RequestHead, query: Option<&str>) -> Vec<Digest> {
    let mut digests: Vec<Digest> = Vec::new();
    let few = shown(places, head, query, |token| {
        let digest = digest(token);
        if !digests.contains(&digest) {
            digests.push(digest);
        }
        digests.len() <= MOST
    });
    if few { digests } else { Vec::new() }
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
                if let Some(token) = credentials(head, "bearer") {
                    found.add(token.as_bytes());
                }
            }
            TokenPlace::Basic => {
                if let Some(pair) = credentials(head, "basic").and_then(|text| LENIENT.decode(text).ok()) {
                    found.add(basic_token(&Zeroizing::new(pair)));
                }
            }
            TokenPlace::SigV4 => {
                if let Some(id) = sigv4::access_key_id(head.header("authorization")) {
                    found.add(id.as_bytes());
                }
                for id in query.into_iter().flat_map(sigv4::access_key_ids) {
                    found.add(&id);
                }
            }
            TokenPlace::Header { name, before, after } => {
                if let Some(value) = head.header(name.as_str()) {
                    found.add_within(value.trim_matches([' ', '\t']).as_bytes(), before, after);
                }
            }
            TokenPlace::Query { name, before, after } => {
                for parameter in query.into_iter().flat_map(query::parameters) {
                    if *parameter.name() == *name.as_bytes() {
                        found.add_within(&parameter.value(), before, after);
                    }
                    if !found.wanted {
                        return false;
                    }
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
    fn add_within(&mut self, value: &[u8], before: &str, after: &str) {
        self.add(value);
        let inner =
            value.strip_prefix(before.as_bytes()).and_then(|rest| rest.strip_suffix(after.as_bytes()));
        if let Some(inner) = inner {
            self.add(inner);
        }
    }
}

/// What follows this scheme in `Authorization` (RFC 9110 §11.4).
fn credentials<'h>(head: &'h impl RequestHead, scheme: &str) -> Option<&'h str> {
    let value = head.header("authorization")?.trim_matches([' ', '\t']);
    let (name, rest) = value.split_once(' ')?;
    name.eq_ignore_ascii_case(scheme).then(|| rest.trim_start_matches(' '))
}

/// The password, or the user name where the password is empty (RFC 7617 §2).
fn basic_token(pair: &[u8]) -> &[u8] {
    let mut parts = pair.splitn(2, |byte| *byte == b':');
    match (parts.next(), parts.next()) {
        (Some(username), Some([]) | None) => username,
        (_, Some(password)) => password,
        (None, None) => &[],
    }
}
