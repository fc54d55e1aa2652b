//! Compares the bindings of wrangler's configuration with the secrets in the store.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ostiary_secrets_store::{Scope, Secret, SecretId, SecretName, Status, StoreId};
use serde::Serialize;

use crate::age::Age;
use crate::api::{Api, ApiFailure, store_names};
use crate::configuration::{Binding, Environment};
use crate::failure::Failure;
use crate::printable::Printable;
use crate::scopes::with_scopes;
use crate::shell::GivenOptions;

/// A problem with one secret.
#[derive(Debug, Serialize)]
pub struct Symptom {
    /// The environment; `None` if nothing binds the secret.
    pub place: Option<String>,
    /// The binding; `None` if nothing binds the secret.
    pub binding: Option<String>,
    /// The secret's name in the store.
    pub secret: String,
    store: StoreId,
    #[serde(skip)]
    trouble: Trouble,
}

#[derive(Debug, PartialEq, Eq)]
enum Trouble {
    /// The account has no such store; with the existing stores, for a sentence.
    NoStore(String),
    /// The API says that the secret is in another store than the one whose list it is in.
    OtherStore(StoreId),
    Missing,
    Inactive(Status),
    Scope(Vec<Scope>),
    Old(String),
    Ageless,
    Unused(SecretId),
}

/// The severity of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Requests or the deployment fail.
    Error,
    /// It may be intended.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// All problems, in the order of the configuration; secrets that nothing binds come last.
///
/// # Errors
/// Returns an error if the secrets of a store cannot be listed.
pub fn examine(
    api: &Api,
    environments: &[Environment],
    max_age: Option<Age>,
) -> Result<Vec<Symptom>, Failure> {
    let bindings = || environments.iter().flat_map(|environment| &environment.bindings);
    let ids: BTreeSet<&StoreId> = bindings().map(|binding| &binding.store).collect();
    let mut stores = BTreeMap::new();
    for id in ids {
        let secrets = match api.secrets(id) {
            Ok(secrets) => Some(secrets),
            // A 404 of another kind may be about the account.
            Err(ApiFailure::Refused { error, .. }) if error.is_store_missing() => None,
            Err(failure) => return Err(failure.into()),
        };
        stores.insert(id, secrets);
    }
    let known = if stores.values().any(Option::is_none) {
        store_names(&api.all(&api.account.stores(None))?)
    } else {
        String::new()
    };
    Ok(diagnose(environments, &stores, &known, max_age))
}

fn diagnose(
    environments: &[Environment],
    stores: &BTreeMap<&StoreId, Option<Vec<Secret>>>,
    known: &str,
    max_age: Option<Age>,
) -> Vec<Symptom> {
    let mut symptoms = Vec::new();
    let mut bound = BTreeSet::new();
    for environment in environments {
        for binding in &environment.bindings {
            bound.insert((&binding.store, binding.secret.as_str()));
            let secrets = stores.get(&binding.store).and_then(Option::as_ref);
            symptoms.extend(troubles(binding, secrets, known, max_age).into_iter().map(|trouble| Symptom {
                place: Some(environment.place()),
                binding: Some(binding.name.clone()),
                secret: binding.secret.to_string(),
                store: binding.store.clone(),
                trouble,
            }));
        }
    }
    for (store, secrets) in stores {
        for secret in
            secrets.iter().flatten().filter(|secret| !bound.contains(&(*store, secret.name.as_str())))
        {
            let trouble = Trouble::Unused(secret.id.clone());
            let (secret, store) = (secret.name.clone(), (*store).clone());
            symptoms.push(Symptom { place: None, binding: None, secret, store, trouble });
        }
    }
    symptoms
}

fn troubles(
    binding: &Binding,
    secrets: Option<&Vec<Secret>>,
    known: &str,
    max_age: Option<Age>,
) -> Vec<Trouble> {
    let Some(secrets) = secrets else { return vec![Trouble::NoStore(known.to_owned())] };
    let Some(secret) = secrets.iter().find(|secret| secret.name == binding.secret.as_str()) else {
        return vec![Trouble::Missing];
    };
    let mut troubles = Vec::new();
    if secret.store_id != binding.store {
        troubles.push(Trouble::OtherStore(secret.store_id.clone()));
    }
    if secret.status != Status::Active {
        troubles.push(Trouble::Inactive(secret.status.clone()));
    }
    if !secret.scopes.contains(&Scope::Workers) {
        troubles.push(Trouble::Scope(secret.scopes.clone()));
    }
    match (max_age, Age::since(&secret.modified)) {
        (Some(limit), Some(age)) if age > limit => troubles.push(Trouble::Old(age.to_string())),
        (Some(_), None) => troubles.push(Trouble::Ageless),
        (Some(_) | None, _) => {}
    }
    troubles
}

impl Symptom {
    /// The severity.
    pub fn severity(&self) -> Severity {
        if matches!(self.trouble, Trouble::Unused(_)) { Severity::Warning } else { Severity::Error }
    }

