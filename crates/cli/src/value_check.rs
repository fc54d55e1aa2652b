//! Checks that a value is valid in every place in which the configuration uses it. The Worker calls the same function
//! of the core at run time, when it is too late.
//!
//! The file is longer than others, because its tests need a configuration with every place.

use std::collections::BTreeSet;
use std::fmt;

use clap::Args;
use ostiary_core::configuration::{
    Caller, CallerAuthentication, Forms, Gateway, Part, Placement, SecretId, SourceKind, Template,
};
use ostiary_core::secret_value::SecretValue as UsedValue;
use ostiary_core::value_check::check_value;
use ostiary_core::value_syntax::ValueSyntax;
use ostiary_secrets_store::{SecretName, SecretValue, StoreId};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use crate::api::ChosenStore;
use crate::bound::Bound;
use crate::configuration::{ConfigurationArguments, Environment};
use crate::failure::Failure;
use crate::no_key::NoKey;
use crate::output::{Output, Text, Tone};
use crate::printable::Printable;
use crate::token_check::{CheckedTokens, check_length, check_token};

/// The option for values that look like mistakes.
#[derive(Args)]
pub struct ValueArguments {
    /// Also write a value that is obviously not a key, such as `null`, `$NAME` or `NAME=value`.
    #[arg(long)]
    as_is: bool,
}

/// The places of secrets, if there is a configuration.
pub struct ValueCheck {
    /// `None` if `gateway.toml` has errors.
    gateway: Option<Gateway>,
    environments: Vec<Environment>,
    as_is: bool,
    /// The tokens that were checked, because a file may have one for two callers.
    tokens: CheckedTokens,
}

impl ValueCheck {
    /// Reads the configuration, if there is one. A configuration with errors is ignored, because secrets are usually
    /// created before it is complete.
    ///
    /// # Errors
    /// A given file cannot be read.
    pub fn new(
        arguments: &ConfigurationArguments,
        value: &ValueArguments,
        output: &mut Output,
    ) -> Result<Self, Failure> {
        let as_is = value.as_is;
        if !arguments.is_present() {
            return Ok(Self::without(as_is));
        }
        match (arguments.gateway(), arguments.environments()) {
            (Ok(gateway), Ok(environments)) => {
                Ok(Self { gateway: Some(gateway), environments, ..Self::without(as_is) })
            }
            (Err(failure), _) | (_, Err(failure)) if arguments.is_named() => Err(failure),
            (Err(_) | Ok(_), environments) => {
                let check = arguments.given().command("check");
                output.note(format!(
                    "The configuration has errors (`{check}` shows them), so values are checked without it."
                ));
                // What is bound may be known all the same.
                let environments = environments.unwrap_or_default();
                Ok(Self { environments, ..Self::without(as_is) })
            }
        }
    }

    fn without(as_is: bool) -> Self {
        Self { gateway: None, environments: Vec::new(), as_is, tokens: CheckedTokens::default() }
    }

    /// Warns of a store in which the configuration binds no secret.
    ///
    /// # Errors
    /// The values of such a store would be overwritten, and only the variable names it, which may be set for another
    /// project.
    pub fn store(&self, store: &ChosenStore, overwrites: bool, output: &mut Output) -> Result<(), Failure> {
        let bindings = || self.environments.iter().flat_map(|environment| &environment.bindings);
        let bound: BTreeSet<String> = bindings().map(|binding| binding.store.to_string()).collect();
        if bound.is_empty() || bound.contains(&store.id.to_string()) {
            return Ok(());
        }
        let bound = bound.into_iter().collect::<Vec<_>>().join(", ");
        let told = format!(
            "the configuration binds no secret of the store `{}`, but those of the store {bound}",
            Printable(&store.name)
        );
        if overwrites && store.is_of_variable {
            return Err(Failure::usage(format_args!(
                "OSTIARY_STORE_ID may be set for another project: {told}; write --store, if that one is meant"
            )));
        }
        output.note(Text::default().toned(Tone::Odd, "warning:").plain(format!(" {told}")));
        Ok(())
    }

    /// Checks the value for every binding of this secret of a store, in all environments. For a secret without
    /// bindings, it checks the rules that all places share.
    ///
    /// # Errors
    /// The value is not valid; nothing should be written.
    pub fn stored(&self, store: &StoreId, name: &SecretName, value: &SecretValue) -> Result<(), Failure> {
        let Some((gateway, ids)) = self.uses(store, name.as_str()) else { return self.unbound(name, value) };
        ids.into_iter().try_for_each(|id| {
            known(gateway, id, name.as_str(), value, self.as_is)?;
            let checked = self.tokens.check(gateway, id, value);
            checked.map_err(|fault| Failure::usage(format_args!("{name}: {fault}")))
        })
    }

