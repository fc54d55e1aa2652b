//! `gateway.toml` as the build has proved and written it.
#![expect(clippy::allow_attributes, reason = "whether the lint below would fire depends on gateway.toml")]
#![allow(clippy::unreadable_literal, reason = "written by the build")]

extern crate alloc;

include!(concat!(env!("OUT_DIR"), "/gateway.rs"));
