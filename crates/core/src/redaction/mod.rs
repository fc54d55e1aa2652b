//! What was sent upstream must not come back: finds it in answers, in every form, and replaces it.
//!
//! [`Sent`] collects what one request has sent. [`Needles`] are the texts that this can come back as; they are
//! looked for in the head of the answer. A [`Redactor`] looks for them in its body, piece by piece.
//!
//! The caller may be the one who decides what the upstream says, so it must not learn a secret by the time that an
//! answer takes:
//!
//! - What is held back depends on position only, never on how far a match has got.
//! - The work for a byte does not depend on the secret either, until its last eight bytes have all been met. An
//!   algorithm that skips, or looks for a rare byte first, is faster and tells which pairs of bytes a secret has:
//!   a body of a million repetitions makes a nanosecond visible.

mod escape;
mod filter;
mod needle;
mod needles;
#[expect(clippy::module_inception, reason = "the noun of this module is what it is about")]
mod redaction;
mod redactor;
mod sent;
mod view;

pub use needles::Needles;
pub use redaction::Redaction;
pub use redactor::{Redactor, Released};
pub use sent::{SHORTEST_SEARCHED, Sent};

#[cfg(test)]
mod forms;
#[cfg(test)]
mod properties;
