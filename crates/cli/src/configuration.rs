//! `gateway.toml` and `wrangler.toml`, as far as the store is concerned.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use ostiary_core::configuration::Gateway;
use ostiary_grammar::{Checked, Diagnostic, File};
use ostiary_secrets_store::{SecretName, StoreId};
use serde::Deserialize;

use crate::failure::Failure;

/// Where the two files are.
#[derive(Args)]
#[command(next_help_heading = "Configuration")]
pub struct ConfigurationArguments {
    /// The gateway's configuration.
    #[arg(long, default_value = "gateway.toml", value_name = "PATH")]
    config: PathBuf,
    /// The Worker's configuration.
    #[arg(long, default_value = "wrangler.toml", value_name = "PATH")]
    wrangler: PathBuf,
}

/// One environment of `wrangler.toml`.
#[derive(Debug, PartialEq, Eq)]
pub struct Environment {
    /// `None` for the top level.
    pub name: Option<String>,
    /// In the order in which they stand.
    pub bindings: Vec<Binding>,
}

/// One `[[secrets_store_secrets]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// What the Worker calls it.
    pub name: String,
    /// Where the secret is.
    pub store: StoreId,
    /// What the store calls it.
    pub secret: SecretName,
}

impl ConfigurationArguments {
    /// What `gateway.toml` says, once it is found to fit `wrangler.toml`.
    ///
    /// # Errors
    /// Where a file cannot be read or is wrong; the message has every diagnostic.
    pub fn gateway(&self) -> Result<Gateway, Failure> {
        self.checked()?.map(|checked| checked.gateway).map_err(|diagnostics| {
            let told: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
            Failure::failed(format_args!("the configuration does not hold together:\n{}", told.join("\n")))
        })
    }

    /// What the build would make of the two files, or say about them.
    ///
    /// # Errors
    /// Where a file cannot be read.
    pub fn checked(&self) -> Result<Result<Checked, Vec<Diagnostic>>, Failure> {
        let (gateway, wrangler) = (read(&self.config)?, read(&self.wrangler)?);
        let (gateway_path, wrangler_path) = (self.config.to_string_lossy(), self.wrangler.to_string_lossy());
        Ok(ostiary_grammar::read(
            File { path: &gateway_path, text: &gateway },
            File { path: &wrangler_path, text: &wrangler },
        ))
    }

    /// The texts in `[vars]` of the environment with this name; of the top level where there is no name.
    ///
    /// # Errors
    /// As [`Self::environment`].
    pub fn variables(&self, name: Option<&str>) -> Result<BTreeMap<String, String>, Failure> {
        self.environment(name)?;
        let file: toml::Table = toml::from_str(&read(&self.wrangler)?).map_err(Failure::failed)?;
        Ok(variables(&file, name))
    }

    /// All environments, the top level first. One without bindings has none: wrangler hands none on.
    ///
    /// # Errors
    /// Where the file cannot be read, or a binding in it is none.
    pub fn environments(&self) -> Result<Vec<Environment>, Failure> {
        let told = |reason| Failure::failed(format_args!("{}: {reason}", self.wrangler.display()));
        environments(&read(&self.wrangler)?).map_err(told)
    }

    /// The environment with this name; the top level where there is no name.
    ///
    /// # Errors
    /// As [`Self::environments`], and where there is no such environment.
    pub fn environment(&self, name: Option<&str>) -> Result<Environment, Failure> {
        let mut environments = self.environments()?.into_iter();
        environments.find(|environment| environment.name.as_deref() == name).ok_or_else(|| {
            Failure::usage(format_args!(
                "{} has no environment `{}`",
                self.wrangler.display(),
                name.unwrap_or_default()
            ))
        })
    }
}

impl Environment {
    /// For a sentence.
    pub fn place(&self) -> String {
        self.name.as_ref().map_or("top level".to_owned(), |name| format!("env.{name}"))
    }

    /// What this binding is bound to.
    pub fn binding(&self, name: &str) -> Option<&Binding> {
        self.bindings.iter().find(|binding| binding.name == name)
    }
}

#[derive(Deserialize)]
struct WranglerFile {
    #[serde(flatten)]
    top: Section,
    #[serde(default)]
    env: BTreeMap<String, Section>,
}

#[derive(Deserialize)]
struct Section {
    #[serde(default)]
    secrets_store_secrets: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    binding: String,
    store_id: String,
    secret_name: String,
}

fn environments(text: &str) -> Result<Vec<Environment>, String> {
    let file: WranglerFile = toml::from_str(text).map_err(|error| error.to_string())?;
    let named = file.env.into_iter().map(|(name, section)| (Some(name), section));
    std::iter::once((None, file.top))
        .chain(named)
        .map(|(name, section)| {
            let bindings =
                section.secrets_store_secrets.into_iter().map(binding).collect::<Result<_, _>>()?;
            Ok(Environment { name, bindings })
        })
        .collect()
}

fn variables(file: &toml::Table, environment: Option<&str>) -> BTreeMap<String, String> {
    let section = match environment {
        None => Some(file),
        Some(name) => file.get("env").and_then(|named| named.get(name)?.as_table()),
    };
    let variables = section.and_then(|section| section.get("vars")?.as_table()).into_iter().flatten();
    variables.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

fn binding(row: Row) -> Result<Binding, String> {
    let Row { binding: name, store_id, secret_name } = row;
    let store = store_id.parse().map_err(|error| format!("the binding `{name}`, `store_id`: {error}"))?;
    let secret =
        secret_name.parse().map_err(|error| format!("the binding `{name}`, `secret_name`: {error}"))?;
    Ok(Binding { name, store, secret })
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path)
        .map_err(|error| Failure::usage(format_args!("cannot read {}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_environment_has_its_own_bindings() {
        let text = "name = \"x\"\n[[secrets_store_secrets]]\nbinding = \"A\"\nstore_id = \"s\"\nsecret_name = \"a\"\n\
                    [env.bare]\n[[env.staging.secrets_store_secrets]]\nbinding = \"A\"\nstore_id = \"t\"\n\
                    secret_name = \"a\"\n";
        let read = environments(text).unwrap();
        let shown: Vec<_> = read
            .iter()
            .map(|environment| {
                (environment.place(), environment.binding("A").map(|binding| binding.store.to_string()))
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("top level".to_owned(), Some("s".to_owned())),
                ("env.bare".to_owned(), None),
                ("env.staging".to_owned(), Some("t".to_owned())),
            ]
        );
    }

    #[test]
    fn an_environment_has_its_own_variables_and_inherits_none() {
        let text = "[vars]\nA = \"a\"\nN = 1\n[env.staging.vars]\nB = \"b\"\n[env.bare]\n";
        let file: toml::Table = toml::from_str(text).unwrap();
        let of = |environment| variables(&file, environment).into_iter().collect::<Vec<_>>();
        assert_eq!(of(None), [("A".to_owned(), "a".to_owned())]);
        assert_eq!(of(Some("staging")), [("B".to_owned(), "b".to_owned())]);
        assert_eq!(of(Some("bare")), []);
    }

    #[test]
    fn a_binding_that_no_store_can_have_is_named() {
        let text = "[[secrets_store_secrets]]\nbinding = \"A\"\nstore_id = \"s\"\nsecret_name = \"a b\"\n";
        assert!(environments(text).unwrap_err().starts_with("the binding `A`, `secret_name`"));
    }
}
