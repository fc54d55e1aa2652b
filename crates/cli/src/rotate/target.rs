//! The target of a rotation: one secret, or several of one route's auth, with their sources.

use std::collections::BTreeSet;

use ostiary_core::configuration::{Gateway, Grantee, Placement, Route, Secret, SecretId, SourceKind};
use ostiary_secrets_store::{SecretName, SecretValue, StoreId};

use super::other_users::{OtherRoute, other_routes, other_users};
use crate::configuration::{Binding, Environment};
use crate::failure::Failure;
use crate::source_folder;

/// The secrets to rotate.
pub struct Target {
    /// One or more, all with the same number of sources.
    pub secrets: Vec<TargetSecret>,
    /// The route that uses them; `None` if the secret is a caller's token.
    pub route: Option<String>,
    /// Whose values those are, on a route where each caller has its own.
    pub caller: Option<String>,
    /// The other routes whose auth uses one of the secrets. They are not probed.
    pub other_routes: Vec<OtherRoute>,
    /// Further uses that are not probed, each as the beginning of a sentence: other callers of the route with values of
    /// their own, and the operator's endpoints.
    pub other_users: Vec<String>,
}

/// A secret and the bindings of its sources.
pub struct TargetSecret {
    /// The primary first.
    pub sources: Vec<Binding>,
}

/// A secret and its new value.
pub struct NewValue {
    /// Its name in `gateway.toml`.
    pub secret: String,
    /// The new value.
    pub value: SecretValue,
}

impl Target {
    /// # Errors
    /// Returns an error if the names do not belong together, or a source cannot be written.
    pub fn find(
        gateway: &Gateway,
        environment: &Environment,
        names: &[String],
        route: Option<&str>,
    ) -> Result<Self, Failure> {
        let ids = names.iter().map(|name| find(gateway, name)).collect::<Result<Vec<_>, _>>()?;
        let route = purpose(gateway, &ids, route)?;
        let secrets = ids
            .iter()
            .filter_map(|id| gateway.secret(*id))
            .map(|secret| target_secret(secret, environment))
            .collect::<Result<Vec<_>, _>>()?;
        let counts: BTreeSet<usize> = secrets.iter().map(|secret| secret.sources.len()).collect();
        if counts.len() > 1 {
            return Err(Failure::usage(
                "the secrets have unequal numbers of sources; rotate them one by one",
            ));
        }
        let places = secrets.iter().flat_map(|secret| &secret.sources);
        let mut seen = BTreeSet::new();
        for Binding { name, store, secret } in places {
            if !seen.insert((store, secret)) {
                return Err(Failure::usage(format_args!(
                    "`{name}` is bound to the secret `{secret}` like another source; give it one of its own"
                )));
            }
        }
        if let Some((binding, other)) = shared(gateway, environment, &ids, &seen) {
            return Err(Failure::usage(format_args!(
                "`{}` is bound to the secret `{}` of `{other}` too, which would change without a probe; give one of them \
                 a secret of its own",
                binding.name, binding.secret
            )));
        }
        let caller = route.as_ref().and_then(|route| caller(gateway, route, &ids));
        let other_routes = other_routes(gateway, &ids, route.as_deref());
        let other_users = other_users(gateway, &ids, route.as_deref(), caller.as_deref());
        Ok(Self { secrets, route, caller, other_routes, other_users })
    }

    /// The number of sources of each secret.
    pub fn sources(&self) -> usize {
        self.secrets.first().map_or(0, |secret| secret.sources.len())
    }

    /// The source's bindings, for a sentence.
    pub fn source_name(&self, source: usize) -> String {
        let bindings = self.secrets.iter().filter_map(|secret| secret.sources.get(source));
        let names: Vec<&str> = bindings.map(|binding| binding.name.as_str()).collect();
        format!("source {} ({})", source.saturating_add(1), names.join(", "))
    }
}

/// A source of another secret with the same secret in the store, and that secret's name.
fn shared<'e>(
    gateway: &'e Gateway,
    environment: &'e Environment,
    ids: &[SecretId],
    places: &BTreeSet<(&StoreId, &SecretName)>,
) -> Option<(&'e Binding, &'e str)> {
    let others = gateway
        .secrets
        .iter()
        .enumerate()
        .filter(|(position, _)| !ids.iter().any(|id| usize::from(id.0) == *position));
    let sources =
        others.flat_map(|(_, secret)| secret.sources.iter().map(|source| (source, secret.name.as_ref())));
    let mut bindings = sources
        .filter(|(source, _)| source.kind == SourceKind::SecretsStore)
        .filter_map(|(source, name)| Some((environment.binding(&source.binding)?, name)));
    bindings.find(|(binding, _)| places.contains(&(&binding.store, &binding.secret)))
}

