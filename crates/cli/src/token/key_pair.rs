//! Key pairs for issuing tokens: Ed25519 (RFC 8032).

use std::fs;
use std::io::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use zeroize::Zeroizing;

use crate::failure::Failure;

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// The length of a key id in a token, in characters: a prefix of the public key.
const ID: usize = 16;

/// A private key, and its public key.
pub struct KeyPair(Ed25519KeyPair);

impl KeyPair {
    /// Makes a pair, and writes the private key into a new file that only its owner can read (PKCS#8 in PEM, RFC 7468).
    ///
    /// # Errors
    /// The file exists already or cannot be written, or the machine has no random numbers.
    pub fn create(path: &Path) -> Result<Self, Failure> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())
            .map_err(|_| Failure::failed("the machine has no random numbers"))?;
        let pair =
            Self::parse(document.as_ref()).ok_or_else(|| Failure::failed("the new key cannot be read"))?;
        let encoded = Zeroizing::new(STANDARD.encode(document.as_ref()));
        let mut pem = Zeroizing::new(format!("{BEGIN}\n"));
        for line in encoded.as_bytes().chunks(64) {
            pem.push_str(std::str::from_utf8(line).unwrap_or_default());
            pem.push('\n');
        }
        pem.push_str(END);
        pem.push('\n');
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let failed = |error| Failure::failed(format_args!("cannot write {}: {error}", path.display()));
        options.open(path).and_then(|mut file| file.write_all(pem.as_bytes())).map_err(failed)?;
        Ok(pair)
    }

    /// Reads the file that [`create`](Self::create) or `openssl genpkey -algorithm ed25519` has written.
    ///
    /// # Errors
    /// The file cannot be read, or has no such key.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let failed = |error| Failure::failed(format_args!("cannot read {}: {error}", path.display()));
        let text = Zeroizing::new(fs::read_to_string(path).map_err(failed)?);
        let body = text.trim().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END));
        let encoded = body.map(|body| Zeroizing::new(body.split_ascii_whitespace().collect::<String>()));
        let document =
            encoded.and_then(|encoded| STANDARD.decode(encoded.as_bytes()).ok()).map(Zeroizing::new);
        let pair = document.and_then(|document| Self::parse(&document));
        pair.ok_or_else(|| {
            let what = "has no Ed25519 private key in PEM; `ostiary token key` makes one";
            Failure::failed(format_args!("{} {what}", path.display()))
        })
    }

    /// A pair that is not stored.
    ///
    /// # Errors
    /// Returns an error if the machine has no random numbers.
    pub fn ephemeral() -> Result<Self, Failure> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
        let pair = document.ok().and_then(|document| Self::parse(document.as_ref()));
        pair.ok_or_else(|| Failure::failed("the machine has no random numbers"))
    }

    fn parse(document: &[u8]) -> Option<Self> {
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(document).ok().map(Self)
    }

    /// The public key in the form for gateway.toml.
    pub fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.public_key())
    }

    /// Signs a token with this `typ` and these claims, in the compact serialisation of RFC 7515.
    ///
    /// # Errors
    /// Returns an error if the claims cannot be written as JSON.
    pub fn sign(&self, kind: &str, claims: &impl serde::Serialize) -> Result<Zeroizing<String>, Failure> {
        let public = self.public();
        let id = public.get(..ID).unwrap_or_default();
        let header = serde_json::json!({ "alg": "EdDSA", "typ": kind, "kid": id });
        let claims = serde_json::to_string(claims).map_err(Failure::failed)?;
        let mut token = Zeroizing::new(URL_SAFE_NO_PAD.encode(header.to_string()));
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(claims));
        let signature = self.0.sign(token.as_bytes());
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(signature.as_ref()));
        Ok(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_there_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agents.key");
        let made = KeyPair::create(&path).unwrap();
        assert_eq!(KeyPair::read(&path).unwrap().public(), made.public());
        assert_eq!(made.public().len(), 43);
        assert!(KeyPair::create(&path).is_err());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        for text in ["", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
            fs::write(&path, text).unwrap();
            assert!(KeyPair::read(&path).is_err(), "{text}");
        }
    }

    #[test]
    fn a_key_of_openssl_is_read() {
        // RFC 8410 §10.3.
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, pem).unwrap();
        let public = URL_SAFE_NO_PAD.decode(KeyPair::read(&path).unwrap().public()).unwrap();
        let expected = STANDARD.decode("Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=").unwrap();
        assert_eq!(public, expected);
    }
}
