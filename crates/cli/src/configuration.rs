//! Reads `gateway.toml` and wrangler's configuration for commands that work on the store.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use ostiary_core::configuration::Gateway;
use ostiary_grammar::{self as grammar, Checked, Diagnostic, File, WranglerFileError};
use ostiary_secrets_store::{InvalidIdentifier, InvalidSecretName, SecretName, StoreId};

use crate::failure::Failure;
use crate::scaffold::GatewayFile;
use crate::shell::GivenOptions;

const GATEWAY: &str = "gateway.toml";
const WRANGLER: &str = "wrangler.toml";
const WRANGLER_CONFIG: &str = "OSTIARY_WRANGLER_CONFIG";

/// The options for the paths of the two files.
#[derive(Args)]
#[command(next_help_heading = "Configuration")]
pub struct ConfigurationArguments {
    /// The gateway's configuration [default: gateway.toml].
    #[arg(long, global = true, value_name = "PATH")]
    config: Option<PathBuf>,
    /// The Worker's configuration [default: the wrangler.json, wrangler.jsonc or wrangler.toml beside gateway.toml].
    #[arg(long, global = true, env = WRANGLER_CONFIG, value_name = "PATH")]
    wrangler: Option<PathBuf>,
}

/// gateway.toml and wrangler's configuration.
pub struct ConfigurationFiles {
    /// gateway.toml.
    pub gateway: ConfigurationFile,
    /// wrangler's configuration.
    pub wrangler: ConfigurationFile,
}

/// A file of the configuration.
pub struct ConfigurationFile {
    /// Its path.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

impl ConfigurationFile {
    /// Its path, for messages.
    pub fn name(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }
}

/// One environment of wrangler's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `None` for the top level.
    pub name: Option<String>,
    /// The bindings, in the order of the file.
    pub bindings: Vec<Binding>,
    /// Its variables that are strings.
    pub variables: BTreeMap<String, String>,
    /// The digest of all bindings and their targets, as in the gateway's `health`.
    pub digest: String,
}

/// One Secrets Store binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The name of the binding in the Worker.
    pub name: String,
    /// The id of the store.
    pub store: StoreId,
    /// The name of the secret in the store.
    pub secret: SecretName,
}

impl ConfigurationArguments {
    /// The configuration in `gateway.toml`, checked against wrangler's configuration.
    ///
    /// # Errors
    /// A file cannot be read or has errors; the message has every diagnostic.
    pub fn gateway(&self) -> Result<Gateway, Failure> {
        self.checked()?.map(|checked| checked.gateway).map_err(|diagnostics| untenable(&diagnostics))
    }

    /// The result of the build's check of the two files.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read.
    pub fn checked(&self) -> Result<Result<Checked, Vec<Diagnostic>>, Failure> {
        let wrangler_path = self.wrangler_path()?;
        let (gateway, wrangler) = (read(self.gateway_path())?, read(&wrangler_path)?);
        let (gateway_path, wrangler_path) =
            (self.gateway_path().to_string_lossy(), wrangler_path.to_string_lossy());
        Ok(grammar::read(
            File { path: &gateway_path, text: &gateway },
            File { path: &wrangler_path, text: &wrangler },
        ))
    }

    /// The two files.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read.
    pub fn files(&self) -> Result<ConfigurationFiles, Failure> {
        let file = |path: &Path| read(path).map(|text| ConfigurationFile { path: path.to_owned(), text });
        Ok(ConfigurationFiles {
            gateway: file(self.gateway_path())?,
            wrangler: file(&self.wrangler_path()?)?,
        })
    }

    /// The paths of the two files, which may not exist.
    ///
    /// # Errors
    /// It is not clear which file wrangler uses.
    pub fn paths_or_default(&self) -> Result<(PathBuf, PathBuf), Failure> {
        let wrangler = match &self.wrangler {
            Some(path) => path.clone(),
            None => match grammar::find_wrangler(self.gateway_folder()) {
                Err(WranglerFileError::Missing(folder)) => folder.join(WRANGLER),
                found => found.map_err(Failure::usage)?,
            },
        };
        Ok((self.gateway_path().to_owned(), wrangler))
    }

