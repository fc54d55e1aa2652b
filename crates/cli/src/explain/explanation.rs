//! Describes what a gateway does with a request, with names and never a value.

use ostiary_core::configuration::{Gateway, Grantee, Mismatch, Mount, Placement, Route, Source, SourceKind};
use ostiary_rehearsal::UpstreamRequest;
use serde::Serialize;

use crate::configuration::place;
use crate::deployed::Deployed;
use crate::printable::Printable;

/// The explanation of one request.
#[derive(Serialize)]
pub struct Explanation {
    /// The decision.
    pub decision: Decision,
    /// The refusal's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// The refusal's status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The reasons of a refusal, and remarks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
    /// The difference from a rule that nearly admits the request, as in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mismatch: Option<Mismatch>,
    /// The route's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// The caller's name, or `anyone`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// The subject of the caller's signed token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The rule that admits it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The values that the route's auth adds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub auth: Vec<String>,
    /// The route's secrets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<ExplainedSecret>,
    /// The bindings that are read for it, in order, if each primary works.
    pub reads: Vec<String>,
    /// The request that is sent upstream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream: Option<ExplainedRequest>,
    /// The digest of the configuration that was explained.
    pub configuration: String,
    /// The deployment behind the given URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployed: Option<ExplainedDeployment>,
}

/// The decision about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It is forwarded to the upstream.
    Forwarded,
    /// The gateway refuses it.
    Refused,
    /// The gateway responds to it by itself.
    Answered,
}

/// A secret and its sources.
#[derive(Serialize)]
pub struct ExplainedSecret {
    name: String,
    sources: Vec<String>,
}

/// The request that is sent upstream.
#[derive(Serialize)]
pub struct ExplainedRequest {
    method: &'static str,
    url: String,
    /// The binding that sends it, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    binding: Option<String>,
    removed: Vec<String>,
}

/// A deployment, and whether it has this configuration.
#[derive(Serialize)]
pub struct ExplainedDeployment {
    /// Whether the digests are equal.
    pub same: bool,
    #[serde(flatten)]
    deployed: Deployed,
}

impl From<UpstreamRequest> for ExplainedRequest {
    fn from(sent: UpstreamRequest) -> Self {
        let UpstreamRequest { method, fetcher, url, removed, .. } = sent;
        Self { method, url, binding: fetcher, removed }
    }
}

impl ExplainedDeployment {
    /// Compares it with the digest of the local configuration.
    pub fn new(deployed: Deployed, configuration: &str) -> Self {
        Self { same: deployed.configuration == configuration, deployed }
    }
}

impl Explanation {
    /// The explanation as lines of text.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = |label: &str, text: &str| lines.push(format!("{label:<10}{text}"));
        match (self.decision, self.code.zip(self.status)) {
            (Decision::Forwarded, _) => line("decision", "forwarded"),
            (Decision::Answered, _) => line("decision", "answered by the gateway itself"),
            (Decision::Refused, Some((code, status))) => {
                line("decision", &format!("refused: {status} {code}"));
            }
            (Decision::Refused, None) => line("decision", "refused"),
        }
        for reason in &self.because {
            line("", reason);
        }
        let names = [
            ("route", &self.route),
            ("caller", &self.caller),
            ("subject", &self.subject),
            ("rule", &self.rule),
        ];
        for (label, text) in names {
            if let Some(text) = text {
                line(label, &Printable(text).to_string());
            }
        }
        for placement in &self.auth {
            line("auth", placement);
        }
        for ExplainedSecret { name, sources } in &self.secrets {
            line("secret", &format!("{name}: {}", sources.join(", then ")));
        }
        line("reads", &if self.reads.is_empty() { "nothing".to_owned() } else { self.reads.join(", ") });
        if let Some(ExplainedRequest { method, url, binding, removed }) = &self.upstream {
            let by = binding.as_ref().map(|binding| format!(" by {binding}")).unwrap_or_default();
            line("upstream", &format!("{method} {url}{by}"));
            if !removed.is_empty() {
                line("removed", &removed.join(", "));
            }
        }
        if let Some(ExplainedDeployment { same, deployed }) = &self.deployed {
            let (version, configuration) = (Printable(&deployed.version), Printable(&deployed.configuration));
            let place = place(deployed.environment.as_deref());
            let place = Printable(&place);
            let verdict = if *same {
                format!("this configuration ({configuration}) in {place}, version {version}")
            } else {
                format!(
                    "another configuration ({configuration}) in {place}, version {version}; this one is {}",
                    self.configuration
                )
            };
            line("deployed", &verdict);
        }
        lines
    }
}

/// The secrets of an auth, each once.
pub fn secrets(gateway: &Gateway, auth: &[Placement]) -> Vec<ExplainedSecret> {
    let mut ids: Vec<_> = auth.iter().flat_map(Placement::secrets).collect();
    ids.sort_unstable();
    ids.dedup();
    let source = |source: &Source| match source.kind {
        SourceKind::SecretsStore => source.binding.to_string(),
        SourceKind::WorkerSecret => format!("{} (a Worker secret)", source.binding),
    };
    let secrets = ids.into_iter().filter_map(|id| gateway.secret(id));
    let explained = secrets.map(|secret| ExplainedSecret {
        name: secret.name.to_string(),
        sources: secret.sources.iter().map(source).collect(),
    });
    explained.collect()
}

/// The rules of one grantee of the route, in the spelling of `gateway.toml`.
pub fn rules(route: &Route, to: Grantee) -> Vec<&str> {
    let grants = route.allow.iter().filter(|grant| grant.to == to);
    grants.flat_map(|grant| grant.rules.iter()).map(|rule| rule.text.as_ref()).collect()
}

/// The reason for a refusal that no path can show.
pub const OTHER_RESOURCE: &str = "A header names a second resource, which no rule admits.";

/// The difference between a request and a rule that nearly admits it.
pub fn mismatch(mismatch: Mismatch, rule: &str) -> String {
    match mismatch {
        Mismatch::OtherReading => format!(
            "`{rule}` admits the path as it is written. A server that cuts a segment at `;`, `?` or `#`, or drops dots and \
             spaces at its end, reads a path that the rule does not admit."
        ),
        Mismatch::EmptySegment => {
            format!("The path has an empty segment (`//`). Without it `{rule}` would admit the request.")
        }
        Mismatch::TrailingSlash => {
            format!("The path ends with a slash. Without it `{rule}` would admit the request.")
        }
        Mismatch::MissingSlash => format!("With a slash at its end `{rule}` would admit the request."),
        Mismatch::RepeatedSegment => format!(
            "The path repeats what the mount, the upstream's base path or the path itself has already. Without that \
             `{rule}` would admit the request."
        ),
        Mismatch::OtherResource => OTHER_RESOURCE.to_owned(),
        Mismatch::Method => format!("`{rule}` admits the path, with other methods."),
        Mismatch::Token => {
            format!("`{rule}` admits the request. The caller's token is limited to other requests.")
        }
    }
}

/// A mount as `gateway.toml` spells it.
pub fn mount(mount: &Mount) -> String {
    let path = mount.path();
    match &mount.host {
        Some(host) => format!("{host}{path}"),
        None if path.is_empty() => "/".to_owned(),
        None => path,
    }
}
