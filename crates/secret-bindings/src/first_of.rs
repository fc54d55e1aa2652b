//! One secret with fallback, for any Worker. The gateway itself reads through [`start`](crate::start) and falls back in
//! `crates/core/src/secrets/resolver.rs`, since an upstream that refuses a key moves it on, too.

use crate::bindings::Bindings;
use crate::read_error::ReadError;
use crate::secret_value::SecretValue;
use crate::unavailable::Unavailable;

/// The value of the first binding that gives one. They are read in their order, each only after the one before it
/// has failed, and each within so many milliseconds.
///
/// # Errors
/// Where none of them gives a value.
pub async fn first_of(
    bindings: &impl Bindings,
    names: &[impl AsRef<str>],
    within: u32,
) -> Result<SecretValue, Unavailable> {
    let deadline = bindings.deadline(within);
    first_from(bindings, names, within, &deadline).await
}

/// As [`first_of`], with a deadline for the first binding that other secrets share.
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