    /// The configuration, and its secrets that have this secret of a store as a source; `None` if no secret has it.
    pub fn uses(&self, store: &StoreId, name: &str) -> Option<(&Gateway, Vec<SecretId>)> {
        let gateway = self.gateway.as_ref()?;
        let bindings = self.environments.iter().flat_map(|environment| &environment.bindings);
        let bound: Vec<&str> = bindings
            .filter(|binding| binding.store == *store && binding.secret.as_str() == name)
            .map(|binding| binding.name.as_str())
            .collect();
        let is_source = |id: &SecretId| {
            gateway.secret(*id).is_some_and(|secret| {
                secret.sources.iter().any(|source| {
                    source.kind == SourceKind::SecretsStore && bound.contains(&source.binding.as_ref())
                })
            })
        };
        let ids: Vec<SecretId> = ids(gateway).filter(is_source).collect();
        (!ids.is_empty()).then_some((gateway, ids))
    }

    /// The bindings of this secret of a store, for messages; `None` if it is not bound.
    pub fn bindings(&self, store: &StoreId, name: &str) -> Option<String> {
        Bound::new(&self.environments, store).places(name)
    }

    fn unbound(&self, name: &SecretName, value: &SecretValue) -> Result<(), Failure> {
        unknown(name.as_str(), value, |text| if self.as_is { None } else { NoKey::of(text) })
    }
}

/// Checks the value for the places of the secret with this name in `gateway.toml`.
///
/// # Errors
/// The value is not valid; nothing should be written.
pub fn check_named(gateway: &Gateway, name: &str, value: &SecretValue) -> Result<(), Failure> {
    let mut ids = ids(gateway);
    let id = ids.find(|id| gateway.secret(*id).is_some_and(|secret| secret.name == name));
    id.map_or(Ok(()), |id| known(gateway, id, name, value, false))
}

fn ids(gateway: &Gateway) -> impl Iterator<Item = SecretId> {
    (0..=u16::MAX).map(SecretId).take(gateway.secrets.len())
}

fn known(
    gateway: &Gateway,
    id: SecretId,
    name: &str,
    value: &SecretValue,
    as_is: bool,
) -> Result<(), Failure> {
    let used = UsedValue::new(value.expose().to_owned());
    check_value(gateway, id, &used, Forms::ALL)
        .map_err(|misfit| Failure::usage(format_args!("{name}: {misfit}")))?;
    check_token(gateway, id, value).map_err(|fault| Failure::usage(format_args!("{name}: {fault}")))?;
    let is_list = |caller: &Caller| matches!(&caller.authentication, CallerAuthentication::Issued(issued) if issued.revoked == Some(id));
    if gateway.callers.iter().any(is_list) {
        return Ok(());
    }
    let adds_scheme = adds_scheme(gateway, id);
    unknown(name, value, |text| {
        let scheme = || if adds_scheme { NoKey::of_scheme(text) } else { None };
        if as_is { None } else { NoKey::of(text).or_else(scheme) }
    })?;
    let length = if as_is { Ok(()) } else { check_length(gateway, id, value) };
    length.map_err(|fault| Failure::usage(format_args!("{name}: {fault}")))
}

/// Whether the gateway adds an authentication scheme to this secret, or compares it with a token without one.
fn adds_scheme(gateway: &Gateway, id: SecretId) -> bool {
    gateway.callers.iter().any(|caller| caller.authentication == CallerAuthentication::Secret(id))
        || gateway
            .routes
            .iter()
            .any(|route| route.auths().flatten().any(|placement| is_behind_scheme(placement, id)))
}

fn is_behind_scheme(placement: &Placement, id: SecretId) -> bool {
    let position = |template: &Template| {
        template
            .parts
            .iter()
            .position(|part| matches!(part, Part::Secret(secret) | Part::Field(secret, _) if *secret == id))
    };
    match placement {
        Placement::Bearer(value) => position(value).is_some(),
        Placement::Basic { username: user, password: secret } | Placement::Client { id: user, secret } => {
            position(user).is_some() || position(secret).is_some()
        }
        // A header that begins with the secret may get its scheme from there.
        Placement::Header { value, .. } => position(value).is_some_and(|position| position > 0),
        Placement::Exchange(exchange) => {
            exchange.auth.iter().any(|placement| is_behind_scheme(placement, id))
        }
        _ => false,
    }
}

/// A member of a JSON object.
#[derive(Deserialize)]
#[serde(untagged)]
enum Member {
    Text(Zeroizing<String>),
    Other(IgnoredAny),
}

/// Members with their positions only: a name is a part of the value, too.
struct Members(Vec<Member>);

