//! Asks a gateway which of its values equal those of the file.

use ostiary_core::configuration::{Gateway, Source};
use ostiary_secrets_store::StoreId;

use crate::api::Api;
use crate::batch::Entry;
use crate::configuration::{ConfigurationArguments, Environment};
use crate::failure::Failure;
use crate::operator::{Operator, OperatorArguments};
use crate::other_callers::check_other_callers;

/// What the gateway proves about a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It reads the same value.
    Equal,
    /// It reads another value.
    Different,
    /// It binds the secret and cannot read it, with the outcome of the last read.
    Unread(String),
    /// It does not bind the secret.
    Unbound,
}

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

    /// Checks that no value is the token of another caller, unless the same file gives that caller another one.
    ///
    /// # Errors
    /// Returns an error if one is, or if that is not known.
    pub fn check_tokens(&self, store: &StoreId, entries: &[Entry], update: bool) -> Result<(), Failure> {
        let entry_of = |source: &Source| {
            let binding =
                self.environment.binding(&source.binding).filter(|binding| binding.store == *store)?;
            entries.iter().find(|entry| entry.name == binding.secret)
        };
        let is_replaced = |source: &Source| update && entry_of(source).is_some();
        for secret in self.gateway.secrets.iter() {
            for entry in secret.sources.iter().filter_map(entry_of) {
                check_other_callers(&self.gateway, &self.operator, &secret.name, &entry.value, is_replaced)?;
            }
        }
        Ok(())
    }

    /// Compares the value with the one that the gateway reads. If several sources are bound to the secret, the first
    /// one that can be read decides.
    ///
    /// # Errors
    /// Returns an error if the gateway does not answer, or runs another `gateway.toml`, which has another binding at
    /// this position.
    pub fn prove(&self, store: &StoreId, entry: &Entry) -> Result<Proof, Failure> {
        let mut proof = Proof::Unbound;
        for secret in self.gateway.secrets.iter() {
            for (position, source) in secret.sources.iter().enumerate() {
                let Some(binding) = self.environment.binding(&source.binding) else { continue };
                if binding.store != *store || binding.secret != entry.name {
                    continue;
                }
                let probed = self.operator.read(&secret.name, position)?;
                probed.check_binding(&secret.name, binding)?;
                let outcome = probed.outcome(&secret.name);
                if matches!(outcome, "ok" | "invalid") {
                    let is_equal = probed.proves(&secret.name, &entry.value);
                    return Ok(if is_equal { Proof::Equal } else { Proof::Different });
                }
                proof = Proof::Unread(outcome.to_owned());
            }
        }
        Ok(proof)
    }
}
