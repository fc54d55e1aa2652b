//! Warns of configurations that work locally, but not when they are deployed.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::callers::{Callers, LocatedProof};
use super::diagnostic::Findings;
use super::file::Span;
use super::wrangler::{Deployment, Environment};
use ostiary_core::configuration::UpstreamUrl;

/// The environments in which an upstream cannot be reached.
#[derive(Default)]
pub(crate) struct OutOfReach(Vec<String>);

impl OutOfReach {
    /// Checks the upstream's URL in one environment.
    pub(crate) fn look(&mut self, url: &UpstreamUrl, environment: &Environment<'_>) {
        if is_deployed(environment) && is_loopback(&url.origin) {
            self.0.push(environment.place());
        }
    }

    /// Warns of all environments in one message.
    pub(crate) fn warn(self, at: Span, findings: &mut Findings<'_>) {
        if !self.0.is_empty() {
            let places = self.0.join(" and ");
            let message =
                format!("{places} this upstream is on loopback, which a deployed Worker cannot reach");
            let instead =
                "write a host that Cloudflare can reach, or a `${var.NAME}` with such a value there";
            findings.warning(at, &message, instead);
        }
    }
}

/// Warns of callers that are named after an environment and have a digest, because a digest is valid in all
/// environments.
pub(crate) fn warn_of_digests(
    callers: &Callers<'_>,
    deployment: &Deployment<'_>,
    findings: &mut Findings<'_>,
) {
    let is_word_of = |environment: &str, name: &str| name.split(['-', '_']).any(|word| word == environment);
    for (_, caller) in callers.all() {
        let Some(LocatedProof::Digests(_)) = caller.proof else { continue };
        let names = deployment.environments().iter().filter_map(Environment::name);
        if let Some(environment) = names.into_iter().find(|name| is_word_of(name, caller.name.text)) {
            let name = caller.name.text;
            let message = format!(
                "the caller `{name}` is named after the environment `{environment}`, and its token is valid in every one"
            );
            let instead = "write `bearer = \"${secret}\"` with a secret of its own in each environment, or another name";
            findings.warning(caller.name.span, &message, instead);
        }
    }
}

/// Whether the environment can be deployed: it binds a secret of a real store. The id of a real store has 32
/// hexadecimal digits; a local one can be any text.
fn is_deployed(environment: &Environment<'_>) -> bool {
    let is_id = |id: &str| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    environment.store().iter().any(|binding| is_id(binding.store_id))
}

fn is_loopback(origin: &str) -> bool {
    let host = origin.split_once("://").map_or(origin, |(_, host)| host);
    let host = match host.strip_prefix('[') {
        Some(address) => address.split(']').next(),
        None => host.split(':').next(),
    };
    let host = host.unwrap_or_default();
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || host.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::super::example::{GATEWAY, WRANGLER, outcome, replaced};
    use super::*;

    #[test]
    fn loopback_is_recognised() {
        for (origin, expected) in [
            ("http://127.0.0.1:9001", true),
            ("http://localhost", true),
            ("http://api.localhost:80", true),
            ("http://[::1]:9001", true),
            ("https://127.0.0.1.example.com", false),
            ("https://api.example.com", false),
        ] {
            assert_eq!(is_loopback(origin), expected, "{origin}");
        }
    }

    const STORE: &str = "023e105f4ecef8ad9ca31a8372d0c353";

    fn warnings(gateway: &str, wrangler: &str) -> Vec<String> {
        outcome(gateway, wrangler).unwrap().warnings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_upstream_on_loopback_is_told_where_it_would_be_deployed() {
        let gateway = replaced(GATEWAY, "https://api.stripe.com", "http://127.0.0.1:9001");
        assert!(!warnings(&gateway, WRANGLER).iter().any(|warning| warning.contains("loopback")));
        let deployed = WRANGLER.replace("store_id = \"1\"", &format!("store_id = \"{STORE}\""));
        let told = warnings(&gateway, &deployed);
        let expected = "gateway.toml:15:12: warning: at its top level this upstream is on loopback, which a deployed Worker \
                        cannot reach; found `\"http://127.0.0.1:9001\"`; write a host that Cloudflare \
                        can reach, or a `${var.NAME}` with such a value there";
        assert!(told.contains(&expected.to_owned()), "{told:?}");
        assert!(!warnings(GATEWAY, &deployed).iter().any(|warning| warning.contains("loopback")));
    }

    #[test]
    fn a_digest_of_one_environment_is_told_to_be_valid_in_all() {
        let bindings = WRANGLER.split_once("[[").map(|(_, bindings)| format!("[[{bindings}")).unwrap();
        let wrangler = format!("{WRANGLER}\n{}", bindings.replace("[[", "[[env.staging."));
        let told = |name: &str, wrangler: &str| {
            let gateway = GATEWAY.replace("[callers.ci]", &format!("[callers.{name}]"));
            let gateway = gateway.replace("ci = [", &format!("{name} = ["));
            warnings(&gateway, wrangler)
                .iter()
                .any(|warning| warning.contains("is named after the environment"))
        };
        assert!(told("staging-ci", &wrangler) && told("ci_staging", &wrangler));
        assert!(!told("ci", &wrangler) && !told("stagings", &wrangler) && !told("staging-ci", WRANGLER));
    }
}
