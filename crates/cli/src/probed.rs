//! The gateway's answer to a probe of one source.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use ostiary_secrets_store::SecretValue;
use serde::Deserialize;
use sha2::Sha256;

use crate::configuration::Binding;
use crate::failure::Failure;
use crate::printable::Printable;

/// In characters; no code of the gateway is longer.
const LONGEST_CODE: usize = 40;

/// The result of a probe of one source.
pub struct Probed {
    /// The upstream's status, if a request was sent and got a response.
    pub status: Option<u16>,
    /// Whether the upstream's response refuses the credential, by the route's `failover`.
    pub refused: bool,
    /// Whether that depends on a part of the body that the gateway could not read.
    pub undecided: bool,
    /// The reason why there is no status, if a request was sent.
    pub failure: Option<String>,
    /// Why the credential could not be exchanged for a token.
    pub exchange: Option<FailedExchange>,
    secrets: Vec<Proved>,
    nonce: [u8; 32],
}

/// The response of a token endpoint that contains no token.
#[derive(Deserialize)]
pub struct FailedExchange {
    /// A code of RFC 6749 §5.2, or one of the gateway's.
    pub error: String,
    /// The status, if there was a response.
    pub status: Option<u16>,
}

#[derive(Deserialize)]
struct ProbeReport {
    status: Option<u16>,
    refused: Option<bool>,
    #[serde(default)]
    undecided: bool,
    failure: Option<String>,
    exchange: Option<FailedExchange>,
    #[serde(default)]
    secrets: Vec<Proved>,
}

#[derive(Deserialize)]
struct Proved {
    name: String,
    binding: String,
    outcome: String,
    hmac: Option<String>,
}

impl Probed {
    /// Reads the answer to a probe with this nonce.
    ///
    /// # Errors
    /// Returns an error if this is not such an answer.
    pub fn read(answer: &[u8], nonce: [u8; 32]) -> Result<Self, Failure> {
        let report: ProbeReport = serde_json::from_slice(answer).map_err(|_| {
            Failure::failed("the response is not a probe's; does the URL lead to the operator mount?")
        })?;
        let ProbeReport { status, refused, undecided, failure, exchange, secrets } = report;
        // If the member is missing, this is an error: it does not mean that the upstream accepts the key.
        if status.is_some() && refused.is_none() {
            return Err(Failure::failed(
                "the gateway does not say whether the upstream refuses the key: it is an older one, so deploy first",
            ));
        }
        let refused = refused.unwrap_or_default();
        let failure = failure.map(|failure| code(&failure).to_owned());
        let known =
            |exchange: FailedExchange| FailedExchange { error: code(&exchange.error).to_owned(), ..exchange };
        Ok(Self { status, refused, undecided, failure, exchange: exchange.map(known), secrets, nonce })
    }

    /// Whether the HMAC shows that the gateway has read exactly this value.
    pub fn proves(&self, secret: &str, value: &SecretValue) -> bool {
        let proof = self.secret(secret).and_then(|proved| proved.hmac.as_deref());
        let proof = proof.and_then(|proof| URL_SAFE_NO_PAD.decode(proof).ok());
        let code = Hmac::<Sha256>::new_from_slice(value.expose().as_bytes());
        code.is_ok_and(|code| {
            proof.is_some_and(|proof| code.chain_update(self.nonce).verify_slice(&proof).is_ok())
        })
    }

    /// Whether this proof is that of another read with the same nonce, so that both have read the same value.
    pub fn is_same(&self, other: &Self, secret: &str) -> bool {
        let [own, theirs] = [self, other].map(|probed| probed.secret(secret)?.hmac.as_deref());
        self.nonce == other.nonce && own.is_some() && own == theirs
    }

    /// `ok`, or the reason why the value cannot be used: `missing`, `empty`, `invalid`, `error`, `timeout`, `exchange`.
    pub fn outcome(&self, secret: &str) -> &str {
        self.secret(secret).map_or("error", |proved| code(&proved.outcome))
    }

    /// Whether it is not known what the source has, because the store failed.
    pub fn is_unread(&self, secret: &str) -> bool {
        !matches!(self.outcome(secret), "ok" | "invalid" | "exchange" | "missing" | "empty")
    }