    /// The problem, as one word.
    pub fn word(&self) -> &'static str {
        match &self.trouble {
            Trouble::NoStore(_) => "store_missing",
            Trouble::OtherStore(_) => "store_differs",
            Trouble::Missing => "missing",
            Trouble::Inactive(Status::Pending) => "pending",
            Trouble::Inactive(_) => "inactive",
            Trouble::Scope(_) => "scope",
            Trouble::Old(_) => "old",
            Trouble::Ageless => "age_unknown",
            Trouble::Unused(_) => "unused",
        }
    }

    /// The solution. Its commands have the options for the given account and configuration.
    pub fn instead(&self, given: &GivenOptions) -> String {
        let Self { secret, store, .. } = self;
        let secrets = given.command("secrets").option("--store", store.as_str());
        match &self.trouble {
            Trouble::NoStore(known) => {
                format!("the account has no store `{store}`; it has {known}: correct `store_id`")
            }
            Trouble::OtherStore(other) => {
                format!(
                    "the API says that it is in the store `{other}`, and the binding names `{store}`: correct `store_id`"
                )
            }
            Trouble::Missing => secrets.words("create").operands(&[secret]).to_string(),
            Trouble::Inactive(status) => {
                format!("it is {}; wait, or create it anew", Printable(status.as_str()))
            }
            Trouble::Scope(scopes) => {
                let scopes = [&[Scope::Workers], scopes.as_slice()].concat();
                with_scopes(secrets.words("update"), &scopes).operands(&[secret]).to_string()
            }
            Trouble::Old(age) => format!("it has not changed for {age}: rotate it (docs/rotation.md)"),
            Trouble::Ageless => {
                "the API does not say when it has changed: rotate it (docs/rotation.md)".to_owned()
            }
            Trouble::Unused(id) => {
                // A name that is not valid may contain characters that are unsafe in a command.
                let delete = if SecretName::parse(secret).is_ok() {
                    secrets.words("delete").operands(&[secret])
                } else {
                    secrets.words("delete --id").operands(&[id.as_str()])
                };
                format!("if no other Worker uses it: {delete}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(name: &str, status: Status, scopes: &[Scope], modified: &str) -> Secret {
        Secret {
            id: "i".parse().unwrap(),
            name: name.to_owned(),
            store_id: "s".parse().unwrap(),
            status,
            created: modified.to_owned(),
            modified: modified.to_owned(),
            comment: None,
            scopes: scopes.to_vec(),
        }
    }

    fn environment(name: Option<&str>, store: &str, secrets: &[&str]) -> Environment {
        let binding = |secret: &&str| Binding {
            name: secret.to_uppercase(),
            store: store.parse().unwrap(),
            secret: secret.parse().unwrap(),
        };
        let bindings = secrets.iter().map(binding).collect();
        Environment { name: name.map(str::to_owned), bindings, ..Environment::default() }
    }

    #[test]
    fn each_trouble_is_found_in_its_environment_and_no_other() {
        let (now, workers) = (&*jiff::Timestamp::now().to_string(), [Scope::Workers]);
        let present = vec![
            secret("fine", Status::Active, &workers, now),
            secret("late", Status::Pending, &workers, now),
            secret("narrow", Status::Active, &[Scope::Dex], now),
            secret("old", Status::Active, &workers, "2020-01-01T00:00:00Z"),
            secret("strange", Status::Active, &workers, "2999-01-01T00:00:00Z"),
            secret("spare", Status::Active, &workers, now),
            secret("a b; id", Status::Active, &workers, now),
        ];
        let (here, gone) = ("s".parse().unwrap(), "gone".parse().unwrap());
        let stores = BTreeMap::from([(&here, Some(present)), (&gone, None)]);
        let environments = [
            environment(None, "s", &["fine", "late", "narrow", "old", "strange", "absent"]),
            environment(Some("staging"), "gone", &["fine"]),
        ];
        let found = diagnose(&environments, &stores, "`main` (s)", Some("90d".parse().unwrap()));
        let shown: Vec<_> = found
            .iter()
            .map(|symptom| {
                (
                    symptom.place.as_deref().unwrap_or(""),
                    symptom.secret.as_str(),
                    symptom.word(),
                    symptom.severity(),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("top level", "late", "pending", Severity::Error),
                ("top level", "narrow", "scope", Severity::Error),
                ("top level", "old", "old", Severity::Error),
                ("top level", "strange", "age_unknown", Severity::Error),
                ("top level", "absent", "missing", Severity::Error),
                ("env.staging", "fine", "store_missing", Severity::Error),
                ("", "spare", "unused", Severity::Warning),
                ("", "a b; id", "unused", Severity::Warning),
            ]
        );
        let given = GivenOptions::default();
        assert_eq!(found[1].instead(&given), "ostiary secrets --store s update --scopes workers,dex narrow");
        assert!(found[6].instead(&given).ends_with(": ostiary secrets --store s delete spare"));
        assert!(found[7].instead(&given).ends_with(": ostiary secrets --store s delete --id i"));
        let missing = "the account has no store `gone`; it has `main` (s): correct `store_id`";
        assert_eq!(found[5].instead(&given), missing);
        // Without a limit, the age is not checked.
        let found = diagnose(&environments, &stores, "", None);
        assert!(!found.iter().any(|symptom| matches!(symptom.word(), "old" | "age_unknown")));
    }

    #[test]
    fn a_secret_of_another_store_than_its_binding_is_told_once() {
        let asked: StoreId = "other".parse().unwrap();
        let (now, workers) = (&*jiff::Timestamp::now().to_string(), [Scope::Workers]);
        let stores = BTreeMap::from([(&asked, Some(vec![secret("a", Status::Active, &workers, now)]))]);
        let found = diagnose(&[environment(None, "other", &["a"])], &stores, "", None);
        let words: Vec<_> = found.iter().map(Symptom::word).collect();
        assert_eq!(words, ["store_differs"]);
        let told = found[0].instead(&GivenOptions::default());
        assert!(told.contains("is in the store `s`, and the binding names `other`"), "{told}");
    }
}
