//! Who asks.

use subtle::{Choice, ConstantTimeEq as _};

use crate::candidates::{Digest, digest};
use crate::configuration::{Caller, CallerId, Gateway, Proof, Secret};
use crate::runtime::Bindings;
use crate::secrets::{Reading, Readings};

/// Why nobody is proved. The caller is told no more than that; the log tells the four apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub enum Unproven {
    /// The request shows no token.
    #[serde(rename = "token_absent")]
    Absent,
    /// No token that it shows is one of this route's callers'.
    #[serde(rename = "token_unknown")]
    Unknown,
    /// Its tokens are of different callers.
    #[serde(rename = "token_contradictory")]
    Contradictory,
    /// No token matched, and not every secret that one could have matched could be read.
    #[serde(rename = "token_unreadable")]
    Unreadable,
}

/// Finds the one of these callers that the candidates prove.
///
/// 1. Without a candidate nothing is read.
/// 2. Digests in the configuration are compared first; where one matches, nothing is read.
/// 3. Otherwise every source of every token secret of these callers is read, all at once.
///
/// Every comparison takes the same time whatever it compares, and none is left out after a match.
pub async fn prove<'g, B: Bindings>(
    gateway: &'g Gateway,
    callers: impl Iterator<Item = CallerId> + Clone,
    candidates: &[Digest],
    readings: &mut Readings<'g, B>,
) -> Result<CallerId, Unproven> {
    if candidates.is_empty() {
        return Err(Unproven::Absent);
    }
    let mut matched = Matched::default();
    let callers = || callers.clone().filter_map(|id| gateway.caller(id).map(|caller| (id, caller)));
    for (id, caller) in callers() {
        if let Proof::Digests(digests) = &caller.proof {
            matched.compare(id, candidates, digests.iter());
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
            match readings.of(source) {
                Some(Reading::Value(value)) => {
                    matched.compare(id, candidates, std::iter::once(&digest(value.expose().as_bytes())));
                }
                // The store's own word that there is no value: no token could have matched it.
                Some(Reading::Missing | Reading::Empty) => {}
                Some(Reading::Error | Reading::Timeout) | None => unreadable = true,
            }
        }
    }
    let otherwise = if unreadable { Unproven::Unreadable } else { Unproven::Unknown };
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
    fn compare<'d>(&mut self, id: CallerId, candidates: &[Digest], known: impl Iterator<Item = &'d Digest>) {
        let mut found = Choice::from(0);
        for digest in known {
            for candidate in candidates {
                found |= candidate.ct_eq(digest);
            }
        }
        self.0.push((id, found));
    }

    fn verdict(&self) -> Option<Result<CallerId, Unproven>> {
        let mut proved = self.0.iter().filter(|(_, found)| bool::from(*found)).map(|(id, _)| *id);
        let first = proved.next()?;
        let alone = proved.all(|other| other == first);
        Some(if alone { Ok(first) } else { Err(Unproven::Contradictory) })
    }
}
