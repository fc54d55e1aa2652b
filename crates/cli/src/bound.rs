//! The secrets of one store that wrangler's configuration binds.

use std::collections::BTreeMap;

use ostiary_secrets_store::StoreId;

use crate::configuration::Environment;

/// The secrets of one store that a configuration binds, with their bindings in every environment, because an account
/// has one store for all environments.
#[derive(Debug, Default)]
pub struct Bound(BTreeMap<String, Vec<String>>);

impl Bound {
    /// The secrets of the store that these environments bind.
    pub fn new(environments: &[Environment], store: &StoreId) -> Self {
        let mut bound: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for environment in environments {
            for binding in environment.bindings.iter().filter(|binding| binding.store == *store) {
                let place = format!("`{}` ({})", binding.name, environment.place());
                bound.entry(binding.secret.to_string()).or_default().push(place);
            }
        }
        Self(bound)
    }

    /// The names of the secrets that are bound, with their bindings.
    pub fn all(&self) -> impl Iterator<Item = (&str, String)> {
        self.0.iter().map(|(name, places)| (name.as_str(), places.join(", ")))
    }

    /// The bindings of the secret with this name, for messages; `None` if it is not bound.
    pub fn places(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|places| places.join(", "))
    }
}
