//! Secrets and their sources: names only, never values.

use super::text::{List, Text};

/// A position in [`Gateway::secrets`](super::Gateway::secrets).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct SecretId(pub u16);

/// A named secret and the sources of its value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Secret {
    /// The name in `gateway.toml`.
    pub name: Text,
    /// One or more, the primary first.
    pub sources: List<Source>,
}

/// One binding with a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub struct Source {
    /// The kind of the binding.
    pub kind: SourceKind,
    /// The name of the binding in `wrangler.toml`.
    pub binding: Text,
}

/// The kind of a source's binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "bake", derive(databake::Bake), databake(path = ostiary_core::configuration))]
pub enum SourceKind {
    /// A secret in Cloudflare Secrets Store (`[[secrets_store_secrets]]`).
    SecretsStore,
    /// A Worker secret (`[secrets] required`).
    WorkerSecret,
}
