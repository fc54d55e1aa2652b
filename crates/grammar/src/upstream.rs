//! `upstream`: the origin and base path of a route's API, or a service.

use super::deployable::OutOfReach;
use super::diagnostic::Findings;
use super::document::Value;
use super::keys;
use super::template::{self, Declared};
use super::wrangler::FetcherKind;
use ostiary_core::configuration::{InvalidUpstream, Text, Upstream, UpstreamUrl};

const EXAMPLE: &str = "upstream = \"https://api.example.com\"";
const SERVICE: &str = "upstream = { service = \"BILLING\" }";
const SERVICE_URL: &str = "url = \"https://billing.internal/v1\"";

/// Parses the URL; if it has variables, once for each environment.
pub(crate) fn read(
    value: Value<'_>,
    declared: &Declared<'_>,
    findings: &mut Findings<'_>,
) -> Option<Upstream> {
    let text = value.template(EXAMPLE, findings)?;
    let parsed = template::parse(&text, declared, findings)?;
    let mut secrets = parsed.secrets().peekable();
    if secrets.peek().is_some() {
        for (secret, span) in secrets {
            let name = declared.secrets.name(secret);
            let message = format!("the secret `{name}` is put into the path by `auth`");
            let instead = format!(
                "write `{{token}}` here, and `{{ path = \"token\", value = \"${{{name}}}\" }}` in `auth`"
            );
            findings.error(span, &message, &instead);
        }
        return None;
    }
    drop(secrets);
    let (mut urls, mut out_of_reach) = (Vec::new(), OutOfReach::default());
    for environment in declared.deployment.environments() {
        // A missing variable has been reported already.
        let url = parsed.substituted(environment)?;
        if let Some(name) = parsed.ends_host(environment) {
            let value = environment.variable(name).unwrap_or_default();
            let message = format!(
                "{} `{name}` is `{value}`, which ends the host, so what follows it is not a part of the host",
                environment.place()
            );
            findings.error(text.span, &message, "write a value of letters, digits, `-` and `.` there");
            return None;
        }
        match UpstreamUrl::parse(&url) {
            Ok(url) => {
                out_of_reach.look(&url, environment);
                urls.push(url);
            }
            Err(why) if parsed.variables().next().is_some() => {
                let values = parsed
                    .variables()
                    .map(|name| format!("`{name}` is `{}`", environment.variable(name).unwrap_or_default()));
                let values = values.collect::<Vec<_>>().join(" and ");
                let message = format!("{} {values}, which makes `{url}`: {why}", environment.place());
                findings.error(text.span, &message, "write another value there, or another upstream here");
            }
            Err(why @ InvalidUpstream::UserInformation) => {
                findings.error_without_text(text.span, &why.to_string(), instead(why));
                return None;
            }
            Err(why) => {
                findings.error(text.span, &why.to_string(), instead(why));
                return None;
            }
        }
    }
    out_of_reach.warn(text.span, findings);
    if parsed.variables().next().is_some() {
        return Some(Upstream::Variable(parsed.into_template()));
    }
    urls.into_iter().next().map(Upstream::Fixed)
}