    /// All environments, the top level first. Environments do not inherit bindings.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, or a binding in it is not valid.
    pub fn environments(&self) -> Result<Vec<Environment>, Failure> {
        let path = self.wrangler_path()?;
        let text = read(&path)?;
        let shown = path.to_string_lossy();
        let environments = grammar::environments(File { path: &shown, text: &text });
        let environments = environments.map_err(|diagnostics| untenable(&diagnostics))?;
        let own = environments.into_iter().map(Environment::new).collect::<Result<_, _>>();
        own.map_err(|error| Failure::failed(format_args!("{shown}: {error}")))
    }

    /// The environment with this name, or the top level if there is no name.
    ///
    /// # Errors
    /// The same as [`Self::environments`], and if there is no such environment.
    pub fn environment(&self, name: Option<&str>) -> Result<Environment, Failure> {
        let environments = self.environments()?;
        if let Some(found) = environments.iter().find(|environment| environment.name.as_deref() == name) {
            return Ok(found.clone());
        }
        let wanted = name.unwrap_or_default();
        let known: Vec<&str> =
            environments.iter().filter_map(|environment| environment.name.as_deref()).collect();
        let hint = match (grammar::nearest(wanted, known.iter().copied()), known.is_empty()) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, true) => "it only has the top level, which needs no --env".to_owned(),
            (None, false) => format!("it has {}", known.join(", ")),
        };
        let path = self.wrangler_path()?;
        Err(Failure::usage(format_args!("{} has no environment `{wanted}`; {hint}", path.display())))
    }

    /// The given options, for a command that is shown.
    pub fn given(&self) -> GivenOptions {
        let text = |path: &PathBuf| path.to_string_lossy().into_owned();
        GivenOptions::default().option("--config", self.config.as_ref().map(text), None).option(
            "--wrangler",
            self.wrangler.as_ref().map(text),
            Some(WRANGLER_CONFIG),
        )
    }

    /// The folder of `gateway.toml`, which is where wrangler runs.
    pub fn folder(&self) -> &Path {
        let folder = self.gateway_folder();
        if folder.as_os_str().is_empty() { Path::new(".") } else { folder }
    }

    /// The same; empty for the current folder. The Worker's configuration is there too: one in another folder may be of
    /// another Worker, which binds other secrets.
    fn gateway_folder(&self) -> &Path {
        self.gateway_path().parent().unwrap_or(Path::new(""))
    }

    /// Whether there is a configuration at the given path or at the default one.
    pub fn is_present(&self) -> bool {
        self.is_named() || self.gateway_path().exists()
    }

    /// All environments, for a command that deletes what is not bound; `None` if there is no configuration.
    ///
    /// # Errors
    /// Returns an error if there is a configuration and it cannot be read, or the two files do not belong together.
    pub fn environments_if_present(&self) -> Result<Option<Vec<Environment>>, Failure> {
        let is_absent = self.wrangler.is_none()
            && !self.is_present()
            && matches!(grammar::find_wrangler(self.gateway_folder()), Err(WranglerFileError::Missing(_)));
        if is_absent { Ok(None) } else { self.matching_environments().map(Some) }
    }

    /// All environments, for a command that deletes what is not bound. Without a gateway, the Worker's configuration in
    /// the current folder may be of a Worker that does not use the store.
    ///
    /// # Errors
    /// The same as [`Self::environments`], and if no configuration is named and there is no `gateway.toml`.
    pub fn environments_of_gateway(&self) -> Result<Vec<Environment>, Failure> {
        if self.wrangler.is_none() && !self.is_present() {
            return Err(Failure::usage(format_args!("there is no {GATEWAY} in this folder")));
        }
        self.matching_environments()
    }

    /// All environments, if they bind every source of `gateway.toml`, where that is present. A variable or a mistyped
    /// path may name the configuration of another Worker, and what this one needs would look unused.
    fn matching_environments(&self) -> Result<Vec<Environment>, Failure> {
        let environments = self.environments()?;
        if !self.is_present() {
            return Ok(environments);
        }
        let path = self.gateway_path();
        let gateway = GatewayFile::parse(&read(path)?, &path.to_string_lossy())?;
        let is_bound = |name: &String| environments.iter().any(|known| known.binding(name).is_some());
        match gateway.all_bindings().into_iter().find(|name| !is_bound(name)) {
            None => Ok(environments),
            Some(name) => Err(Failure::usage(format_args!(
                "{} has no binding `{name}`, which {} names, so it may be the configuration of another Worker",
                self.wrangler_path()?.display(),
                path.display()
            ))),
        }
    }

    /// Whether the path of `gateway.toml` is given.
    pub fn is_named(&self) -> bool {
        self.config.is_some()
    }

    fn gateway_path(&self) -> &Path {
        self.config.as_deref().unwrap_or(Path::new(GATEWAY))
    }

    /// # Errors
    /// It is not clear which file wrangler uses.
    fn wrangler_path(&self) -> Result<PathBuf, Failure> {
        match &self.wrangler {
            Some(path) => Ok(path.clone()),
            None => grammar::find_wrangler(self.gateway_folder()).map_err(Failure::usage),
        }
    }
}

