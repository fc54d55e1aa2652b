//! Holds the bindings of wrangler's configuration against what the store has.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ostiary_secrets_store::{Scope, Secret, SecretId, SecretName, Status, StoreId};
use serde::Serialize;

use crate::age::Age;
use crate::api::{Api, ApiFailure};
use crate::configuration::{Binding, Environment};
use crate::failure::Failure;
use crate::printable::Printable;
use crate::shell::ShellCommand;

/// Something that is wrong with one secret.
#[derive(Debug, Serialize)]
pub struct Symptom {
    /// The environment; `None` where nothing binds it.
    pub place: Option<String>,
    /// What the Worker calls it; `None` where nothing binds it.
    pub binding: Option<String>,
    /// What the store calls it.
    pub secret: String,
    store: StoreId,
    #[serde(skip)]
    trouble: Trouble,
}

#[derive(Debug, PartialEq, Eq)]
enum Trouble {
    NoStore,
    Missing,
    Inactive(Status),
    Scope(Vec<Scope>),
    Old(String),
    Ageless,
    Unused(SecretId),
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Requests fail, or the deploy does.
    Error,
    /// It may be meant.
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

/// Everything that is wrong, in the order of that configuration; what nothing binds comes last.
///
/// # Errors
/// Where the API does not tell what a store has.
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
            Err(ApiFailure::Refused { error, .. }) if error.is_not_found() => None,
            Err(failure) => return Err(failure.into()),
        };
        stores.insert(id, secrets);
    }
    Ok(diagnose(environments, &stores, max_age))
}

fn diagnose(
    environments: &[Environment],
    stores: &BTreeMap<&StoreId, Option<Vec<Secret>>>,
    max_age: Option<Age>,
) -> Vec<Symptom> {
    let mut symptoms = Vec::new();
    let mut bound = BTreeSet::new();
    for environment in environments {
        for binding in &environment.bindings {
            bound.insert((&binding.store, binding.secret.as_str()));
            let secrets = stores.get(&binding.store).and_then(Option::as_ref);
            symptoms.extend(troubles(binding, secrets, max_age).into_iter().map(|trouble| Symptom {
                place: Some(environment.place()),
                binding: Some(binding.name.clone()),
                secret: binding.secret.to_string(),
                store: binding.store.clone(),
                trouble,
            }));
        }
    }
    for secret in stores.values().flatten().flatten() {
        if !bound.contains(&(&secret.store_id, secret.name.as_str())) {
            let trouble = Trouble::Unused(secret.id.clone());
            let (secret, store) = (secret.name.clone(), secret.store_id.clone());
            symptoms.push(Symptom { place: None, binding: None, secret, store, trouble });
        }
    }
    symptoms
}

fn troubles(binding: &Binding, secrets: Option<&Vec<Secret>>, max_age: Option<Age>) -> Vec<Trouble> {
    let Some(secrets) = secrets else { return vec![Trouble::NoStore] };
    let Some(secret) = secrets.iter().find(|secret| secret.name == binding.secret.as_str()) else {
        return vec![Trouble::Missing];
    };
    let mut troubles = Vec::new();
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
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        if matches!(self.trouble, Trouble::Unused(_)) { Severity::Warning } else { Severity::Error }
    }

    /// What it is, in a word.
    pub fn word(&self) -> &'static str {
        match &self.trouble {
            Trouble::NoStore => "store_missing",
            Trouble::Missing => "missing",
            Trouble::Inactive(Status::Pending) => "pending",
            Trouble::Inactive(_) => "inactive",
            Trouble::Scope(_) => "scope",
            Trouble::Old(_) => "old",
            Trouble::Ageless => "age_unknown",
            Trouble::Unused(_) => "unused",
        }
    }

    /// What to do about it.
    pub fn instead(&self) -> String {
        let Self { secret, store, .. } = self;
        let secrets = ShellCommand::new("secrets").option("--store", store.as_str());
        match &self.trouble {
            Trouble::NoStore => format!("the account has no store `{store}`: correct `store_id`"),
            Trouble::Missing => secrets.words("create").operands(&[secret]).to_string(),
            Trouble::Inactive(status) => {
                format!("it is {}; wait, or create it anew", Printable(status.as_str()))
            }
            Trouble::Scope(scopes) => {
                let scopes: Vec<&str> =
                    [&Scope::Workers].into_iter().chain(scopes).map(Scope::as_str).collect();
                let update = secrets.words("update").option("--scopes", &scopes.join(","));
                update.operands(&[secret]).to_string()
            }
            Trouble::Old(age) => format!("it has not changed for {age}: ostiary rotate"),
            Trouble::Ageless => "the API does not say when it has changed: ostiary rotate".to_owned(),
            Trouble::Unused(id) => {
                // A name that none of ours could have may hold what no command should.
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
        let found = diagnose(&environments, &stores, Some("90d".parse().unwrap()));
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
        assert_eq!(found[1].instead(), "ostiary secrets --store s update --scopes workers,dex narrow");
        assert!(found[6].instead().ends_with(": ostiary secrets --store s delete spare"));
        assert!(found[7].instead().ends_with(": ostiary secrets --store s delete --id i"));
        // Without a limit the age is not looked at.
        let found = diagnose(&environments, &stores, None);
        assert!(!found.iter().any(|symptom| matches!(symptom.word(), "old" | "age_unknown")));
    }
}