fn find(gateway: &Gateway, name: &str) -> Result<SecretId, Failure> {
    let position = gateway.secrets.iter().position(|secret| secret.name == name);
    position.and_then(|position| u16::try_from(position).ok()).map(SecretId).ok_or_else(|| {
        let known: Vec<&str> = gateway.secrets.iter().map(|secret| secret.name.as_ref()).collect();
        Failure::usage(format_args!("gateway.toml has no secret `{name}`; it has {}", known.join(", ")))
    })
}

/// The route for the probe; `None` for a caller's token.
fn purpose(gateway: &Gateway, ids: &[SecretId], wanted: Option<&str>) -> Result<Option<String>, Failure> {
    if let [id] = ids
        && gateway.callers.iter().any(|caller| caller.authentication.secret() == Some(*id))
    {
        return match wanted {
            None => Ok(None),
            Some(_) => {
                Err(Failure::usage("the secret is a caller's token, so no route uses it: omit --route"))
            }
        };
    }
    let carries = |route: &Route| route.auths().any(|auth| holds(auth, ids));
    let routes: Vec<&str> =
        gateway.routes.iter().filter(|route| carries(route)).map(|route| route.name.as_ref()).collect();
    match (routes.as_slice(), wanted) {
        (routes, Some(wanted)) if routes.contains(&wanted) => Ok(Some(wanted.to_owned())),
        (_, Some(wanted)) => Err(Failure::usage(format_args!(
            "the auth of the route `{wanted}` does not use all of these secrets"
        ))),
        ([route], None) => Ok(Some((*route).to_owned())),
        ([], None) => Err(Failure::usage("no route's auth uses all of these secrets")),
        (routes, None) => Err(Failure::usage(format_args!(
            "several routes use it; choose one to probe: --route {}",
            routes.join("|")
        ))),
    }
}

fn holds(auth: &[Placement], ids: &[SecretId]) -> bool {
    let held: Vec<SecretId> = auth.iter().flat_map(Placement::secrets).collect();
    ids.iter().all(|id| held.contains(id))
}

/// The first caller with whose values the route's auth holds all of these.
fn caller(gateway: &Gateway, route: &str, ids: &[SecretId]) -> Option<String> {
    let route = gateway.routes.iter().find(|known| known.name == route)?;
    let grant =
        route.allow.iter().find(|grant| grant.auth.as_deref().is_some_and(|auth| holds(auth, ids)))?;
    let Grantee::Caller(id) = grant.to else { return None };
    gateway.caller(id).map(|caller| caller.name.to_string())
}

fn target_secret(secret: &Secret, environment: &Environment) -> Result<TargetSecret, Failure> {
    let sources = secret.sources.iter().map(|source| match source.kind {
        SourceKind::SecretsStore => environment.binding(&source.binding).cloned().ok_or_else(|| {
            Failure::failed(format_args!(
                "wrangler's configuration has no binding `{}` ({})",
                source.binding,
                environment.place()
            ))
        }),
        SourceKind::WorkerSecret => Err(Failure::usage(format_args!(
            "`{0}` is a Worker secret, which this command does not write; write it with: {1} secret put {0}",
            source.binding,
            source_folder::wrangler_words()
        ))),
    });
    Ok(TargetSecret { sources: sources.collect::<Result<_, _>>()? })
}

#[cfg(test)]
mod tests {
    use ostiary_grammar::File;

    use super::*;

    const STORE: &str = "023e105f4ecef8ad9ca31a8372d0c353";
    const GATEWAY: &str = r#"
[secrets]
id   = ["ID", "ID_NEXT"]
key  = ["KEY", "KEY_NEXT"]
user = ["USER"]
same = ["SAME", "SAME_AGAIN"]
twin = ["USER_AGAIN", "TWIN"]
old  = [{ worker_secret = "OLD" }]
ops  = ["OPS", "OPS_NEXT"]
tenant = ["TENANT", "TENANT_NEXT"]
[callers.ops]
bearer = "${ops}"
with = { key = "${id}" }
[callers.shop]
bearer_sha256 = ["0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"]
with = { key = "${tenant}" }
[callers.other]
bearer_sha256 = ["1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"]
with = { key = "${tenant}" }
[operator]
mount = "ops.example.com"
allow = ["ops"]
secrets_store = { url = "https://api.cloudflare.com/client/v4/accounts/1/secrets_store", token = "${key}" }
[routes.pair]
mount = "/pair"
upstream = "https://a.example.com"
auth = [{ header = "x-id", value = "${id}" }, { header = "x-key", value = "${key}" }, { header = "x-user", value = "${user}" }]
allow = { ops = ["GET /**"] }
[routes.id]
mount = "/id"
upstream = "https://a.example.com"
failover = { when = [401, { status = 403, body = "dead" }] }
auth = [{ bearer = "${id}" }, { header = "x-a", value = "${same}" }, { header = "x-b", value = "${old}" }, { header = "x-c", value = "${twin}" }]
allow = { ops = ["GET /**"] }
[routes.shared]
mount = "/shared"
upstream = "https://a.example.com"
auth = { bearer = "${caller.key}" }
allow = { ops = ["GET /**"], shop = ["GET /**"], other = ["GET /**"] }
"#;

