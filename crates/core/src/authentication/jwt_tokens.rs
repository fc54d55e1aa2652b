//! Finds the caller of a request by its signed tokens (JSON Web Tokens). `jwt` verifies one token.

use subtle::Choice;

use crate::authentication::error::AuthenticationError;
use crate::authentication::jwt::{self, Identity, JwtError};
use crate::authentication::proved::{AuthenticatedCaller, ProvedTokens};
use crate::authentication::tokens::Token;
use crate::configuration::{Caller, CallerAuthentication, CallerId};
use crate::runtime::auth_runtime::AuthRuntime;
use crate::runtime::{Bindings, Clock};

/// More than any client sends at once. Each costs a computation for an unauthenticated request.
const MOST_SIGNED: usize = 4;

/// The results for the signed tokens of one request.
#[derive(Default)]
pub(super) struct JwtTokens {
    /// The authenticated callers, each with the position of its token.
    pub(super) proved: Vec<(CallerId, Identity, usize)>,
    /// The positions of tokens with a known issuer, valid or not.
    known: Vec<usize>,
    /// The reason for refusing one of them: that of the latest check.
    failure: Option<JwtError>,
}

/// Verifies the texts that look like signed tokens, for the callers that use them.
pub(super) async fn verify_jwt_tokens<'g, R: Bindings + Clock + AuthRuntime>(
    callers: impl Iterator<Item = (CallerId, &'g Caller)> + Clone,
    shown: &[(Token, Choice)],
    is_cross_site: bool,
    runtime: &R,
) -> JwtTokens {
    let mut signed = JwtTokens::default();
    let callers = callers.filter(|(_, caller)| {
        matches!(caller.authentication, CallerAuthentication::Jwt(_) | CallerAuthentication::Issued(_))
    });
    if callers.clone().next().is_none() {
        return signed;
    }
    let texts = shown.iter().enumerate().map(|(at, (token, _))| (at, token.text.expose()));
    for (at, text) in texts.filter(|(_, text)| jwt::looks_like_jwt(text)).take(MOST_SIGNED) {
        let verified = jwt::verify(callers.clone(), text, is_cross_site, runtime).await;
        if verified.is_known {
            signed.known.push(at);
        }
        match verified.proved {
            Ok(proved) => signed.proved.extend(proved.into_iter().map(|(id, identity)| (id, identity, at))),
            Err(why) => signed.failure = signed.failure.max(Some(why)),
        }
    }
    signed
}

impl JwtTokens {
    /// The reason why authentication failed, if no other token is valid.
    pub(super) fn error(&self) -> AuthenticationError {
        self.failure.map_or(AuthenticationError::Unknown, AuthenticationError::Jwt)
    }

    /// The texts that can be other kinds of tokens.
    pub(super) fn left(&mut self, shown: Vec<(Token, Choice)>) -> Vec<(Token, Choice)> {
        let known = std::mem::take(&mut self.known);
        let left = shown.into_iter().enumerate().filter(|(at, _)| !known.contains(at));
        left.map(|(_, token)| token).collect()
    }

    /// The one caller that they authenticate.
    pub(super) fn verdict(
        mut self,
        shown: Vec<(Token, Choice)>,
    ) -> Result<AuthenticatedCaller, AuthenticationError> {
        let at: Vec<usize> = self.proved.iter().map(|(.., at)| *at).collect();
        let Some((id, identity, _)) = self.proved.pop() else { return Err(AuthenticationError::Unknown) };
        if self.proved.iter().any(|(other, of, _)| *other != id || of.subject != identity.subject) {
            return Err(AuthenticationError::Contradictory);
        }
        let proved = shown.into_iter().enumerate().filter(|(position, _)| at.contains(position));
        let tokens = ProvedTokens::new(proved.map(|(_, (token, _))| token.text).collect());
        Ok(AuthenticatedCaller { id, tokens, identity })
    }
}
