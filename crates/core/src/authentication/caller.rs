//! Who asks.

use subtle::{Choice, ConstantTimeEq as _};

use crate::authentication::jwt::{self, Identity, JwtError};
use crate::authentication::named_token::caller_name;
use crate::authentication::proved::ProvedTokens;
use crate::authentication::tokens::Token;
use crate::configuration::{Caller, CallerId, Gateway, Proof, Secret};
use crate::digest::{Digest, digest};
use crate::refusal::Code;
use crate::runtime::reading::Reading;
use crate::runtime::signing::{Signing, when};
use crate::runtime::{Bindings, Clock};
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
    /// A signed token proves nobody.
    #[serde(untagged)]
    #[error("the signed token is refused: {}", .0.as_str())]
    Jwt(JwtError),
}

impl From<AuthenticationError> for Code {
    fn from(why: AuthenticationError) -> Self {
        match why {
            AuthenticationError::Unreadable | AuthenticationError::Jwt(JwtError::RevocationUnreadable) => {
                Self::SecretUnavailable
            }
            AuthenticationError::Jwt(JwtError::KeySetUnavailable) => Self::KeySetUnavailable,
            _ => Self::CallerUnauthenticated,
        }
    }
}

/// The caller of a request.
#[derive(Debug)]
pub struct ProvedCaller {
    /// Which one.
    pub id: CallerId,
    /// Those of the request's texts that are its tokens.
    pub tokens: ProvedTokens,
    /// What a signed token says of its holder.
    pub identity: Identity,
}

/// Finds the one of these callers that these texts prove.
///
/// 1. Without a candidate nothing is read.
/// 2. Digests in the configuration are compared first; where one matches, nothing is read.
/// 3. Signed tokens are verified next. One of a caller's issuer is nothing else, so no secret is read for it.
/// 4. For a token that names its caller the sources of that caller's secret are read, all at once. For any other text
///    those of every caller are, whose tokens need not name it.
///
/// Every comparison takes the same time whatever it compares, and none is left out after a match.
///
/// `is_foreign` says that a page of an origin that is not admitted may have sent the request.
pub async fn authenticate<'g, R: Bindings + Clock + Signing>(
    gateway: &'g Gateway,
    callers: impl Iterator<Item = CallerId> + Clone,
    shown: Vec<Token>,
    is_foreign: bool,
    readings: &mut Readings<'g, R>,
) -> Result<ProvedCaller, AuthenticationError> {
    if shown.is_empty() {
        return Err(AuthenticationError::Absent);
    }
    let mut matched = Matched::new(shown);
    let callers = || callers.clone().filter_map(|id| gateway.caller(id).map(|caller| (id, caller)));
    for (id, caller) in callers() {
        if let Proof::Digests(digests) = &caller.proof {
            matched.compare(id, digests.iter());
        }
    }
    if matched.is_any() {
        return matched.verdict();
    }
    let verification = when(R::FORMS.signed_callers(), || {
        verify_signed(callers(), &matched.shown, is_foreign, readings.bindings())
    });
    let mut signed = verification.await.unwrap_or_default();
    if !signed.proved.is_empty() {
        return signed.verdict(matched.shown);
    }
    matched.shown = signed.left(matched.shown);
    if matched.shown.is_empty() {
        return Err(signed.refused());
    }

    let named = Named::find(callers, &matched.shown)?;
    let secrets = || {
        let read = callers().filter(|(id, caller)| named.is_read(*id, caller));
        read.filter_map(|(id, caller)| Some((id, token_secret(gateway, caller)?)))
    };
    readings.read(secrets().flat_map(|(_, secret)| secret.sources.iter())).await;
    let mut unreadable = false;
    for (id, secret) in secrets() {
        for source in secret.sources.iter() {
            match readings.get(source) {
                Some(Reading::Value(value)) => {
                    matched.compare(id, std::iter::once(&digest(value.expose().as_bytes())));
                }
                // The store's own word that there is no value: no token could have matched it.
                Some(Reading::Missing | Reading::Empty) => {}
                Some(Reading::Error | Reading::Timeout) | None => unreadable = true,
            }
        }
    }
    if unreadable && !matched.is_any() {
        return Err(AuthenticationError::Unreadable);
    }
    if !matched.is_any() && signed.refused.is_some() {
        return Err(signed.refused());
    }
    matched.verdict()
}

/// More than any client shows at once. Each costs a computation for somebody who is not known yet.
const MOST_SIGNED: usize = 4;

/// What came of the texts that are signed tokens.
#[derive(Default)]
struct Signed {
    /// A caller, and the position of the text that proves it.
    proved: Vec<(CallerId, Identity, usize)>,
    /// Those that are tokens of a known issuer, good or bad.
    known: Vec<usize>,
    /// Why one of them proves nobody: what was found out last.
    refused: Option<JwtError>,
}

