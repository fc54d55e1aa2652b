//! Reads one secret with fallback, for any Worker. The gateway itself uses [`start`](crate::start) and falls back in
//! `crates/core/src/secrets/fallback.rs`, because it also falls back when an upstream refuses a key.

use crate::bindings::Bindings;
use crate::read_error::ReadError;
use crate::secret_value::SecretValue;
use crate::unavailable::Unavailable;

/// Returns the value of the first binding that has one. The bindings are read in order, each only after the one before
/// has failed, and each within this many milliseconds.
///
/// # Errors
/// The reason of each binding, if none has a value.
pub async fn first_of(
    bindings: &impl Bindings,
    names: &[impl AsRef<str>],
    within: u32,
) -> Result<SecretValue, Unavailable> {
    let deadline = bindings.deadline(within);
    first_from(bindings, names, within, &deadline).await
}

/// Like [`first_of`], but the first binding has a deadline that other secrets share.
pub(crate) async fn first_from<B: Bindings>(
    bindings: &B,
    names: &[impl AsRef<str>],
    within: u32,
    deadline: &B::Deadline,
) -> Result<SecretValue, Unavailable> {
    let mut tried: Vec<(String, ReadError)> = Vec::new();
    for name in names.iter().map(AsRef::as_ref) {
        let read = if tried.is_empty() {
            bindings.read(name, deadline).await
        } else {
            bindings.read(name, &bindings.deadline(within)).await
        };
        match read {
            Ok(value) => return Ok(value),
            Err(error) => tried.push((name.to_owned(), error)),
        }
    }
    Err(Unavailable { tried })
}