impl Environment {
    fn new(environment: grammar::Environment) -> Result<Self, InvalidBinding> {
        let grammar::Environment { name, bindings, variables, digest } = environment;
        let bindings = bindings.into_iter().map(Binding::new).collect::<Result<_, _>>()?;
        Ok(Self { name, bindings, variables, digest })
    }

    /// Its name, for messages.
    pub fn place(&self) -> String {
        place(self.name.as_deref())
    }

    /// The binding with this name.
    pub fn binding(&self, name: &str) -> Option<&Binding> {
        self.bindings.iter().find(|binding| binding.name == name)
    }
}

/// The name of this environment, for messages.
pub fn place(environment: Option<&str>) -> String {
    environment.map_or("top level".to_owned(), |name| format!("env.{name}"))
}

impl Binding {
    fn new(binding: grammar::StoreBinding) -> Result<Self, InvalidBinding> {
        let grammar::StoreBinding { name, store_id, secret_name } = binding;
        let store = store_id.parse();
        let store =
            store.map_err(|error| InvalidBinding { name: name.clone(), fault: Fault::Store(error) })?;
        let secret = secret_name.parse();
        let secret =
            secret.map_err(|error| InvalidBinding { name: name.clone(), fault: Fault::Secret(error) })?;
        Ok(Self { name, store, secret })
    }
}

/// A binding with a target that no store can have.
#[derive(Clone, Debug, PartialEq, Eq)]
struct InvalidBinding {
    name: String,
    fault: Fault,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Store(InvalidIdentifier),
    Secret(InvalidSecretName),
}

impl fmt::Display for InvalidBinding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the binding `{}`, ", self.name)?;
        match self.fault {
            Fault::Store(error) => write!(formatter, "`store_id`: {error}"),
            Fault::Secret(error) => write!(formatter, "`secret_name`: {error}"),
        }
    }
}

impl Error for InvalidBinding {}

fn untenable(diagnostics: &[Diagnostic]) -> Failure {
    let told: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
    Failure::failed(format_args!("the configuration has errors:\n{}", told.join("\n")))
}

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path)
        .map_err(|error| Failure::usage(format_args!("cannot read {}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environments(text: &str) -> Result<Vec<Environment>, InvalidBinding> {
        let read = grammar::environments(File { path: "wrangler.toml", text }).unwrap();
        read.into_iter().map(Environment::new).collect()
    }

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
    fn a_binding_that_no_store_can_have_is_named() {
        let text = "[[secrets_store_secrets]]\nbinding = \"A\"\nstore_id = \"s\"\nsecret_name = \"a b\"\n";
        assert!(environments(text).unwrap_err().to_string().starts_with("the binding `A`, `secret_name`"));
    }
}
