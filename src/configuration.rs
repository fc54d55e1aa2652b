//! `gateway.toml` as the build has proved and written it.

extern crate alloc;

include!(concat!(env!("OUT_DIR"), "/gateway.rs"));
