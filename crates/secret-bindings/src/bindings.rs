//! The trait for a runtime with bindings, for any Worker. The gateway's own reads are in `src/secret_reading.rs`.
#![expect(
    async_fn_in_trait,
    reason = "a Worker has one thread, and nothing here needs a future to be `Send`"
)]

use crate::read_error::ReadError;
use crate::secret_value::SecretValue;

/// The bindings of a Worker. [`worker::Env`] implements it; tests implement a fake.
pub trait Bindings {
    /// The deadline of reads. Any number of reads that begin together can share one.
    type Deadline;

    /// A deadline this many milliseconds from now.
    fn deadline(&self, milliseconds: u32) -> Self::Deadline;

    /// Reads one binding once, and stops waiting when the deadline passes or the future is dropped.
    async fn read(&self, binding: &str, deadline: &Self::Deadline) -> Result<SecretValue, ReadError>;
}

/// Reads one binding within this many milliseconds.
///
/// # Errors
/// The reason why there is no value in time.
pub async fn get(bindings: &impl Bindings, binding: &str, within: u32) -> Result<SecretValue, ReadError> {
    bindings.read(binding, &bindings.deadline(within)).await
}
