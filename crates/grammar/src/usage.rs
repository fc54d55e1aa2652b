//! Checks across the whole file: secrets of callers that are sent upstream, and unused entries. Its many tests make the
//! file long.

use std::collections::BTreeSet;

use super::callers::{Callers, LocatedProof};
use super::diagnostic::Findings;
use super::file::Span;
use super::route::LocatedRoute;
use super::routes::Routes;
use super::template::Declared;
use ostiary_core::configuration::{
    Grant, Grantee, Operator, Placement, Route, SecretId, Source, SourceKind, Template,
};

/// Subrequests of one request on Cloudflare's free plan.
const SUBREQUESTS: usize = 50;

/// The number of reads for one token that does not cause a warning.
const PROOFS: usize = 3;

/// All parts of one `gateway.toml`.
pub(crate) struct CrossChecks<'w, 't> {
    pub(crate) declared: &'w Declared<'t>,
    pub(crate) callers: &'w Callers<'t>,
    pub(crate) routes: &'w Routes<'t>,
    pub(crate) operator: Option<&'w Operator>,
}

impl CrossChecks<'_, '_> {
    /// A caller's token must not be sent upstream or to an API of the operator's, because its receiver could then use
    /// it. A list of revoked tokens has no other use. That is also so where two bindings have the same secret of a
    /// store.
    pub(crate) fn check_trust(&self, findings: &mut Findings<'_>) {
        let injected = self.routes.all().iter().flat_map(|route| &route.secrets).copied();
        let asked =
            self.operator.into_iter().flat_map(|operator| [&operator.metrics, &operator.secrets_store]);
        let asked =
            asked.flatten().filter_map(|api| Some((api.token, self.declared.secrets.span(api.token)?)));
        let (injected, asked): (Vec<_>, Vec<_>) = (injected.collect(), asked.collect());
        let sent: Vec<(SecretId, Span)> = [injected, asked.clone()].concat();
        for (secret, span) in &sent {
            // A caller's secret that is the token of an API is reported where that is read.
            let is_reported = |proof| *secret == proof && asked.iter().any(|(token, _)| *token == proof);
            for (proof, caller) in self.proofs().filter(|(proof, _)| !is_reported(*proof)) {
                let Some(what) = self.same(*secret, proof) else { continue };
                let message =
                    format!("{what} authenticates the caller `{caller}`, so it must not be sent upstream");
                findings.error(*span, &message, "write another secret");
            }
        }
        let proofs = self.callers.all().filter_map(|(_, caller)| caller.proof.as_ref()?.secret());
        let others: Vec<(SecretId, Span)> = sent.iter().copied().chain(proofs).collect();
        for list in self.revocation_lists() {
            for (secret, span) in &others {
                let Some(what) = self.same(*secret, list) else { continue };
                let message = format!("{what} is a list of revoked tokens, so it has no other use");
                findings.error(*span, &message, "write another secret");
            }
        }
    }

    /// The beginning of a sentence about the value that both secrets have: they are one, or have the same secret of a
    /// store in an environment.
    fn same(&self, one: SecretId, other: SecretId) -> Option<String> {
        let secrets = &self.declared.secrets;
        if one == other {
            return Some(format!("the secret `{}`", secrets.name(other)));
        }
        let sources =
            |id| secrets.sources(id).iter().filter(|source| source.kind == SourceKind::SecretsStore);
        self.declared.deployment.environments().iter().find_map(|environment| {
            let bound =
                |source: &Source| environment.store().iter().find(|row| row.name.text == source.binding);
            let pairs = sources(one).flat_map(|first| sources(other).map(move |second| (first, second)));
            let mut pairs = pairs.filter_map(|(first, second)| bound(first).zip(bound(second)));
            let (first, second) = pairs.find(|(first, second)| {
                // The same binding is an error of its own.
                first.name.text != second.name.text && first.is_same_secret(second)
            })?;
            Some(format!(
                "the secret `{}` of the store, which {} binds as `{}` and as `{}` {},",
                first.secret_name,
                self.declared.deployment.file(),
                first.name.text,
                second.name.text,
                environment.place()
            ))
        })
    }

