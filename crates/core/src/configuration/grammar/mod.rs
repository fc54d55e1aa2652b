//! Reads gateway.toml and wrangler.toml.
