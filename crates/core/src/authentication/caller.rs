//! Who asks.

use subtle::{Choice, ConstantTimeEq as _};

use crate::configuration::{Caller, CallerId, Gateway, Proof, Secret};
use crate::digest::{Digest, digest};
use crate::refusal::Code;
use crate::runtime::Bindings;
use crate::runtime::reading::Reading;
use crate::secrets::readings::Readings;

/// Why nobody is proved. The caller is told no more than that; the log tells the four apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, thiserror::Error)]
pub enum AuthenticationError {
    /// The request shows no token.
    #[serde(rename = "token_absent")]
    #[error("the request shows no token")]
    Absent,
    /// No token that it shows is one of this route's callers'.
    #[serde(rename = "token_unknown")]
    #[error("no token of the request is known")]
    Unknown,
    /// Its tokens are of different callers.
    #[serde(rename = "token_contradictory")]
    #[error("the tokens of the request belong to different callers")]
    Contradictory,
    /// No token matched, and not every secret that one could have matched could be read.
    #[serde(rename = "token_unreadable")]
    #[error("a token secret cannot be read")]
    Unreadable,
}

impl From<AuthenticationError> for Code {
    fn from(why: AuthenticationError) -> Self {
        if why == AuthenticationError::Unreadable {
            Self::SecretUnavailable
        } else {
            Self::CallerUnauthenticated
        }
    }
}

/// Finds the one of these callers that these digests prove.
///
/// 1. Without a candidate nothing is read.
/// 2. Digests in the configuration are compared first; where one matches, nothing is read.
/// 3. Otherwise every source of every token secret of these callers is read, all at once.
///
/// Every comparison takes the same time whatever it compares, and none is left out after a match.
pub async fn authenticate<'g, B: Bindings>(
    gateway: &'g Gateway,
    callers: impl Iterator<Item = CallerId> + Clone,
    token_digests: &[Digest],
    readings: &mut Readings<'g, B>,
) -> Result<CallerId, AuthenticationError> {
    if token_digests.is_empty() {
        return Err(AuthenticationError::Absent);
    }
    let mut matched = Matched::default();
    let callers = || callers.clone().filter_map(|id| gateway.caller(id).map(|caller| (id, caller)));
    for (id, caller) in callers() {
        if let Proof::Digests(digests) = &caller.proof {
            matched.compare(id, token_digests, digests.iter());
        }
    }
    if let Some(verdict) = matched.verdict() {
        return verdict;
    }

    let secrets = || callers().filter_map(|(id, caller)| Some((id, token_secret(gateway, caller)?)));
    readings.read(secrets().flat_map(|(_, secret)| secret.sources.iter())).await;
    let mut unreadable = false;
    for (id, secret) in secrets() {
        for source in secret.sources.iter() {
            match readings.get(source) {
                Some(Reading::Value(value)) => {
                    matched.compare(id, token_digests, std::iter::once(&digest(value.expose().as_bytes())));
                }
                // The store's own word that there is no value: no token could have matched it.
                Some(Reading::Missing | Reading::Empty) => {}
                Some(Reading::Error | Reading::Timeout) | None => unreadable = true,
            }
        }
    }
    let otherwise = if unreadable { AuthenticationError::Unreadable } else { AuthenticationError::Unknown };
    matched.verdict().unwrap_or(Err(otherwise))
}

fn token_secret<'g>(gateway: &'g Gateway, caller: &Caller) -> Option<&'g Secret> {
    match caller.proof {
        Proof::Secret(secret) => gateway.secret(secret),
        Proof::Digests(_) => None,
    }
}

/// The callers compared so far, and whether a candidate was theirs.
#[derive(Default)]
struct Matched(Vec<(CallerId, Choice)>);

impl Matched {
    fn compare<'d>(
        &mut self,
        id: CallerId,
        token_digests: &[Digest],
        known: impl Iterator<Item = &'d Digest>,
    ) {
        let mut found = Choice::from(0);
        for digest in known {
            for candidate in token_digests {
                found |= candidate.ct_eq(digest);
            }
        }
        self.0.push((id, found));
    }

    fn verdict(&self) -> Option<Result<CallerId, AuthenticationError>> {
        let mut proved = self.0.iter().filter(|(_, found)| bool::from(*found)).map(|(id, _)| *id);
        let first = proved.next()?;
        let alone = proved.all(|other| other == first);
        Some(if alone { Ok(first) } else { Err(AuthenticationError::Contradictory) })
    }
}
