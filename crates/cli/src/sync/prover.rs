//! Asks a gateway which of its values equal those of the file.

use ostiary_core::configuration::Gateway;
use ostiary_secrets_store::StoreId;

use crate::api::Api;
use crate::batch::Entry;
use crate::configuration::{ConfigurationArguments, Environment};
use crate::failure::Failure;
use crate::operator::{Operator, OperatorArguments};

/// Asks the gateway whether it reads a value.
pub struct Prover {
    gateway: Gateway,
    environment: Environment,
    operator: Operator,
}

impl Prover {
    /// A prover; `None` if no gateway is given.
    ///
    /// # Errors
    /// Returns an error if the configuration has errors, or the gateway is another one.
    pub fn new(
        configuration: &ConfigurationArguments,
        environment: Option<&str>,
        operator: OperatorArguments,
        api: &Api,
    ) -> Result<Option<Self>, Failure> {
        if !operator.is_given() {
            return Ok(None);
        }
        let (gateway, environment) = (configuration.gateway()?, configuration.environment(environment)?);
        let operator = operator.open()?;
        // Each answer contains the binding that was read, so the gateway's rules may differ.
        operator.confirm(&environment, api, None)?;
        Ok(Some(Self { gateway, environment, operator }))
    }

    /// Whether the values are equal; `None` if no source of the gateway is bound to the secret, or the gateway cannot
    /// read it.
    ///
    /// # Errors
    /// Returns an error if the gateway does not answer, or runs another `gateway.toml`, which has another binding at
    /// this position.
    pub fn equal(&self, store: &StoreId, entry: &Entry) -> Result<Option<bool>, Failure> {
        for secret in self.gateway.secrets.iter() {
            for (position, source) in secret.sources.iter().enumerate() {
                let Some(binding) = self.environment.binding(&source.binding) else { continue };
                if binding.store == *store && binding.secret == entry.name {
                    let probed = self.operator.read(&secret.name, position)?;
                    probed.check_binding(&secret.name, binding)?;
                    let is_read = matches!(probed.outcome(&secret.name), "ok" | "invalid");
                    return Ok(is_read.then(|| probed.proves(&secret.name, &entry.value)));
                }
            }
        }
        Ok(None)
    }
}
