//! A caller's token and its digest.

use std::fmt::Write as _;

use ostiary_core::authentication::named_token;
use ostiary_secrets_store::SecretValue;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::output::Output;

/// 256 bits, so that the token cannot be guessed and its digest can be public.
const BYTES: usize = 32;

/// A random token that contains its caller's name.
pub struct CallerToken {
    token: SecretValue,
    digest: String,
}

/// A new token as JSON. It is shown only once.
#[derive(Serialize)]
pub struct Shown<'t> {
    caller: &'t str,
    token: &'t str,
    bearer_sha256: &'t str,
    line: String,
}

impl CallerToken {
    /// # Errors
    /// The text is not a valid name of a caller, or the machine has no random numbers.
    pub fn new(caller: &str) -> Result<Self, Failure> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        getrandom::fill(bytes.as_mut_slice())
            .map_err(|error| Failure::failed(format_args!("the machine has no random numbers: {error}")))?;
        let random = Zeroizing::new(hexadecimal(bytes.as_slice()));
        let text = named_token::token(caller, &random);
        if named_token::caller_name(&text) != Some(caller) {
            let what = "is not a name of a caller: write letters, digits, `_` and `-`";
            return Err(Failure::usage(format_args!("`{caller}` {what}")));
        }
        let digest = hexadecimal(&Sha256::digest(text.as_bytes()));
        Ok(Self { token: SecretValue::parse(text).map_err(Failure::failed)?, digest })
    }

    /// The SHA-256 digest of the token, in hexadecimal digits.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The line of gateway.toml that admits the token.
    pub fn line(&self) -> String {
        format!("bearer_sha256 = [\"{}\"]", self.digest)
    }

    /// The token for JSON.
    pub fn shown<'t>(&'t self, caller: &'t str) -> Shown<'t> {
        Shown { caller, token: self.token.expose(), bearer_sha256: &self.digest, line: self.line() }
    }

    /// Prints the token and its digest, each with its label.
    ///
    /// # Errors
    /// Returns an error if standard output cannot be written to.
    pub fn print(&self, caller: &str, output: &mut Output) -> Result<(), Failure> {
        output.line(format!("caller         {caller}"))?;
        output.line(format!("token          {}", self.token.expose()))?;
        output.line(format!("bearer_sha256  {}", self.digest))?;
        output
            .note("The token is shown only once. Give it to the caller; the gateway only needs its digest.");
        Ok(())
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_token_as_it_is_sent() {
        let token = CallerToken::new("shop_a").unwrap();
        let random = token.token.expose().strip_prefix("ost_shop_a_").unwrap();
        assert_eq!(random.len(), 2 * BYTES);
        assert_eq!(hexadecimal(&Sha256::digest(token.token.expose())), token.digest());
        assert!(hexadecimal(&Sha256::digest("abc")).starts_with("ba7816bf"));
    }

    #[test]
    fn no_token_is_made_twice() {
        assert_ne!(CallerToken::new("a").unwrap().digest(), CallerToken::new("a").unwrap().digest());
    }

    #[test]
    fn a_token_is_made_for_the_name_of_a_caller_alone() {
        for name in ["", "a b", "é", "a/b", "${a}"] {
            assert!(CallerToken::new(name).is_err(), "{name}");
        }
    }
}