    pub(crate) fn warn(&self, findings: &mut Findings<'_>) {
        for (id, name) in self.declared.secrets.names() {
            let injected = self.routes.all().iter().any(|route| injects(route, id));
            let reads = |operator: &Operator| {
                let apis = [&operator.metrics, &operator.secrets_store];
                apis.into_iter().flatten().any(|api| api.token == id)
            };
            let injected = injected || self.operator.is_some_and(reads);
            let is_list = self.revocation_lists().any(|list| list == id);
            if !injected && !is_list && !self.proofs().any(|(proof, _)| proof == id) {
                let message = format!("nothing uses the secret `{}`", name.text);
                findings.warning(name.span, &message, "use it in an `auth` or a `bearer`, or remove it");
            }
        }
        for (id, caller) in self.callers.all() {
            let mut granted = self.models().flat_map(|route| route.allow.iter());
            let operates = self.operator.is_some_and(|operator| operator.allow.contains(&id));
            if !operates && !granted.any(|grant| grant.to == Grantee::Caller(id)) {
                let message = format!("no route allows the caller `{}` anything", caller.name.text);
                findings.warning(caller.name.span, &message, "name it in an `allow`, or remove it");
            }
        }
        self.warn_of_caller_values(findings);
        self.warn_of_reads(findings);
        for route in self.routes.all() {
            let needed = route.route.as_ref().map_or(0, |model| self.worst_case(model));
            if needed > SUBREQUESTS {
                let message = format!(
                    "the route `{}` can need {needed} reads and attempts for one request, and Cloudflare's free \
                     plan grants {SUBREQUESTS}",
                    route.name.text
                );
                findings.warning(
                    route.name.span,
                    &message,
                    "name fewer callers or sources, or use digests for callers",
                );
            }
        }
    }

    /// A value that no route takes may be one whose name is misspelled.
    fn warn_of_caller_values(&self, findings: &mut Findings<'_>) {
        for (id, caller) in self.callers.all() {
            let is_granted = |grant: &Grant| grant.to == Grantee::Caller(id);
            let routes = self.models().filter(|route| route.allow.iter().any(is_granted));
            let auths = routes.flat_map(|route| route.auth.iter()).flat_map(Placement::templates);
            let used: BTreeSet<&str> = auths.flat_map(Template::caller_values).collect();
            for value in caller.values.iter().filter(|value| !used.contains(value.name.text)) {
                let (name, caller) = (value.name.text, caller.name.text);
                let message = format!("no route takes the value `{name}` of the caller `{caller}`");
                let instead =
                    format!("write `${{caller.{name}}}` in the `auth` of one that admits it, or remove it");
                findings.warning(value.name.span, &message, &instead);
            }
        }
    }

    /// Each request waits for these reads, and anyone can cause them without a valid token.
    fn warn_of_reads(&self, findings: &mut Findings<'_>) {
        for route in self.routes.all() {
            let proofs = route.route.as_ref().map_or(0, |model| self.proofs_read(model).len());
            if proofs > PROOFS {
                let message = format!(
                    "the route `{}` reads {proofs} sources to identify the sender of a token",
                    route.name.text
                );
                let instead = "give callers tokens of `ostiary token new NAME` and write `named = true`, or prove \
                               callers by digests";
                findings.warning(route.name.span, &message, instead);
            }
        }
    }

    /// Warns of unused bindings. `findings` are those of wrangler's configuration.
    pub(crate) fn warn_of_bindings(&self, findings: &mut Findings<'_>) {
        let secrets = &self.declared.secrets;
        let used: BTreeSet<&str> = secrets
            .names()
            .flat_map(|(id, _)| secrets.sources(id))
            .filter(|source| source.kind == SourceKind::SecretsStore)
            .map(|source| source.binding.as_ref())
            .collect();
        for bound in self.declared.deployment.store_bindings() {
            if !used.contains(bound.name.text) {
                let message = format!("no secret of gateway.toml uses the binding `{}`", bound.name.text);
                findings.warning(bound.name.span, &message, "name it in `[secrets]` there, or remove it");
            }
        }
        for bound in self.declared.deployment.rate_limits() {
            let operator = self.operator.iter().flat_map(|operator| operator.rate_limit.iter());
            let mut limits = self.models().flat_map(|route| route.rate_limit.iter()).chain(operator);
            if !limits.any(|limit| limit.binding == bound.text) {
                let message = format!("nothing in gateway.toml uses the rate limit `{}`", bound.text);
                findings.warning(bound.span, &message, "name it in a `rate_limit` there, or remove it");
            }
        }
    }

