//! The result of a signer.

use crate::secret_value::SecretValue;

/// The name of the secret and the signature that was computed with it for one attempt.
pub type Signature<'g> = (&'g str, SecretValue);
