//! The environments of wrangler's configuration, for commands that work on their store.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::diagnostic::{Diagnostic, Findings};
use super::document::{self, Table};
use super::file::File;
use super::wrangler::{Deployment, Environment as Section, StoreBinding as Row};

/// One environment of wrangler's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// `None` for the top level.
    pub name: Option<String>,
    /// Its Secrets Store bindings, in the order of the file.
    pub bindings: Vec<StoreBinding>,
    /// Its variables that are strings.
    pub variables: BTreeMap<String, String>,
    /// SHA-256 of its Secrets Store bindings and their targets, in lower-case hexadecimal.
    pub digest: String,
}

/// A Secrets Store binding and its target. None of the texts is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreBinding {
    /// The name of the binding in the Worker.
    pub name: String,
    /// The id of the store.
    pub store_id: String,
    /// The name of the secret in the store.
    pub secret_name: String,
}

/// Reads the environments of wrangler's configuration, the top level first. Environments do not inherit bindings.
///
/// # Errors
/// All errors in the parts of the file that are read.
pub fn environments(wrangler: File<'_>) -> Result<Vec<Environment>, Vec<Diagnostic>> {
    let mut findings = Findings::new(wrangler);
    let document = document::parse(wrangler.text, &mut findings);
    let deployment =
        document.as_ref().map(|root| Deployment::read(&Table::root(root, wrangler.text), &mut findings));
    let environments = deployment.as_ref().map(|deployment| {
        let sections = deployment.environments();
        sections.iter().map(Environment::from_section).collect()
    });
    let (errors, _) = findings.into_parts();
    environments.filter(|_| errors.is_empty()).ok_or(errors)
}

impl Environment {
    fn from_section(section: &Section<'_>) -> Self {
        let binding = |row: &Row<'_>| StoreBinding {
            name: row.name.text.to_owned(),
            store_id: row.store_id.to_owned(),
            secret_name: row.secret_name.to_owned(),
        };
        let variables = section.variables().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            name: section.name().map(str::to_owned),
            bindings: section.store().iter().map(binding).collect(),
            variables: variables.collect(),
            digest: digest(section.store()),
        }
    }
}

/// The digest of the bindings, independent of their order.
pub(crate) fn digest(bindings: &[Row<'_>]) -> String {
    let mut rows: Vec<[&str; 3]> =
        bindings.iter().map(|row| [row.name.text, row.store_id, row.secret_name]).collect();
    rows.sort_unstable();
    let mut hash = Sha256::new();
    for text in rows.as_flattened() {
        hash.update(text.len().to_le_bytes());
        hash.update(text);
    }
    let mut hexadecimal = String::with_capacity(64);
    for byte in hash.finalize() {
        // Writing to a `String` cannot fail.
        let _ = write!(hexadecimal, "{byte:02x}");
    }
    hexadecimal
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = "name = \"x\"\nvars = { A = \"a\", N = 1 }\n\
        [[secrets_store_secrets]]\nbinding = \"A\"\nstore_id = \"s\"\nsecret_name = \"a\"\n\
        [[secrets_store_secrets]]\nbinding = \"B\"\nstore_id = \"s\"\nsecret_name = \"b\"\n\
        [env.bare]\n\
        [[env.staging.secrets_store_secrets]]\nbinding = \"A\"\nstore_id = \"t\"\nsecret_name = \"a\"\n";

    const JSONC: &str = r#"{
        // The same.
        "env": { "staging": { "secrets_store_secrets": [
            { "secret_name": "a", "binding": "A", "store_id": "t", }, /* and a comma */
        ] }, "bare": {} },
        "vars": { "A": "a", "N": 1e2 },
        "secrets_store_secrets": [
            { "binding": "B", "store_id": "s", "secret_name": "b" },
            { "binding": "A", "store_id": "s", "secret_name": "a" },
        ],
        "limits": null,
    }"#;

    fn read(path: &str, text: &str) -> Vec<Environment> {
        environments(File { path, text }).unwrap()
    }

    #[test]
    fn every_environment_has_bindings_and_variables_of_its_own() {
        let read = read("wrangler.toml", TOML);
        let shown: Vec<_> = read
            .iter()
            .map(|environment| {
                let bound = |binding: &StoreBinding| format!("{}={}", binding.name, binding.store_id);
                let bindings: Vec<String> = environment.bindings.iter().map(bound).collect();
                (environment.name.as_deref(), bindings.join(" "), environment.variables.len())
            })
            .collect();
        assert_eq!(
            shown,
            [
                (None, "A=s B=s".to_owned(), 1),
                (Some("bare"), String::new(), 0),
                (Some("staging"), "A=t".to_owned(), 0),
            ]
        );
    }

    #[test]
    fn the_digest_is_that_of_the_bindings_whatever_the_file() {
        let digests = |environments: Vec<Environment>| {
            environments.into_iter().map(|one| (one.name, one.digest)).collect::<BTreeMap<_, _>>()
        };
        let toml = digests(read("wrangler.toml", TOML));
        assert_eq!(toml, digests(read("deploy/wrangler.jsonc", JSONC)));
        assert_eq!(toml.values().collect::<std::collections::BTreeSet<_>>().len(), 3, "{toml:?}");
        let moved =
            digests(read("wrangler.toml", &TOML.replace("secret_name = \"b\"", "secret_name = \"c\"")));
        assert_ne!(toml[&None], moved[&None]);
    }

    #[test]
    fn what_is_no_binding_is_told() {
        for (path, text, expected) in [
            (
                "wrangler.toml",
                "[[secrets_store_secrets]]\nbinding = \"A\"\nstore_id = \"s\"\n",
                "wrangler.toml:1:1: error: a Secrets Store binding has no `secret_name`; found \
                 `[[secrets_store_secrets]]`; add `secret_name = \"…\"`",
            ),
            (
                "a/wrangler.json",
                "{\n  \"secrets_store_secrets\": [{ \"binding\": \"A\", \"store_id\": 1, \"secret_name\": \"a\" }]\n}",
                "a/wrangler.json:2:59: error: `store_id` takes a string, not a number; found `1`; write \
                 `\"store_id\": \"…\"`",
            ),
        ] {
            let told = environments(File { path, text }).unwrap_err();
            assert_eq!(told.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected]);
        }
    }
}
