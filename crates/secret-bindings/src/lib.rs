#![doc = include_str!("../README.md")]

mod all;
mod bindings;
mod deadline;
mod env;
mod first_of;
mod read_error;
mod secret_value;
mod unavailable;

pub use all::all;
pub use bindings::{Bindings, get};
pub use deadline::Deadline;
pub use env::{outcome, start};
pub use first_of::first_of;
pub use read_error::{ReadError, thrown};
pub use secret_value::SecretValue;
pub use unavailable::Unavailable;
