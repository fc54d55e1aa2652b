//! Secrets and their sources: names only, never values.

use super::text::{List, Text};

/// A position in [`Gateway::secrets`](super::Gateway::secrets).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct SecretId(pub u16);

/// A name in `gateway.toml` with the places that its value may be read from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Secret {
    /// As `gateway.toml` spells it.
    pub name: Text,
    /// One or more, the primary first.
    pub sources: List<Source>,
}

/// One binding that yields a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Source {
    /// What the binding is bound to.
    pub kind: SourceKind,
    /// The name of the binding in `wrangler.toml`.
    pub binding: Text,
}

/// What a source's binding is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum SourceKind {
    /// A secret in Cloudflare Secrets Store (`[[secrets_store_secrets]]`).
    SecretsStore,
    /// A classic secret of the Worker (`[secrets] required`).
    WorkerSecret,
}