    /// The most subrequests of one request: one read of every source, and an attempt with each source of the auth if
    /// the route fails over, multiplied by its attempts after failed connections. Of the callers, for the one that
    /// needs most.
    fn worst_case(&self, route: &Route) -> usize {
        route.auths().map(|auth| self.worst_case_of(route, auth)).max().unwrap_or_default()
    }

    fn worst_case_of(&self, route: &Route, auth: &[Placement]) -> usize {
        let injected: Vec<SecretId> = auth.iter().flat_map(Placement::secrets).collect();
        let injected_sources = injected.iter().flat_map(|secret| self.declared.secrets.sources(*secret));
        let mut sources = self.proofs_read(route);
        sources.extend(injected_sources);
        let sources_of = |secret: &SecretId| self.declared.secrets.sources(*secret).len();
        let failover = route.failover.as_ref().and_then(|_| injected.iter().map(sources_of).max());
        let retries = route.retry.map_or(0, |retry| usize::from(retry.attempts).saturating_sub(1));
        sources.len() + failover.unwrap_or(1) + retries
    }

    /// The sources that are read for a request with one token that names a caller, and one that does not.
    fn proofs_read(&self, route: &Route) -> BTreeSet<&Source> {
        let known = |id| route.allow.iter().any(|grant| grant.to == Grantee::Caller(id));
        let callers = self.callers.all().filter(|(id, _)| known(*id));
        let proofs = callers.filter_map(|(_, caller)| match caller.proof.as_ref()? {
            LocatedProof::Secret(secret, _) => Some((caller.named, self.declared.secrets.sources(*secret))),
            // What a signature is put beside names its caller, where the configuration has it.
            LocatedProof::Hmac(hmac, _) => {
                let is_named = hmac.put.iter().any(|output| output.value.request_values().next().is_none());
                Some((is_named, self.declared.secrets.sources(hmac.key)))
            }
            _ => None,
        });
        let (named, others): (Vec<_>, Vec<_>) = proofs.partition(|(named, _)| *named);
        let named = named.into_iter().max_by_key(|(_, sources)| sources.len());
        others.into_iter().chain(named).flat_map(|(_, sources)| sources).collect()
    }

    /// The secrets with lists of revoked tokens.
    fn revocation_lists(&self) -> impl Iterator<Item = SecretId> {
        self.callers.all().filter_map(|(_, caller)| match caller.proof.as_ref()? {
            LocatedProof::Issued(_, revoked) => revoked.map(|(secret, _)| secret),
            _ => None,
        })
    }

    /// The secrets that authenticate callers, with their callers.
    fn proofs(&self) -> impl Iterator<Item = (SecretId, &str)> {
        let secret = |proof: &LocatedProof| proof.secret().map(|(secret, _)| secret);
        self.callers
            .all()
            .filter_map(move |(_, caller)| Some((caller.proof.as_ref().and_then(secret)?, caller.name.text)))
    }

    fn models(&self) -> impl Iterator<Item = &Route> {
        self.routes.all().iter().filter_map(|route| route.route.as_ref())
    }
}

fn injects(route: &LocatedRoute<'_>, secret: SecretId) -> bool {
    route.secrets.iter().any(|(injected, _)| *injected == secret)
}

#[cfg(test)]
mod tests {
    use super::super::Checked;
    use super::super::example::{GATEWAY, WRANGLER, accepted, assert_diagnostics, outcome, replaced};

