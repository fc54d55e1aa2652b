//! Step 3: find the caller of a request.

use subtle::{Choice, ConstantTimeEq as _};

use crate::authentication::error::AuthenticationError;
use crate::authentication::jwt::Identity;
use crate::authentication::jwt_tokens::verify_jwt_tokens;
use crate::authentication::named_token::caller_name;
use crate::authentication::proved::{AuthenticatedCaller, ProvedTokens};
use crate::authentication::tokens::Token;
use crate::configuration::{Caller, CallerAuthentication, CallerId, Gateway, Secret};
use crate::digest::{Digest, digest};
use crate::runtime::auth_runtime::AuthRuntime;
use crate::runtime::feature::if_built_in;
use crate::runtime::reading::Reading;
use crate::runtime::{Bindings, Clock};
use crate::secrets::concurrent_reads::Readings;

/// Finds the caller that these tokens authenticate.
///
/// 1. Without a token, nothing is read.
/// 2. Digests in the configuration are compared first. If one matches, nothing is read.
/// 3. Signed tokens are verified next. A token of a caller's issuer cannot be another kind of token, so no secret is
///    read for it.
/// 4. For a token that names its caller, the sources of that caller's secret are read, all concurrently. For any other
///    token, those of every caller without `named` are read.
///
/// Every comparison takes constant time, and all comparisons are done even after a match.
///
/// `is_cross_site` means that a page of an origin that is not admitted may have sent the request.
pub async fn authenticate<'g, R: Bindings + Clock + AuthRuntime>(
    gateway: &'g Gateway,
    callers: impl Iterator<Item = CallerId> + Clone,
    shown: Vec<Token>,
    is_cross_site: bool,
    readings: &mut Readings<'g, R>,
) -> Result<AuthenticatedCaller, AuthenticationError> {
    if shown.is_empty() {
        return Err(AuthenticationError::Absent);
    }
    let mut matched = Matched::new(shown);
    let callers = || callers.clone().filter_map(|id| gateway.caller(id).map(|caller| (id, caller)));
    for (id, caller) in callers() {
        if let CallerAuthentication::Digests(digests) = &caller.authentication {
            matched.compare(id, digests.iter());
        }
    }
    if matched.is_any() {
        return matched.verdict();
    }
    let verification = if_built_in(const { R::FORMS.signed_callers() }, || {
        verify_jwt_tokens(callers(), &matched.shown, is_cross_site, readings.bindings())
    });
    let mut signed = verification.await.unwrap_or_default();
    if !signed.proved.is_empty() {
        return signed.verdict(matched.shown);
    }
    matched.shown = signed.left(matched.shown);
    if matched.shown.is_empty() {
        return Err(signed.error());
    }

    let named = Named::find(callers, &matched.shown)?;
    let read = callers().filter(|(id, caller)| named.is_read(*id, caller));
    let secrets: Vec<_> =
        read.filter_map(|(id, caller)| Some((id, token_secret(gateway, caller)?))).collect();
    let all_read = matched.compare_secrets(&secrets, readings).await;
    if matched.is_any() {
        return matched.verdict();
    }
    Err(if all_read { signed.error() } else { AuthenticationError::Unreadable })
}

fn token_secret<'g>(gateway: &'g Gateway, caller: &Caller) -> Option<&'g Secret> {
    match caller.authentication {
        CallerAuthentication::Secret(secret) => gateway.secret(secret),
        _ => None,
    }
}

/// The callers whose secrets are read.
struct Named {
    /// The caller that a token names, if the route has rules for it.
    caller: Option<CallerId>,
    /// Whether there is a token that names no caller.
    is_other: bool,
}

impl Named {
    /// Tokens that name several callers authenticate none, so nothing is read for them. A request costs at most one
    /// named caller's reads.
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

/// The results of the comparisons so far, for each caller and for each token.
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

    /// Compares the tokens with every source of these secrets. Returns whether all existing values could be read.
    async fn compare_secrets<'g, B: Bindings>(
        &mut self,
        secrets: &[(CallerId, &'g Secret)],
        readings: &mut Readings<'g, B>,
    ) -> bool {
        readings.read(secrets.iter().flat_map(|(_, secret)| secret.sources.iter())).await;
        let mut all_read = true;
        for (id, secret) in secrets {
            for source in secret.sources.iter() {
                match readings.get(source) {
                    Some(Reading::Value(value)) => {
                        self.compare(*id, std::iter::once(&digest(value.expose().as_bytes())));
                    }
                    // The store has no value, so no token could have matched it.
                    Some(Reading::Missing | Reading::Empty) => {}
                    Some(Reading::Error | Reading::Timeout) | None => all_read = false,
                }
            }
        }
        all_read
    }

    fn proved(&self) -> impl Iterator<Item = CallerId> {
        self.callers.iter().filter(|(_, found)| bool::from(*found)).map(|(id, _)| *id)
    }

    fn is_any(&self) -> bool {
        self.proved().next().is_some()
    }

    fn verdict(self) -> Result<AuthenticatedCaller, AuthenticationError> {
        let id = self.proved().next().ok_or(AuthenticationError::Unknown)?;
        if self.proved().any(|other| other != id) {
            return Err(AuthenticationError::Contradictory);
        }
        let known = self.shown.into_iter().filter(|(_, is_known)| bool::from(*is_known));
        let tokens = ProvedTokens::new(known.map(|(token, _)| token.text).collect());
        Ok(AuthenticatedCaller { id, tokens, identity: Identity::default() })
    }
}
