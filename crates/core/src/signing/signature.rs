//! What a signer yields.

use crate::secret_value::SecretValue;

/// A value that has been put on a request for one attempt, and the name of the secret that it was computed with.
pub type Signature<'g> = (&'g str, SecretValue);