    #[test]
    fn a_secret_that_proves_a_caller_is_not_injected() {
        assert_diagnostics(include_str!("diagnostics/usage.txt"));
    }

    /// Case 78.
    #[test]
    fn one_secret_of_the_store_is_not_a_token_and_a_key() {
        let row = |place: &str, binding: &str, store: &str, secret: &str| {
            let rows = format!("[[{place}secrets_store_secrets]]\nbinding = \"{binding}\"\n");
            format!("{rows}store_id = \"{store}\"\nsecret_name = \"{secret}\"\n")
        };
        // With this secret of the store for the binding of `other`.
        let told = |gateway: &str, store: &str, secret: &str| {
            let wrangler = format!("{WRANGLER}{}", row("", "OTHER", store, secret));
            outcome(gateway, &wrangler).err().unwrap_or_default()
        };
        let gateway = replaced(GATEWAY, "[secrets]\n", "[secrets]\nother = [\"OTHER\"]\n");
        let injected = replaced(&gateway, "bearer = \"${stripe}\"", "bearer = \"${other}\"");
        assert_eq!(
            told(&injected, "1", "checkout"),
            [
                "gateway.toml:17:20: error: the secret `checkout` of the store, which wrangler.toml binds as `OTHER` and \
                 as `CHECKOUT_TOKEN` at its top level, authenticates the caller `checkout`, so it must not be sent \
                 upstream; found `${other}`; write another secret"
            ]
        );
        for (store, secret) in [("2", "checkout"), ("1", "other"), ("1", "stripe")] {
            assert_eq!(told(&injected, store, secret), <[String; 0]>::default(), "{store} {secret}");
        }
        // Another caller's token is not sent, and neither is a secret that nothing uses.
        assert_eq!(told(&gateway, "1", "checkout"), <[String; 0]>::default());
        // Only one environment has both.
        let staging: String = ["STRIPE_KEY", "STRIPE_KEY_2", "CHECKOUT_TOKEN", "OTHER"]
            .map(|name| {
                let secret = if name == "OTHER" { "CHECKOUT_TOKEN" } else { name };
                row("env.staging.", name, "1", secret)
            })
            .concat();
        let wrangler = format!("{WRANGLER}{}{staging}", row("", "OTHER", "1", "other"));
        let staged = outcome(&injected, &wrangler).unwrap_err();
        assert!(staged[0].contains("in `[env.staging]`, authenticates the caller `checkout`"), "{staged:?}");
        // The token of an API of the operator's, and a list of revoked tokens.
        let operator = "operator = { mount = \"/ops\", allow = [\"ci\"], secrets_store = { url = \
                        \"https://api.example.com/s\", token = \"${other}\" } }\n";
        let read = told(&replaced(&gateway, "version = 1\n", operator), "1", "checkout");
        assert!(read[0].contains("so it must not be sent upstream; found `other`"), "{read:?}");
        let issued = "[callers.class]\nissued = { keys = [\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"], revoked = \
                      \"${other}\" }\n[routes.stripe]\n";
        let listed = replaced(&gateway, "[routes.stripe]\n", issued);
        for secret in ["checkout", "stripe"] {
            let told = told(&listed, "1", secret);
            assert!(told[0].contains("is a list of revoked tokens, so it has no other use"), "{told:?}");
        }
    }

    fn warnings(checked: &Checked) -> Vec<String> {
        checked.warnings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn warns_of_what_nothing_uses() {
        let secrets = "spare = [{ worker_secret = \"LEGACY_KEY\" }]\ncheckout = [\"CHECKOUT_TOKEN\"]";
        assert_eq!(
            warnings(&accepted("checkout = [\"CHECKOUT_TOKEN\"]", secrets)),
            [
                "gateway.toml:5:1: warning: nothing uses the secret `spare`; found `spare`; use it in an `auth` or a \
              `bearer`, or remove it"
            ]
        );
        assert_eq!(
            warnings(&accepted("ci = [\"GET /v1/balance\"]", "")),
            [
                "gateway.toml:10:10: warning: no route allows the caller `ci` anything; found `ci`; name it in an \
              `allow`, or remove it"
            ]
        );
        assert_eq!(
            warnings(&accepted("\"STRIPE_KEY\", \"STRIPE_KEY_2\"", "\"STRIPE_KEY\"")),
            [
                "wrangler.toml:16:11: warning: no secret of gateway.toml uses the binding `STRIPE_KEY_2`; found \
              `\"STRIPE_KEY_2\"`; name it in `[secrets]` there, or remove it"
            ]
        );
    }

    /// A list of revoked tokens is used, whichever other secret there is.
    #[test]
    fn a_list_of_revocations_is_used() {
        let issued =
            "issued = { keys = [\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"], revoked = \"${list}\" }";
        let with = |secrets: &str| {
            let gateway = replaced(GATEWAY, "checkout = [\"CHECKOUT_TOKEN\"]\n", secrets);
            let gateway = replaced(&gateway, "bearer = \"${checkout}\"", issued);
            outcome(&gateway, WRANGLER).map(|checked| warnings(&checked)).unwrap()
        };
        assert_eq!(with("list = [\"CHECKOUT_TOKEN\"]\n"), <[String; 0]>::default());
        let [told] = &with("list = [\"CHECKOUT_TOKEN\"]\nspare = [{ worker_secret = \"LEGACY_KEY\" }]\n")[..]
        else {
            panic!()
        };
        assert!(told.contains("nothing uses the secret `spare`"), "{told}");
    }

    #[test]
    fn a_value_of_a_caller_is_used_by_a_route_that_admits_this_caller() {
        let with = |allow: &str| {
            let gateway = replaced(
                GATEWAY,
                "auth = { bearer = \"${stripe}\" }",
                "auth = { bearer = \"${caller.key}\" }",
            );
            let gateway = replaced(
                &gateway,
                "bearer = \"${checkout}\"\n",
                "bearer = \"${checkout}\"\nwith.key = \"${stripe}\"\n",
            );
            let other = "[routes.other]\nmount = \"/o\"\nupstream = \"https://o.example\"\nauth = { bearer = \"${stripe}\" }\n";
            let gateway = replaced(&gateway, "ci = [\"GET /v1/balance\"]\n", "");
            let gateway = format!("{gateway}{other}allow = {{ {allow} }}\n");
            warnings(&outcome(&gateway, WRANGLER).unwrap())
        };
        assert_eq!(with("ci = [\"GET /\"]"), <[String; 0]>::default());
        let unused = replaced(
            GATEWAY,
            "bearer = \"${checkout}\"\n",
            "bearer = \"${checkout}\"\nwith.key = \"${stripe}\"\n",
        );
        let [told] = &warnings(&outcome(&unused, WRANGLER).unwrap())[..] else { panic!() };
        assert!(told.contains("no route takes the value `key` of the caller `checkout`"), "{told}");
    }

    const BEARER: &str = "bearer = KEY\n";

    /// A route with this many callers, each with a secret `KEY` of its own and these keys, an upstream key with two
    /// sources, and these other keys.
    fn with_callers(count: usize, of_each: &str, keys: &str) -> Vec<String> {
        let list = |each: &dyn Fn(usize) -> String| (0..count).map(each).collect::<String>();
        let secrets = list(&|index| format!("s{index} = [\"S{index}\"]\n"));
        let callers = list(&|index| {
            format!("[callers.c{index}]\n{}", of_each.replace("KEY", &format!("\"${{s{index}}}\"")))
        });
        let allow = list(&|index| format!("c{index} = [\"GET /\"]\n"));
        let bindings = list(&|index| {
            format!(
                "[[secrets_store_secrets]]\nbinding = \"S{index}\"\nstore_id = \"1\"\nsecret_name = \"s\"\n"
            )
        });
        let gateway =
            replaced(GATEWAY, "checkout = [\"CHECKOUT", &format!("{secrets}checkout = [\"CHECKOUT"));
        let gateway = replaced(&gateway, "[routes.stripe]\n", &format!("{callers}[routes.stripe]\n"));
        let gateway = replaced(&gateway, "auth = {", &format!("{keys}auth = {{"));
        warnings(&outcome(&format!("{gateway}{allow}"), &format!("{WRANGLER}{bindings}")).unwrap())
    }

    fn of_the_plan(count: usize, keys: &str) -> Vec<String> {
        let mut warnings = with_callers(count, BEARER, keys);
        warnings.retain(|warning| warning.contains("free plan"));
        warnings
    }

    #[test]
    fn warns_of_a_route_that_reads_much_to_find_out_who_asks() {
        // Another read is for `checkout`.
        assert_eq!(with_callers(2, BEARER, ""), <[String; 0]>::default());
        assert_eq!(
            with_callers(3, BEARER, ""),
            [
                "gateway.toml:22:9: warning: the route `stripe` reads 4 sources to identify the sender of a token; found \
              `stripe`; give callers tokens of `ostiary token new NAME` and write `named = true`, or prove callers by \
              digests"
            ]
        );
        // A token names one of these callers, and any other token is only compared with `checkout`.
        assert_eq!(with_callers(100, "bearer = KEY\nnamed = true\n", ""), <[String; 0]>::default());
    }

    #[test]
    fn only_the_callers_that_a_route_admits_are_counted_for_it() {
        let route = |index: usize| {
            format!(
                "[routes.r{index}]\nmount = \"/{index}\"\nupstream = \"https://api.stripe.com\"\nauth = []\n\
                 allow = {{ c{index} = [\"GET /\"] }}\n[callers.c{index}]\nbearer = \"${{s{index}}}\"\n"
            )
        };
        let secrets = [0, 1, 2, 3].map(|index| format!("s{index} = [{{ worker_secret = \"S{index}\" }}]\n"));
        let secrets = format!("{}checkout = [\"CHECKOUT", secrets.concat());
        let gateway =
            replaced(GATEWAY, "checkout = [\"CHECKOUT", &secrets) + &[0, 1, 2, 3].map(route).concat();
        let wrangler = replaced(WRANGLER, "\"LEGACY_KEY\"", "\"S0\", \"S1\", \"S2\", \"S3\"");
        assert_eq!(warnings(&outcome(&gateway, &wrangler).unwrap()), <[String; 0]>::default());
    }

    /// Each request waits for the key of a caller that signs, unless its header names the caller.
    #[test]
    fn the_keys_of_callers_that_sign_are_read() {
        assert_eq!(with_callers(4, "hmac = { key = KEY }\n", ""), <[String; 0]>::default());
        let put = "put = [{ header = \"x-t\", value = \"${request.timestamp}\" }, \
                   { header = \"x-s\", value = \"${request.signature}\" }]";
        let told = with_callers(4, &format!("hmac = {{ key = KEY, {put} }}\n"), "");
        assert!(told.concat().contains("reads 5 sources to identify the sender"), "{told:?}");
    }

    #[test]
    fn warns_of_a_route_that_needs_more_than_the_free_plan_grants() {
        // One read for `checkout`, two for `stripe`, and an attempt with each source of `stripe`.
        assert_eq!(of_the_plan(45, ""), <[String; 0]>::default());
        assert_eq!(
            of_the_plan(46, ""),
            [
                "gateway.toml:151:9: warning: the route `stripe` can need 51 reads and attempts for one request, and \
              Cloudflare's free plan grants 50; found `stripe`; name fewer callers or sources, or use digests \
              for callers"
            ]
        );
    }

    #[test]
    fn a_retry_counts_and_so_does_the_lack_of_failover() {
        let needs = |count, keys: &str| {
            let warnings = of_the_plan(count, keys);
            warnings.first().and_then(|text| text.split(" can need ").nth(1)?.split(' ').next()?.parse().ok())
        };
        // One attempt instead of two.
        assert_eq!(needs(46, "failover = false\n"), None);
        assert_eq!(needs(47, "failover = false\n"), Some(51));
        // Two more attempts, after failed connections.
        assert_eq!(needs(43, "retry = { attempts = 3 }\n"), None);
        assert_eq!(needs(44, "retry = { attempts = 3 }\n"), Some(51));
    }
}