    fn find(names: &[&str], route: Option<&str>) -> Result<(Option<String>, String), String> {
        let target = found(names, route)?;
        let route = target.route.as_ref().map(|route| match &target.caller {
            Some(caller) => format!("{route} as {caller}"),
            None => route.clone(),
        });
        Ok((route, target.source_name(target.sources() - 1)))
    }

    fn found(names: &[&str], route: Option<&str>) -> Result<Target, String> {
        let bound = [
            "ID",
            "ID_NEXT",
            "KEY",
            "KEY_NEXT",
            "USER",
            "SAME",
            "SAME_AGAIN",
            "OPS",
            "OPS_NEXT",
            "USER_AGAIN",
            "TWIN",
            "TENANT",
            "TENANT_NEXT",
        ];
        let row = |name: &&str| {
            format!(
                "[[secrets_store_secrets]]\nbinding = \"{name}\"\nstore_id = \"{STORE}\"\nsecret_name = \"{name}\"\n"
            )
        };
        let wrangler = format!("secrets.required = [\"OLD\"]\n{}", bound.iter().map(row).collect::<String>());
        let files =
            [("gateway.toml", GATEWAY), ("wrangler.toml", &wrangler)].map(|(path, text)| File { path, text });
        let gateway = ostiary_grammar::read(files[0], files[1]).unwrap().gateway;
        let binding = |name: &&str| Binding {
            name: (*name).to_owned(),
            store: STORE.parse().unwrap(),
            secret: name.trim_end_matches("_AGAIN").parse().unwrap(),
        };
        let environment =
            Environment { bindings: bound.iter().map(binding).collect(), ..Environment::default() };
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let target = Target::find(&gateway, &environment, &names, route);
        target.map_err(|failure| failure.message().unwrap_or_default().to_owned())
    }

    #[test]
    fn finds_what_belongs_together() {
        let pair = Some("pair".to_owned());
        assert_eq!(find(&["id", "key"], None), Ok((pair.clone(), "source 2 (ID_NEXT, KEY_NEXT)".to_owned())));
        assert_eq!(find(&["id"], Some("pair")), Ok((pair.clone(), "source 2 (ID_NEXT)".to_owned())));
        assert_eq!(find(&["key"], None), Ok((pair, "source 2 (KEY_NEXT)".to_owned())));
        let shared = |caller: &str| Some(format!("shared as {caller}"));
        let second = "source 2 (TENANT_NEXT)".to_owned();
        assert_eq!(find(&["tenant"], None), Ok((shared("shop"), second)));
        assert_eq!(find(&["id"], Some("shared")), Ok((shared("ops"), "source 2 (ID_NEXT)".to_owned())));
        assert_eq!(find(&["ops"], None), Ok((None, "source 2 (OPS_NEXT)".to_owned())));
    }

    #[test]
    fn knows_after_which_refusals_other_routes_try_the_next_source() {
        let others = |names: &[&str], route| {
            let others = found(names, Some(route)).unwrap().other_routes;
            others.into_iter().map(|other| (other.name, other.failover)).collect::<Vec<_>>()
        };
        let other = |name: &str| (name.to_owned(), vec![401]);
        // Another route has it by itself, and one as the value of a caller.
        assert_eq!(others(&["id"], "pair"), [other("id"), other("shared")]);
        assert_eq!(others(&["id"], "id"), [other("pair"), other("shared")]);
        assert_eq!(others(&["key"], "pair"), []);
    }

    #[test]
    fn names_other_callers_and_the_operator_s_own_use() {
        let users = |names: &[&str]| found(names, None).unwrap().other_users;
        assert_eq!(users(&["tenant"]), ["The caller `other` of this route"]);
        assert_eq!(users(&["key"]), ["`[operator] secrets_store`"]);
        assert_eq!(found(&["id"], Some("id")).unwrap().other_users, <[String; 0]>::default());
    }

    #[test]
    fn tells_what_does_not() {
        for (names, route, expected) in [
            (&["nobody"][..], None, "no secret `nobody`"),
            (&["id"], None, "--route pair|id|shared"),
            (&["id", "key"], Some("id"), "does not use all"),
            (&["id", "tenant"], None, "no route's auth uses all"),
            (&["id", "ops"], None, "no route's auth uses all"),
            (&["ops"], Some("pair"), "omit --route"),
            (&["id", "user"], None, "unequal numbers"),
            (&["same"], None, "`SAME_AGAIN` is bound to the secret `SAME` like another source"),
            (&["user"], None, "`USER_AGAIN` is bound to the secret `USER` of `twin` too"),
            (&["twin"], None, "`USER` is bound to the secret `USER` of `user` too"),
            (&["old"], None, "`OLD` is a Worker secret"),
        ] {
            let told = find(names, route).unwrap_err();
            assert!(told.contains(expected), "{names:?}: {told}");
        }
    }
}
