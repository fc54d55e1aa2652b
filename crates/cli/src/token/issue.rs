//! `ostiary token key` and `ostiary token issue`.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use jiff::Timestamp;
use ostiary_core::authentication::jwt::{KIND, is_name};
use ostiary_core::authentication::named_token;
use ostiary_core::configuration::{CallerAuthentication, Gateway, IssuedProof, Rule};
use serde::Serialize;

use super::key_pair::KeyPair;
use crate::age::Age;
use crate::configuration::ConfigurationArguments;
use crate::failure::Failure;
use crate::output::Output;

/// Make a key pair for issuing tokens for a class of callers.
#[derive(Args)]
pub struct Key {
    /// The file for the private key. It must not exist yet.
    #[arg(long, value_name = "PATH")]
    key_file: PathBuf,
}

/// Issue a token for a member of a class of callers, without a request to the gateway.
#[derive(Args)]
pub struct Issue {
    /// The subject of the token: the class, which is a caller of gateway.toml, and a name, such as agents/crawler-7.
    subject: String,
    /// The lifetime, such as 30d, 12h or 15m.
    #[arg(long, value_name = "SPAN")]
    ttl: Age,
    /// The file with the private key.
    #[arg(long, value_name = "PATH")]
    key_file: PathBuf,
    /// The audience of the token, if the class has an `audience` [default: that one].
    #[arg(long, value_name = "TEXT")]
    audience: Option<String>,
    /// A route to which the token is limited; may be given several times [default: all of the class].
    #[arg(long, value_name = "NAME")]
    route: Vec<String>,
    /// A rule to which the token is limited; may be given several times [default: the rules of the class].
    #[arg(long, value_name = "RULE")]
    rule: Vec<String>,
    #[command(flatten)]
    configuration: ConfigurationArguments,
}

#[derive(Serialize)]
struct Claims<'c> {
    sub: &'c str,
    iat: i64,
    exp: i64,
    jti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<&'c str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    routes: &'c [String],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    rules: &'c [String],
}

#[derive(Serialize)]
struct ShownKey<'k> {
    public_key: &'k str,
    line: String,
}

#[derive(Serialize)]
struct ShownToken<'t> {
    token: &'t str,
    subject: &'t str,
    id: &'t str,
    expires: String,
}

impl Key {
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        let public = KeyPair::create(&self.key_file)?.public();
        let line = format!("issued = {{ keys = [\"{public}\"] }}");
        if output.is_json() {
            return output.json(&ShownKey { public_key: &public, line });
        }
        output.line(format!("public key  {public}"))?;
        output.line("\nWrite this line below [callers.NAME] in gateway.toml; NAME is then a class:")?;
        output.line(line)?;
        let path = self.key_file.display();
        output.note(format!("{path} can issue tokens for the whole class. Keep it secret."));
        Ok(())
    }
}

impl Issue {
    /// # Errors
    /// The gateway would not accept the token, or the key cannot be read.
    pub fn run(self, output: &mut Output) -> Result<(), Failure> {
        let class = class_of(&self.subject)?;
        for rule in &self.rule {
            if Rule::parse(rule).is_none() {
                return Err(Failure::usage(format_args!("`{rule}` is not a rule; write `GET /v1/**`")));
            }
        }
        let pair = KeyPair::read(&self.key_file)?;
        let gateway = self.gateway()?;
        let issued = gateway.as_ref().map(|gateway| issued_class(gateway, class)).transpose()?;
        let audience = self.audience.as_deref().or(issued.and_then(|issued| issued.audience.as_deref()));
        if let (Some(gateway), Some(issued)) = (&gateway, issued) {
            self.check(gateway, issued, &pair.public())?;
        }
        let now = Timestamp::now().as_second();
        let ttl = i64::try_from(self.ttl.duration().as_secs()).unwrap_or(i64::MAX);
        let expires = now.checked_add(ttl).and_then(|end| Timestamp::from_second(end).ok());
        let expires = expires.ok_or_else(|| Failure::usage("the lifetime is too long"))?;
        let claims = Claims {
            sub: &self.subject,
            iat: now,
            exp: expires.as_second(),
            jti: random_id()?,
            aud: audience,
            routes: &self.route,
            rules: &self.rule,
        };
        let token = pair.sign(KIND, &claims)?;
        if output.is_json() {
            let (subject, id) = (&self.subject, &claims.jti);
            return output.json(&ShownToken { token: &token, subject, id, expires: expires.to_string() });
        }
        output.line(token.as_str())?;
        output.note(format!(
            "The token of {} is valid until {expires}. Its id is {}.",
            self.subject, claims.jti
        ));
        Ok(())
    }

    /// The configuration, if there is one: a token can be issued without it.
    fn gateway(&self) -> Result<Option<Gateway>, Failure> {
        let (path, _) = self.configuration.paths_or_default()?;
        if path.exists() { self.configuration.gateway().map(Some) } else { Ok(None) }
    }

    fn check(&self, gateway: &Gateway, issued: &IssuedProof, public: &str) -> Result<(), Failure> {
        let is_known = issued.keys.iter().any(|key| key.id.as_deref() == public.get(..16));
        if !is_known {
            let path = self.key_file.display();
            return Err(Failure::failed(format_args!(
                "gateway.toml does not have the public key of {path}: {public}"
            )));
        }
        let most = u64::from(issued.max_ttl);
        if self.ttl.duration().as_secs() > most {
            let hours = most / 3_600;
            return Err(Failure::failed(format_args!("the class's `max_ttl` is {hours} hours")));
        }
        for name in &self.route {
            if !gateway.routes.iter().any(|route| route.name == *name) {
                return Err(Failure::failed(format_args!("there is no route `{name}`")));
            }
        }
        Ok(())
    }
}

/// The class of `class/name`.
///
/// # Errors
/// Returns an error if the text is not a class and a name.
pub fn class_of(subject: &str) -> Result<&str, Failure> {
    let parts = subject.split_once('/').filter(|(class, name)| {
        let token = named_token::token(class, "0000000000000000000000");
        named_token::caller_name(&token) == Some(class) && is_name(name)
    });
    parts.map(|(class, _)| class).ok_or_else(|| {
        let what = "is not a class and a name, such as agents/crawler-7";
        Failure::usage(format_args!("`{subject}` {what}"))
    })
}

fn issued_class<'g>(gateway: &'g Gateway, class: &str) -> Result<&'g IssuedProof, Failure> {
    let caller = gateway.callers.iter().find(|caller| caller.name == class);
    match caller.map(|caller| &caller.authentication) {
        Some(CallerAuthentication::Issued(issued)) => Ok(issued),
        Some(_) => Err(Failure::failed(format_args!("the caller `{class}` has no `issued` in gateway.toml"))),
        None => Err(Failure::failed(format_args!("gateway.toml has no caller `{class}`"))),
    }
}

/// A random id of 128 bits.
fn random_id() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::failed(format_args!("the machine has no random numbers: {error}")))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
