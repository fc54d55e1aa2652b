//! Asks a gateway which of its values are the file's already.

use ostiary_core::configuration::Gateway;
use ostiary_secrets_store::StoreId;

use crate::api::Api;
use crate::batch::Entry;
use crate::configuration::{ConfigurationArguments, Environment};
use crate::failure::Failure;
use crate::operator::{Operator, OperatorArguments};

/// Asks the gateway whether it reads a value already.
pub struct Prover {
    gateway: Gateway,
    environment: Environment,
    operator: Operator,
}

impl Prover {
    /// `None` where no gateway is named.
    ///
    /// # Errors
    /// Where the configuration does not hold together, or the gateway is another one than it describes.
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
        // What it reads is asked for each binding, so its rules may be others.
        operator.confirm(&environment, api, None)?;
        Ok(Some(Self { gateway, environment, operator }))
    }

    /// `None` where no source of the gateway's is bound to the secret, or the gateway cannot read it.
    ///
    /// # Errors
    /// Where the gateway does not say, or runs another `gateway.toml`, whose source at this position is another
    /// binding.
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
