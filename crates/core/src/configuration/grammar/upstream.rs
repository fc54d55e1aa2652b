//! `upstream`: where a route's requests go.

use super::diagnostic::Findings;
use super::document::Value;
use super::template::{self, Vocabulary};
use crate::configuration::{InvalidUpstream, Upstream, UpstreamUrl};

const EXAMPLE: &str = "upstream = \"https://api.example.com\"";

/// Parses the URL, and with variables once for each environment.
pub(super) fn read(
    value: Value<'_>,
    vocabulary: &Vocabulary<'_>,
    findings: &mut Findings<'_>,
) -> Option<Upstream> {
    let text = value.template(EXAMPLE, findings)?;
    let parsed = template::parse(&text, vocabulary, findings)?;
    let mut secrets = parsed.secrets().peekable();
    if secrets.peek().is_some() {
        for (secret, span) in secrets {
            let name = vocabulary.secrets.name(secret);
            let message = format!("the secret `{name}` would stand in the path, which does not work yet");
            findings.error(span, &message, "put it into `auth`");
        }
        return None;
    }
    drop(secrets);
    let mut urls = Vec::new();
    for environment in vocabulary.deployment.environments() {
        // A missing variable has been reported already.
        let url = parsed.substituted(environment)?;
        match UpstreamUrl::parse(&url) {
            Ok(url) => urls.push(url),
            Err(why) if parsed.variables().next().is_some() => {
                let values = parsed
                    .variables()
                    .map(|name| format!("`{name}` is `{}`", environment.variable(name).unwrap_or_default()));
                let values = values.collect::<Vec<_>>().join(" and ");
                let message = format!("{} {values}, which makes `{url}`: {why}", environment.place());
                findings.error(text.span, &message, "write another value there, or another upstream here");
            }
            Err(why) => {
                findings.error(text.span, &why.to_string(), instead(why));
                return None;
            }
        }
    }
    if parsed.variables().next().is_some() {
        return Some(Upstream::Variable(parsed.into_template()));
    }
    urls.into_iter().next().map(Upstream::Fixed)
}

const fn instead(why: InvalidUpstream) -> &'static str {
    match why {
        InvalidUpstream::Scheme | InvalidUpstream::PlainHttp => "write `https://host`",
        InvalidUpstream::UserInformation => "put the credential into `auth`",
        InvalidUpstream::Host => "write a host such as `api.example.com`",
        InvalidUpstream::NumericHost => "write an address such as `127.0.0.1`",
        InvalidUpstream::TrailingDot => "write it without the dot",
        InvalidUpstream::Port => "write `https://host:8443`, or no port",
        InvalidUpstream::Path => "write `https://host/path` in letters, digits and `-._~`",
        InvalidUpstream::Query => "put parameters into `auth`, or leave them to the caller",
        InvalidUpstream::Fragment => "write it without the fragment",
    }
}