    /// Checks that the gateway has read this binding for the secret. Otherwise the rotation would write one secret and
    /// test another.
    ///
    /// # Errors
    /// Returns an error if it has read another one, or the answer does not contain it.
    pub fn check_binding(&self, secret: &str, binding: &Binding) -> Result<(), Failure> {
        let read = self.secret(secret).map(|proved| proved.binding.as_str());
        if read == Some(binding.name.as_str()) {
            return Ok(());
        }
        Err(Failure::failed(format_args!(
            "the gateway reads {} for `{secret}`, and not `{}`: it runs another gateway.toml, so deploy this one first",
            read.map_or("nothing".to_owned(), |read| format!("`{}`", Printable(read))),
            binding.name
        )))
    }

    /// The reason why nothing was sent, for a sentence; `None` if the gateway gives none.
    pub fn obstacle(&self) -> Option<String> {
        if let Some(FailedExchange { error, status }) = &self.exchange {
            return Some(match status {
                Some(status) => format!("the token endpoint answered {status} {error}"),
                None => format!("the token endpoint gave no answer: {error}"),
            });
        }
        let failure = self.failure.as_ref()?;
        let unread = self.secrets.iter().find(|proved| proved.outcome != "ok");
        let unread =
            unread.map(|proved| format!(": `{}` is {}", Printable(&proved.binding), code(&proved.outcome)));
        Some(format!("the gateway said {failure}{}", unread.unwrap_or_default()))
    }

    fn secret(&self, name: &str) -> Option<&Proved> {
        self.secrets.iter().find(|proved| proved.name == name)
    }
}

/// The text, if it has the form of the gateway's codes. Other text may come from elsewhere and is not shown.
pub fn code(text: &str) -> &str {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    if !text.is_empty() && text.len() <= LONGEST_CODE && text.bytes().all(known) { text } else { "unknown" }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NONCE: [u8; 32] = *b"0123456789abcdef0123456789abcdef";

    fn probed(hmac: &str) -> Probed {
        let proved = json!({ "name": "stripe", "binding": "STRIPE_KEY", "outcome": "ok", "hmac": hmac });
        Probed::read(json!({ "source": 1, "secrets": [proved] }).to_string().as_bytes(), NONCE).unwrap()
    }

    #[test]
    fn only_the_value_itself_is_proved() {
        let value = |text: &str| SecretValue::parse(text.to_owned()).unwrap();
        let mut code = Hmac::<Sha256>::new_from_slice(b"new").unwrap();
        code.update(&NONCE);
        let proof = URL_SAFE_NO_PAD.encode(code.finalize().into_bytes());
        assert!(probed(&proof).proves("stripe", &value("new")));
        assert!(!probed(&proof).proves("stripe", &value("old")));
        assert!(!probed(&proof).proves("other", &value("new")));
        for proof in [String::new(), "!".to_owned(), proof.chars().take(20).collect()] {
            assert!(!probed(&proof).proves("stripe", &value("new")), "{proof}");
        }
    }

    #[test]
    fn another_binding_than_the_one_that_is_written_is_told() {
        let binding = |name: &str| Binding {
            name: name.to_owned(),
            store: "s".parse().unwrap(),
            secret: "stripe".parse().unwrap(),
        };
        let told = |secret, name| {
            probed("").check_binding(secret, &binding(name)).map_err(|failure| failure.to_string())
        };
        assert_eq!(told("stripe", "STRIPE_KEY"), Ok(()));
        assert!(
            told("stripe", "OTHER")
                .unwrap_err()
                .starts_with("the gateway reads `STRIPE_KEY` for `stripe`, and not `OTHER`")
        );
        assert!(told("other", "OTHER").unwrap_err().starts_with("the gateway reads nothing for `other`"));
    }

    #[test]
    fn a_status_without_a_word_on_refusal_is_no_acceptance() {
        let read = |report: serde_json::Value| Probed::read(report.to_string().as_bytes(), NONCE);
        let told = read(json!({ "status": 200 })).map(drop).unwrap_err().to_string();
        assert!(told.contains("does not say whether the upstream refuses the key"), "{told}");
        assert!(!read(json!({ "status": 200, "refused": false })).unwrap().refused);
        assert!(read(json!({ "status": 200, "refused": true })).unwrap().refused);
        assert!(!read(json!({ "failure": "upstream_timeout" })).unwrap().refused);
    }

    #[test]
    fn what_has_not_the_form_of_a_code_is_not_repeated() {
        let report = json!({ "failure": "a\u{1b}b", "exchange": { "error": "Bearer x", "status": 400 } });
        let probed = Probed::read(report.to_string().as_bytes(), NONCE).unwrap();
        assert_eq!(probed.failure.as_deref(), Some("unknown"));
        assert_eq!(probed.obstacle().as_deref(), Some("the token endpoint answered 400 unknown"));
    }
}
