//! What secrets, callers and bindings are used for, and whether that goes together.

use std::collections::BTreeSet;

use super::document::Entry;
use super::names;
use super::routes::ReadRoute;
use super::wrangler::Wrangler;
use crate::configuration::{
    Caller, CallerId, Grantee, Placement, Proof, Route, Secret, SecretId, Source, SourceKind,
};

/// What the free plan lets one request do besides itself.
const FREE_SUBREQUESTS: usize = 50;

/// All that has been read.
pub(super) struct Read<'s, 'd, 'r> {
    pub(super) secret_keys: &'s [Entry<'d, 'r>],
    pub(super) secrets: &'s [Secret],
    pub(super) caller_keys: &'s [Entry<'d, 'r>],
    pub(super) callers: &'s [Caller],
    pub(super) routes: &'s [ReadRoute<'d, 'r>],
    pub(super) wrangler: &'s Wrangler<'d, 'r>,
}

/// Reports what does not go together, and warns of what is not used.
pub(super) fn check(read: &Read<'_, '_, '_>) {
    let proving: BTreeSet<SecretId> = read.callers.iter().filter_map(token_secret).collect();
    let injected: BTreeSet<SecretId> =
        read.routes.iter().flat_map(|read| read.route.auth.iter()).flat_map(Placement::secrets).collect();
    let granted: BTreeSet<CallerId> = read.routes.iter().flat_map(|read| callers(&read.route)).collect();

    for (at, entry) in read.secret_keys.iter().enumerate() {
        let Some(id) = u16::try_from(at).ok().map(SecretId) else { continue };
        if proving.contains(&id) {
            // A token that is also a key would reach an upstream with every request.
            let shared = read
                .sources(id)
                .iter()
                .find(|source| injected.iter().any(|other| read.sources(*other).contains(source)));
            if let Some(shared) = shared {
                let message = format!(
                    "`{}` proves a caller and goes to an upstream: both read `{}`",
                    entry.key.text, shared.binding
                );
                entry.key.error(message, "use one secret to prove the caller and another in `auth`");
            }
        } else if !injected.contains(&id) {
            entry
                .key
                .warning(format!("no route and no caller uses `{}`", entry.key.text), "use it or remove it");
        }
    }
    for (at, entry) in read.caller_keys.iter().enumerate() {
        if u16::try_from(at).is_ok_and(|at| !granted.contains(&CallerId(at))) {
            entry.key.warning(
                format!("no route allows `{}` anything", entry.key.text),
                "give it a rule or remove it",
            );
        }
    }
    for node in &read.wrangler.store_nodes {
        let used = |source: &Source| source.kind == SourceKind::SecretsStore && source.binding == node.text;
        if !read.secrets.iter().any(|secret| secret.sources.iter().any(used)) {
            let known = names::list(read.secrets.iter().map(|secret| secret.name.as_ref()));
            node.warning(
                format!("no secret of gateway.toml reads the binding `{}`", node.text),
                format!("make it a source of one of {known}, or remove it"),
            );
        }
    }
    for route in read.routes {
        let worst = read.worst_case(&route.route);
        if worst > FREE_SUBREQUESTS {
            route.key.warning(
                format!("a request by `{}` can need {worst} reads and attempts, and the free plan allows {FREE_SUBREQUESTS}", route.key.text),
                "allow fewer callers with token secrets, prove callers by `bearer_sha256`, or use a paid plan",
            );
        }
    }
}

impl Read<'_, '_, '_> {
    fn sources(&self, id: SecretId) -> &[Source] {
        self.secrets.get(usize::from(id.0)).map(|secret| secret.sources.as_ref()).unwrap_or_default()
    }

    /// Every source that one request by this route can read, and the attempt itself.
    fn worst_case(&self, route: &Route) -> usize {
        let tokens =
            callers(route).filter_map(|id| self.callers.get(usize::from(id.0)).and_then(token_secret));
        let secrets = tokens.chain(route.auth.iter().flat_map(Placement::secrets));
        let sources: BTreeSet<&Source> = secrets.flat_map(|id| self.sources(id)).collect();
        sources.into_iter().filter(|source| source.kind == SourceKind::SecretsStore).count() + 1
    }
}

fn token_secret(caller: &Caller) -> Option<SecretId> {
    match caller.proof {
        Proof::Secret(id) => Some(id),
        Proof::Digests(_) => None,
    }
}

fn callers(route: &Route) -> impl Iterator<Item = CallerId> + '_ {
    route.allow.iter().filter_map(|grant| match grant.to {
        Grantee::Caller(id) => Some(id),
        Grantee::Anyone => None,
    })
}
