#![doc = include_str!("../README.md")]

mod bindings;
mod env;
mod read_all;
mod read_error;
mod read_first_of;
mod secret_value;
mod shared_timer;
mod unavailable;

pub use bindings::{Bindings, get};
pub use env::{outcome, start};
pub use read_all::all;
pub use read_error::{ReadError, thrown};
pub use read_first_of::first_of;
pub use secret_value::SecretValue;
pub use shared_timer::Deadline;
pub use unavailable::Unavailable;
