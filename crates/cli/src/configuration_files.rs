//! `gateway.toml` and the `wrangler.toml` that it is deployed with.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use ostiary_core::configuration::grammar::{Checked, Diagnostic, File, read};

use crate::failure::Failure;

/// Where the two files are.
#[derive(Args)]
pub struct ConfigurationFiles {
    /// The gateway's configuration.
    #[arg(long, value_name = "FILE", default_value = "gateway.toml")]
    config: PathBuf,
    /// The Worker's configuration [default: wrangler.toml beside the other one].
    #[arg(long, value_name = "FILE")]
    wrangler: Option<PathBuf>,
}

/// Their texts.
pub struct ConfigurationTexts {
    gateway: (String, String),
    wrangler: (String, String),
}

impl ConfigurationFiles {
    /// # Errors
    /// Where one of them cannot be read.
    pub fn read(&self) -> Result<ConfigurationTexts, Failure> {
        let wrangler = self.wrangler.clone().unwrap_or_else(|| self.config.with_file_name("wrangler.toml"));
        Ok(ConfigurationTexts { gateway: text_of(&self.config)?, wrangler: text_of(&wrangler)? })
    }
}

impl ConfigurationTexts {
    /// What the build would make of them, or say about them.
    pub fn checked(&self) -> Result<Checked, Vec<Diagnostic>> {
        read(file(&self.gateway), file(&self.wrangler))
    }

    /// The texts in `[vars]` at the top level, or in the environment of that name.
    ///
    /// # Errors
    /// Where there is no such environment.
    pub fn variables(&self, environment: Option<&str>) -> Result<BTreeMap<String, String>, Failure> {
        let (path, text) = &self.wrangler;
        let file: toml::Table = toml::from_str(text).map_err(Failure::failed)?;
        let environment = match environment {
            None => &file,
            Some(name) => file
                .get("env")
                .and_then(|environments| environments.get(name)?.as_table())
                .ok_or_else(|| Failure::usage(format_args!("{path} has no environment `{name}`")))?,
        };
        let variables = environment.get("vars").and_then(toml::Value::as_table).into_iter().flatten();
        Ok(variables.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect())
    }
}

fn file((path, text): &(String, String)) -> File<'_> {
    File { path, text }
}

fn text_of(path: &Path) -> Result<(String, String), Failure> {
    let shown = path.display().to_string();
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::failed(format_args!("cannot read {shown}: {error}")))?;
    Ok((shown, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(wrangler: &str) -> ConfigurationTexts {
        let named = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        ConfigurationTexts { gateway: named("gateway.toml", ""), wrangler: named("wrangler.toml", wrangler) }
    }

    #[test]
    fn an_environment_has_its_own_variables_and_inherits_none() {
        let texts = texts("[vars]\nA = \"a\"\nN = 1\n[env.staging.vars]\nB = \"b\"\n[env.bare]\n");
        let of = |environment| texts.variables(environment).unwrap().into_iter().collect::<Vec<_>>();
        assert_eq!(of(None), [("A".to_owned(), "a".to_owned())]);
        assert_eq!(of(Some("staging")), [("B".to_owned(), "b".to_owned())]);
        assert_eq!(of(Some("bare")), []);
        assert!(matches!(texts.variables(Some("live")), Err(Failure::Usage(_))));
    }
}