/// A route's upstream: a URL, or a service of the account.
pub(crate) fn read_route(
    value: Value<'_>,
    declared: &Declared<'_>,
    findings: &mut Findings<'_>,
) -> Option<(Upstream, Option<Text>)> {
    if !value.is_table() {
        return read(value, declared, findings).map(|upstream| (upstream, None));
    }
    let table = value.table(SERVICE, findings)?;
    table.reject_unknown_keys(&keys::SERVICE, &[], findings);
    let service = table.required("service", "`upstream`", table.span, SERVICE, findings);
    let service = service.and_then(|value| value.string(SERVICE, findings))?;
    declared.deployment.check_fetcher(FetcherKind::Service, service.text, service.span, findings);
    let url = match table.value("url") {
        Some(value) => {
            let text = value.string(SERVICE_URL, findings)?;
            let url = UpstreamUrl::parse(text.text);
            if let Err(why) = url {
                findings.error(text.span, &why.to_string(), instead(why));
            }
            url.ok()?
        }
        None => UpstreamUrl { origin: Text::Borrowed("https://service.internal"), base: Text::Borrowed("") },
    };
    Some((Upstream::Fixed(url), Some(Text::Owned(service.text.to_owned()))))
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

#[cfg(test)]
mod tests {
    use super::super::example::{GATEWAY, WRANGLER, accepted, assert_diagnostics, outcome, replaced};
    use super::*;
    use ostiary_core::configuration::{Part, Template};

    #[test]
    fn case_13_tells_why_an_upstream_is_none() {
        assert_diagnostics(include_str!("diagnostics/upstream.txt"));
    }

    #[test]
    fn tells_why_a_service_is_none() {
        assert_diagnostics(include_str!("diagnostics/service.txt"));
    }

    #[test]
    fn a_service_is_bound_and_sees_no_certificate() {
        let with = |upstream: &str, auth: &str| {
            let gateway = replaced(GATEWAY, "\"https://api.stripe.com\"", upstream);
            let gateway = replaced(&gateway, "{ bearer = \"${stripe}\" }", auth);
            let rows = "[[services]]\nbinding = \"BILLING\"\nservice = \"billing\"\n[[mtls_certificates]]\nbinding = \"A\"\ncertificate_id = \"c\"\n";
            outcome(&gateway, &format!("{WRANGLER}{rows}"))
        };
        let bearer = "{ bearer = \"${stripe}\" }";
        let checked = with("{ service = \"BILLING\" }", bearer).unwrap();
        let route = &checked.gateway.routes[0];
        assert_eq!(route.service.as_deref(), Some("BILLING"));
        let url = |origin, base| {
            Upstream::Fixed(UpstreamUrl { origin: Text::Borrowed(origin), base: Text::Borrowed(base) })
        };
        assert_eq!(route.upstream, url("https://service.internal", ""));
        let checked = with("{ service = \"BILLING\", url = \"https://b.internal/v1\" }", bearer).unwrap();
        assert_eq!(checked.gateway.routes[0].upstream, url("https://b.internal", "/v1"));
        let errors = with("{ service = \"BILLING\" }", "{ mtls = \"A\" }").map(|_| ()).unwrap_err();
        assert!(errors[0].contains("a service of the account gets no client certificate"), "{errors:?}");
        // A binding of another kind is not suggested.
        for (upstream, suggested) in [("{ service = \"BILLINGS\" }", true), ("{ service = \"A1\" }", false)] {
            let errors = with(upstream, bearer).map(|_| ()).unwrap_err();
            assert_eq!(errors[0].contains("; write `"), suggested, "{errors:?}");
        }
    }

    #[test]
    fn a_variable_does_not_end_the_host_before_what_follows_it() {
        let told = |upstream: &str, host: &str| {
            let gateway = replaced(GATEWAY, "https://api.stripe.com", upstream);
            let wrangler = replaced(WRANGLER, "ACCOUNT = \"acct_1\"", &format!("ACCOUNT = \"{host}\""));
            outcome(&gateway, &wrangler).map(|_| ()).map_err(|told| told.concat())
        };
        for host in [
            "evil.example.com/",
            "evil.example.com/x?y=",
            "evil.example.com/#",
            "evil.example.com\\\\",
            "a@b.example.com",
        ] {
            for upstream in ["https://${var.ACCOUNT}.good.com", "https://a-${var.ACCOUNT}.good.com/v1"] {
                let told = told(upstream, host).unwrap_err();
                assert!(told.contains("which ends the host"), "{upstream} {host}: {told}");
            }
        }
        assert_eq!(told("https://${var.ACCOUNT}.good.com", "eu-1"), Ok(()));
        assert_eq!(told("https://good.com/${var.ACCOUNT}", "a/b"), Ok(()));
        // Nothing of the host follows.
        assert_eq!(told("https://${var.ACCOUNT}", "good.com:8443/v1"), Ok(()));
        assert_eq!(told("https://${var.ACCOUNT}/v2", "good.com/v1"), Ok(()));
    }

    const VARIABLE: &str = "https://api.stripe.com/${var.ACCOUNT}/v1";

    #[test]
    fn an_upstream_without_variables_is_parsed_once() {
        let checked = accepted("https://api.stripe.com", "https://api.stripe.com:443/v1/");
        let url =
            UpstreamUrl { origin: Text::Borrowed("https://api.stripe.com"), base: Text::Borrowed("/v1") };
        assert_eq!(checked.gateway.routes[0].upstream, Upstream::Fixed(url));
    }

    #[test]
    fn an_upstream_with_variables_stays_a_template() {
        let parts = vec![
            Part::Text(Text::Borrowed("https://api.stripe.com/")),
            Part::Variable(Text::Borrowed("ACCOUNT")),
            Part::Text(Text::Borrowed("/v1")),
        ];
        let checked = accepted("https://api.stripe.com", VARIABLE);
        let expected = Upstream::Variable(Template { parts: parts.into() });
        assert_eq!(checked.gateway.routes[0].upstream, expected);
    }

    #[test]
    fn every_environment_puts_its_own_value_in() {
        let gateway = replaced(GATEWAY, "https://api.stripe.com", VARIABLE);
        let bindings = WRANGLER.split_once("[[").map(|(_, bindings)| format!("[[{bindings}")).unwrap();
        let bindings = bindings.replace("[[", "[[env.staging.");
        for (value, expected) in
            [("acct-2", Ok(())), ("../x", Err("../x")), ("", Err("")), ("a?b", Err("a?b"))]
        {
            let wrangler = format!("{WRANGLER}\n[env.staging.vars]\nACCOUNT = \"{value}\"\n{bindings}");
            let errors = outcome(&gateway, &wrangler).map(|_| ());
            let expected = expected.map_err(|value| {
                let why = UpstreamUrl::parse(&format!("https://api.stripe.com/{value}/v1")).unwrap_err();
                vec![format!(
                    "gateway.toml:15:12: error: in `[env.staging]` `ACCOUNT` is `{value}`, which makes \
                     `https://api.stripe.com/{value}/v1`: {why}; found `\"{VARIABLE}\"`; write another value there, \
                     or another upstream here"
                )]
            });
            assert_eq!(errors, expected, "{value}");
        }
    }
}