async fn verify_signed<'g, R: Clock + Signing>(
    callers: impl Iterator<Item = (CallerId, &'g Caller)> + Clone,
    shown: &[(Token, Choice)],
    is_foreign: bool,
    runtime: &R,
) -> Signed {
    let mut signed = Signed::default();
    let callers = callers.filter(|(_, caller)| matches!(caller.proof, Proof::Jwt(_) | Proof::Issued(_)));
    if callers.clone().next().is_none() {
        return signed;
    }
    let texts = shown.iter().enumerate().map(|(at, (token, _))| (at, token.text.expose()));
    for (at, text) in texts.filter(|(_, text)| jwt::is_meant(text)).take(MOST_SIGNED) {
        let verified = jwt::verify(callers.clone(), text, is_foreign, runtime).await;
        if verified.is_known {
            signed.known.push(at);
        }
        match verified.proved {
            Ok(proved) => signed.proved.extend(proved.into_iter().map(|(id, identity)| (id, identity, at))),
            Err(why) => signed.refused = signed.refused.max(Some(why)),
        }
    }
    signed
}

impl Signed {
    fn refused(&self) -> AuthenticationError {
        self.refused.map_or(AuthenticationError::Unknown, AuthenticationError::Jwt)
    }

    /// The texts that can be tokens of another kind.
    fn left(&mut self, shown: Vec<(Token, Choice)>) -> Vec<(Token, Choice)> {
        let known = std::mem::take(&mut self.known);
        let left = shown.into_iter().enumerate().filter(|(at, _)| !known.contains(at));
        left.map(|(_, token)| token).collect()
    }

    fn verdict(mut self, shown: Vec<(Token, Choice)>) -> Result<ProvedCaller, AuthenticationError> {
        let at: Vec<usize> = self.proved.iter().map(|(.., at)| *at).collect();
        let Some((id, identity, _)) = self.proved.pop() else { return Err(AuthenticationError::Unknown) };
        if self.proved.iter().any(|(other, of, _)| *other != id || of.subject != identity.subject) {
            return Err(AuthenticationError::Contradictory);
        }
        let proved = shown.into_iter().enumerate().filter(|(position, _)| at.contains(position));
        let tokens = ProvedTokens::new(proved.map(|(_, (token, _))| token.text).collect());
        Ok(ProvedCaller { id, tokens, identity })
    }
}

fn token_secret<'g>(gateway: &'g Gateway, caller: &Caller) -> Option<&'g Secret> {
    match caller.proof {
        Proof::Secret(secret) => gateway.secret(secret),
        _ => None,
    }
}

/// Whose secrets are read.
struct Named {
    /// The caller that a token names, of those that this route knows.
    caller: Option<CallerId>,
    /// Whether there is a text that names nobody.
    is_other: bool,
}

impl Named {
    /// Tokens that name several callers prove none, so nothing is read for them: a request costs one caller's reads.
    fn find<'g, C: Iterator<Item = (CallerId, &'g Caller)>>(
        callers: impl Fn() -> C,
        shown: &[(Token, Choice)],
    ) -> Result<Self, AuthenticationError> {
        let mut named = Self { caller: None, is_other: false };
        for (token, _) in shown {
            let Some(name) = caller_name(token.text.expose()) else {
                named.is_other = true;
                continue;
            };
            let id = callers().find(|(_, caller)| caller.name == name).map(|(id, _)| id);
            if named.caller.is_some() && id.is_some() && named.caller != id {
                return Err(AuthenticationError::Contradictory);
            }
            named.caller = named.caller.or(id);
        }
        Ok(named)
    }

    fn is_read(&self, id: CallerId, caller: &Caller) -> bool {
        self.caller == Some(id) || (self.is_other && !caller.named)
    }
}

/// What has been compared so far: whether a text was a caller's token, for each caller and for each text.
struct Matched {
    callers: Vec<(CallerId, Choice)>,
    shown: Vec<(Token, Choice)>,
}

impl Matched {
    fn new(shown: Vec<Token>) -> Self {
        let shown = shown.into_iter().map(|token| (token, Choice::from(0))).collect();
        Self { callers: Vec::new(), shown }
    }

    fn compare<'d>(&mut self, id: CallerId, known: impl Iterator<Item = &'d Digest>) {
        let mut found = Choice::from(0);
        for digest in known {
            for (token, is_known) in &mut self.shown {
                let same = token.digest.ct_eq(digest);
                *is_known |= same;
                found |= same;
            }
        }
        self.callers.push((id, found));
    }

    fn proved(&self) -> impl Iterator<Item = CallerId> {
        self.callers.iter().filter(|(_, found)| bool::from(*found)).map(|(id, _)| *id)
    }

    fn is_any(&self) -> bool {
        self.proved().next().is_some()
    }

    fn verdict(self) -> Result<ProvedCaller, AuthenticationError> {
        let id = self.proved().next().ok_or(AuthenticationError::Unknown)?;
        if self.proved().any(|other| other != id) {
            return Err(AuthenticationError::Contradictory);
        }
        let known = self.shown.into_iter().filter(|(_, is_known)| bool::from(*is_known));
        let tokens = ProvedTokens::new(known.map(|(token, _)| token.text).collect());
        Ok(ProvedCaller { id, tokens, identity: Identity::default() })
    }
}
