//! Checks that a value is valid in every place in which the configuration uses it. The Worker calls the same function
//! of the core at run time, when it is too late.

use ostiary_core::configuration::{Gateway, SecretId, SourceKind};
use ostiary_core::place::Place;
use ostiary_core::secret_value::SecretValue as UsedValue;
use ostiary_core::secrets::places::check_value;
use ostiary_secrets_store::{SecretName, SecretValue, StoreId};
use serde::de::IgnoredAny;

use crate::configuration::{ConfigurationArguments, Environment};
use crate::failure::Failure;
use crate::output::Output;

/// The places of secrets, if there is a configuration.
pub struct ValueCheck(Option<(Gateway, Vec<Environment>)>);

impl ValueCheck {
    /// Reads the configuration, if there is one. A configuration with errors is ignored, because secrets are usually
    /// created before it is complete.
    ///
    /// # Errors
    /// A given file cannot be read.
    pub fn new(arguments: &ConfigurationArguments, output: &mut Output) -> Result<Self, Failure> {
        if !arguments.is_present() {
            return Ok(Self(None));
        }
        match (arguments.gateway(), arguments.environments()) {
            (Ok(gateway), Ok(environments)) => Ok(Self(Some((gateway, environments)))),
            (Err(failure), _) | (_, Err(failure)) if arguments.is_named() => Err(failure),
            (Err(_), _) | (_, Err(_)) => {
                output.note(
                    "The configuration has errors (`ostiary check` shows them), so values are checked \
                     without it.",
                );
                Ok(Self(None))
            }
        }
    }

    /// Checks the value for every binding of this secret of a store, in all environments. For a secret without
    /// bindings, it checks the rules that all places share.
    ///
    /// # Errors
    /// The value is not valid; nothing should be written.
    pub fn stored(&self, store: &StoreId, name: &SecretName, value: &SecretValue) -> Result<(), Failure> {
        let Some((gateway, environments)) = &self.0 else { return unknown(name.as_str(), value) };
        let bindings = environments.iter().flat_map(|environment| &environment.bindings);
        let bound: Vec<&str> = bindings
            .filter(|binding| binding.store == *store && binding.secret == *name)
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
        if ids.is_empty() {
            return unknown(name.as_str(), value);
        }
        ids.into_iter().try_for_each(|id| known(gateway, id, name.as_str(), value))
    }
}

/// Checks the value for the places of the secret with this name in `gateway.toml`.
///
/// # Errors
/// The value is not valid; nothing should be written.
pub fn check_named(gateway: &Gateway, name: &str, value: &SecretValue) -> Result<(), Failure> {
    let mut ids = ids(gateway);
    let id = ids.find(|id| gateway.secret(*id).is_some_and(|secret| secret.name == name));
    id.map_or(Ok(()), |id| known(gateway, id, name, value))
}

fn ids(gateway: &Gateway) -> impl Iterator<Item = SecretId> {
    (0..=u16::MAX).map(SecretId).take(gateway.secrets.len())
}

fn known(gateway: &Gateway, id: SecretId, name: &str, value: &SecretValue) -> Result<(), Failure> {
    let value = UsedValue::new(value.expose().to_owned());
    check_value(gateway, id, &value, true).map_err(|misfit| Failure::usage(format_args!("{name}: {misfit}")))
}

fn unknown(name: &str, value: &SecretValue) -> Result<(), Failure> {
    let text = value.expose();
    // White space between the parts of JSON is not part of a key.
    if text.trim_start().starts_with('{') && serde_json::from_str::<IgnoredAny>(text).is_ok() {
        return Ok(());
    }
    Place::Unknown.check(text).map_err(|error| Failure::usage(format_args!("{name}: {error}")))
}
