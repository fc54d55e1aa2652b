//! Finds the secrets that were sent upstream in the response, in every form, and covers them byte for byte.
//!
//! [`InjectedSecrets`] collects the secrets that one request has sent. [`Needles`] has the texts in which they can come
//! back, and searches the head of the response for them. A [`Redactor`] searches the body, piece by piece.
//!
//! `needle` has the forms of one value, `escape` the escapes in which each form can be written, `marks` the marks that
//! cover a text, `range` requests for a range of a body, and `redaction` the decision whether a response is searched.
//!
//! The caller may control what the upstream returns. It must not learn a secret from what is covered, nor from the time
//! that a response takes:
//!
//! - Only the forms of secrets are covered. Nothing that the caller sends becomes a needle.
//! - Which bytes are held back depends on their position only, never on how much of a needle has matched.
//! - The time for a byte does not depend on the secret until the secret's last eight bytes have matched. After that, it
//!   does not depend on how many of the other bytes match. A search that skips bytes, or looks for a rare byte first,
//!   would be faster, but its time would tell which pairs of bytes a secret has: a body with a million repetitions
//!   makes a nanosecond visible.
//!
//! Whether a byte is covered depends only on the bytes around it, within [`needles::Reach`]. So a range of a body can
//! be requested with its surroundings, scanned and cut.

mod escape;
mod escape_reader;
mod filter;
mod fingerprint;
mod head;
mod injected_secrets;
mod marks;
mod needle;
mod needles;
mod range;
#[expect(clippy::module_inception, reason = "the type has the name of its module")]
mod redaction;
mod redactor;
mod scanner;
mod transcript;

pub use injected_secrets::InjectedSecrets;
pub use needle::SHORTEST_SEARCHED;
pub use needles::{Needles, Reach};
pub use range::RequestedRange;
pub use redaction::{Redaction, encoding_check_before_head};
pub use redactor::{Redactor, Released, UnsearchableBody};

#[cfg(test)]
mod properties;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod test_forms;
