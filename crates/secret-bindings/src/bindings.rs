//! What is asked of a runtime.
#![expect(
    async_fn_in_trait,
    reason = "a Worker has one thread, and nothing here needs a future to be `Send`"
)]

use crate::read_error::ReadError;
use crate::secret_value::SecretValue;

/// The bindings of a Worker. [`worker::Env`] implements it; tests implement a fake.
pub trait Bindings {
    /// The end of the time that reads have. Any number of reads that begin together share one.
    type Deadline;

    /// A deadline so many milliseconds from now.
    fn deadline(&self, milliseconds: u32) -> Self::Deadline;

    /// Reads one binding, once, and gives up when the deadline passes. Dropping the future gives up too.
    async fn read(&self, binding: &str, deadline: &Self::Deadline) -> Result<SecretValue, ReadError>;
}

/// Reads one binding within so many milliseconds.
///
/// # Errors
/// Where there is no value in time.
pub async fn get(bindings: &impl Bindings, binding: &str, within: u32) -> Result<SecretValue, ReadError> {
    bindings.read(binding, &bindings.deadline(within)).await
}
