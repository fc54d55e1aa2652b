//! Checks that the gateway would accept a caller's new token.

use std::cell::RefCell;

use ostiary_core::authentication::jwt::looks_like_jwt;
use ostiary_core::authentication::named_token::caller_name;
use ostiary_core::configuration::{Caller, CallerAuthentication, Gateway, SecretId};
use ostiary_core::digest::{Digest, digest};
use ostiary_secrets_store::SecretValue;

/// Checks that the gateway would compare a token with this secret, and that it is not the token of another caller.
///
/// # Errors
/// The reason, without the token.
pub fn check_token(gateway: &Gateway, id: SecretId, value: &SecretValue) -> Result<(), String> {
    let text = value.expose();
    for caller in
        gateway.callers.iter().filter(|caller| caller.authentication == CallerAuthentication::Secret(id))
    {
        let Caller { name, named, .. } = caller;
        let instead = format!("so it would never be accepted; `ostiary token new {name}` makes one that is");
        match caller_name(text) {
            Some(known) if known != name => {
                return Err(format!(
                    "the token has the form `ost_NAME_…` with another name than `{name}`, {instead}"
                ));
            }
            None if *named => {
                return Err(format!(
                    "`{name}` has `named = true`, and the token does not begin with its name, {instead}"
                ));
            }
            _ => {}
        }
        if looks_like_jwt(text)
            && gateway.callers.iter().any(|other| {
                matches!(other.authentication, CallerAuthentication::Jwt(_) | CallerAuthentication::Issued(_))
            })
        {
            return Err(format!(
                "the token looks like a signed one (`eyJ…`), which the gateway checks as such and does not compare with \
                 this secret, {instead}"
            ));
        }
        let digest = digest(text.as_bytes());
        let is_known = |other: &&Caller| matches!(&other.authentication, CallerAuthentication::Digests(known) if known.contains(&digest));
        if let Some(other) = gateway.callers.iter().find(is_known) {
            return Err(format!(
                "it is the token of `{}`, and the gateway accepts no token of two callers",
                other.name
            ));
        }
    }
    Ok(())
}

/// Checks that a caller's token is long enough that nobody guesses it.
///
/// # Errors
/// The reason, without the token.
pub fn check_length(gateway: &Gateway, id: SecretId, value: &SecretValue) -> Result<(), String> {
    const SHORTEST: usize = 16;
    let mut callers = gateway.callers.iter();
    match callers.find(|caller| caller.authentication == CallerAuthentication::Secret(id)) {
        Some(Caller { name, .. }) if value.expose().trim().len() < SHORTEST => Err(format!(
            "a token of fewer than {SHORTEST} characters can be guessed; `ostiary token new {name}` makes one, and \
             `ostiary secrets update --value --as-is` writes this one all the same"
        )),
        _ => Ok(()),
    }
}

/// The digests of the callers' tokens that were checked.
#[derive(Default)]
pub struct CheckedTokens(RefCell<Vec<(SecretId, Digest)>>);

impl CheckedTokens {
    /// Checks that no other caller's secret got the same token before.
    ///
    /// # Errors
    /// The reason, without the token.
    pub fn check(&self, gateway: &Gateway, id: SecretId, value: &SecretValue) -> Result<(), &'static str> {
        if !gateway.callers.iter().any(|caller| caller.authentication == CallerAuthentication::Secret(id)) {
            return Ok(());
        }
        let digest = digest(value.expose().as_bytes());
        let mut tokens = self.0.borrow_mut();
        if tokens.iter().any(|(other, known)| *other != id && *known == digest) {
            return Err(
                "another caller gets the same token, and the gateway accepts no token of two callers",
            );
        }
        tokens.push((id, digest));
        Ok(())
    }
}
