//! What Ostiary decides, and no runtime.

pub mod configuration;