/// Checks that the value has no characters that only come from copying, such as a byte order mark, and is not obviously
/// something else than a key. Places that encode the value would accept both.
fn unknown(name: &str, value: &SecretValue, no_key: impl Fn(&str) -> Option<NoKey>) -> Result<(), Failure> {
    let refused = |place: &str, reason: NoKey| {
        Failure::usage(format_args!(
            "{name}: {place}{reason}. If it is the key, `ostiary secrets update --value --as-is` and `sync --as-is` \
             write it"
        ))
    };
    let text = value.expose();
    // White space between the parts of JSON is not part of a key.
    let members = if text.trim_start().starts_with('{') { serde_json::from_str(text).ok() } else { None };
    let Some(Members(members)) = members else {
        ValueSyntax::Unknown.check(text).map_err(|error| Failure::usage(format_args!("{name}: {error}")))?;
        return no_key(text).map_or(Ok(()), |reason| Err(refused("", reason)));
    };
    for (position, member) in (1..).zip(&members) {
        if let Member::Text(text) = member {
            ValueSyntax::Unknown
                .check_characters(text)
                .map_err(|error| Failure::usage(format_args!("{name}: in its member {position}, {error}")))?;
            if let Some(reason) = no_key(text) {
                return Err(refused(&format!("in its member {position}, "), reason));
            }
        }
    }
    Ok(())
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Vec::new();
        while let Some((IgnoredAny, member)) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use ostiary_grammar::{File, read};

    use super::*;
    use crate::configuration::Binding;

    const GATEWAY: &str = r#"
[secrets]
bearer = ["B"]
password = ["P"]
query = ["Q"]
signing = ["S"]
field = ["F"]
list = ["L"]
token = ["T"]
header = ["H"]
behind = ["I"]
client = ["C"]
form = ["O"]
tenant = ["N"]
[callers.web]
bearer = "${token}"
with = { key = "${tenant}" }
[callers.agents]
issued = { keys = ["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"], revoked = "${list}" }
[routes.a]
mount = "/a"
upstream = "https://a.example.com"
auth = [{ bearer = "${bearer}" }, { query = "key", value = "${query}" }, { header = "x-f", value = "${field.id}" }, { header = "x-h", value = "${header}" }, { header = "x-i", value = "Token ${behind}" }]
allow = { agents = ["GET /**"] }
[routes.b]
mount = "/b"
upstream = "https://b.example.com"
auth = { basic = { username = "u", password = "${password}" } }
allow = { agents = ["GET /**"] }
[routes.tenants]
mount = "/tenants"
upstream = "https://t.example.com"
auth = { bearer = "${caller.key}" }
allow = { web = ["GET /**"] }
[routes.c]
mount = "/c"
upstream = "https://c.example.com"
auth = { hmac = { key = "${signing}", message = "${request.body}", put = { header = "x-signature", value = "${request.signature}" } } }
allow = { agents = ["GET /**"] }
[routes.d]
mount = "/d"
upstream = "https://d.example.com"
auth = { oauth2 = { token_url = "https://login.example.com/token", client_id = "i", client_secret = "${client}" } }
allow = { agents = ["GET /**"] }
[routes.e]
mount = "/e"
upstream = "https://e.example.com"
auth = { oauth2 = { token_url = "https://login.example.com/token", client_id = "i", client_secret = "${form}", client_auth = "post" } }
allow = { agents = ["GET /**"] }
"#;

    fn gateway() -> Gateway {
        let row = |name: &str| {
            format!(
                "[[secrets_store_secrets]]\nbinding = \"{name}\"\nstore_id = \"s\"\nsecret_name = \"{name}\"\n"
            )
        };
        let wrangler: String = ["B", "P", "Q", "S", "F", "L", "T", "H", "I", "C", "O", "N"].map(row).concat();
        let files =
            [("gateway.toml", GATEWAY), ("wrangler.toml", &wrangler)].map(|(path, text)| File { path, text });
        read(files[0], files[1]).unwrap().gateway
    }

    fn check(name: &str, value: &str) -> Result<(), String> {
        check_named(&gateway(), name, &SecretValue::parse(value.to_owned()).unwrap())
            .map_err(|failure| failure.to_string())
    }

    #[test]
    fn what_nobody_means_is_refused_in_places_that_could_hold_it() {
        for name in ["password", "query", "signing"] {
            for (value, reason) in [
                ("\u{feff}canary", "its character 1 is a byte order mark"),
                ("canary\u{a0}", "its character 7 is a no-break space"),
                ("can\u{200b}ary", "its character 4 is a zero-width space"),
                ("“canary”", "its character 1 is a typographic quote"),
                ("canary\u{202e}", "its character 7 is an invisible character"),
                ("canary\u{2800}", "its character 7 is an invisible character"),
            ] {
                let told = check(name, value).unwrap_err();
                assert!(told.contains(reason) && !told.contains("canary"), "{name}: {told}");
            }
            for value in ["canary", "Ключ é", "a b"] {
                assert_eq!(check(name, value), Ok(()), "{name} {value}");
            }
        }
        assert_eq!(check("signing", "-----BEGIN KEY-----\nQUJD\n-----END KEY-----"), Ok(()));
        assert_eq!(check("field", "{\n\t\"id\": \"x\", \"key\": \"a\\nb\", \"n\": 1 }"), Ok(()));
        let told = check("field", r#"{"id":"x","canary":"\ufeffcanary"}"#).unwrap_err();
        assert_eq!(told, "field: in its member 2, its character 1 is a byte order mark (U+FEFF)");
    }

    #[test]
    fn what_is_obviously_no_key_is_refused_in_every_place() {
        for name in ["bearer", "password", "query", "signing", "token"] {
            for value in
                ["\"canary\"", "$CANARY", "${canary}", "CANARY=canary", "null", "***", "[redacted]", "<html>"]
            {
                let told = check(name, value).unwrap_err();
                assert!(told.contains(": it is ") && told.contains("--as-is"), "{name} {value}: {told}");
                assert!(!told.contains("canary") && !told.contains("CANARY"), "{told}");
            }
        }
        for (name, is_refused) in [
            ("bearer", true),
            ("password", true),
            ("token", true),
            ("behind", true),
            // A token endpoint gets the client's secret after `Basic`, or as a parameter of the form.
            ("client", true),
            ("form", false),
            ("tenant", true),
            ("header", false),
            ("query", false),
        ] {
            let told = check(name, "Bearer canary");
            assert_eq!(told.is_err(), is_refused, "{name}: {told:?}");
        }
        let told = check("field", r#"{"id":"$CANARY","n":1}"#).unwrap_err();
        assert!(told.starts_with("field: in its member 1, it is the name of a variable"), "{told}");
        assert_eq!(check("bearer", "QUJDRA=="), Ok(()));
    }

    #[test]
    fn a_value_for_the_store_is_checked_for_every_place_that_an_environment_binds_it_to() {
        let environment = |name: Option<&str>, binding: &str, secret: &str| Environment {
            name: name.map(str::to_owned),
            bindings: vec![Binding {
                name: binding.to_owned(),
                store: "s".parse().unwrap(),
                secret: secret.parse().unwrap(),
            }],
            ..Environment::default()
        };
        let environments = || {
            vec![
                environment(None, "Q", "live"),
                environment(Some("staging"), "B", "staged"),
                environment(Some("preview"), "Q", "staged"),
            ]
        };
        let check =
            |places: Option<(Gateway, Vec<Environment>)>, as_is, store: &str, secret: &str, value: &str| {
                let value = SecretValue::parse(value.to_owned()).unwrap();
                let (gateway, environments) = places.unzip();
                let environments = environments.unwrap_or_default();
                ValueCheck { gateway, environments, as_is, tokens: CheckedTokens::default() }.stored(
                    &store.parse().unwrap(),
                    &secret.parse().unwrap(),
                    &value,
                )
            };
        for (store, secret, value, is_accepted) in [
            ("s", "staged", "canary", true),
            // The gateway adds `Bearer` in one environment.
            ("s", "staged", "Bearer canary", false),
            ("s", "live", "Bearer canary", true),
            ("t", "staged", "Bearer canary", true),
            ("s", "B", "Bearer canary", true),
            // Nothing uses these secrets, and the value is still not a key.
            ("t", "staged", "$CANARY", false),
            ("s", "B", "$CANARY", false),
        ] {
            let checked = check(Some((gateway(), environments())), false, store, secret, value);
            assert_eq!(checked.is_ok(), is_accepted, "{store} {secret} {value}");
            let checked = check(Some((gateway(), environments())), true, store, secret, value);
            assert!(checked.is_ok(), "{store} {secret} {value}");
        }
        assert!(check(None, false, "s", "staged", "$CANARY").is_err());
        assert!(check(None, true, "s", "staged", "$CANARY").is_ok());
        // A header cannot have a line break, whatever the user says.
        let (places, broken) = (Some((gateway(), environments())), "a\nb");
        assert!(check(places, true, "s", "staged", broken).is_err());
    }

    #[test]
    fn a_list_of_revoked_tokens_that_the_gateway_would_not_read_is_refused() {
        for value in ["{}", r#"{"iat":1}"#, r#"{"sub":{"agents/a":1},"jti":{"x":2}}"#] {
            assert_eq!(check("list", value), Ok(()), "{value}");
        }
        for (value, reason) in [
            ("canary", "it is not JSON"),
            (r#"{"sub":{"agents/canary":"x"}}"#, "member 1 of its `sub`"),
            (r#"{"canary":{}}"#, "its member 1 is none of"),
        ] {
            let told = check("list", value).unwrap_err();
            assert!(
                told.contains(reason) && told.contains("class `agents`") && !told.contains("canary"),
                "{told}"
            );
        }
    }
}
