//! Reads several secrets at once, for any Worker. The gateway itself uses [`start`](crate::start), and reads sources
//! concurrently in `crates/core/src/secrets/concurrent_reads.rs`.

use std::collections::BTreeMap;

use futures::future::join_all;

use crate::bindings::Bindings;
use crate::read_first_of::first_from;
use crate::secret_value::SecretValue;
use crate::unavailable::Unavailable;

/// Reads all secrets of a set concurrently, and returns them by name. Each element has a name and its bindings, the
/// primary first, and is read like with [`first_of`](crate::first_of). The first bindings of all secrets share one
/// timer.
///
/// ```
/// # use ostiary_secret_bindings::{Bindings, Unavailable, all};
/// # async fn example(env: &impl Bindings) -> Result<(), Unavailable> {
/// let stripe = ["STRIPE_KEY", "STRIPE_KEY_2"].as_slice();
/// let secrets = all(env, [("stripe", stripe), ("token", &["TOKEN"])], 2_000).await?;
/// let stripe = secrets.get("stripe");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// The first secret, in the order of the set, that has no value. All reads have ended then.
pub async fn all<'n, Name: AsRef<str> + 'n>(
    bindings: &impl Bindings,
    secrets: impl IntoIterator<Item = (&'n str, &'n [Name])>,
    within: u32,
) -> Result<BTreeMap<&'n str, SecretValue>, Unavailable> {
    let deadline = &bindings.deadline(within);
    let reads = secrets.into_iter().map(async |(name, names)| {
        let value = first_from(bindings, names, within, deadline).await?;
        Ok((name, value))
    });
    join_all(reads).await.into_iter().collect()
}
