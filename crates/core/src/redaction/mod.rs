//! What was sent upstream must not come back: finds it in responses, in every form, and covers it, byte for byte.
//!
//! [`Sent`] collects what one request has sent. [`Needles`] are the texts that this can come back as; they are
//! looked for in the head of the response. A [`Redactor`] looks for them in its body, piece by piece.
//!
//! `needle` has the forms of one text, `escape` the escapes that each form can be written in, `marks` what a text is
//! covered with, `range` what a range of a body asks for, and `redaction` whether a response is searched at all.
//!
//! The caller may be the one who decides what the upstream says, so it must not learn a secret by what is covered, nor
//! by the time that a response takes:
//!
//! - Nothing that the caller says is looked for, and nothing but what is looked for is covered.
//! - What is held back depends on position only, never on how far a match has got.
//! - The time that a byte takes does not depend on the secret until the secret's last eight bytes have matched. After
//!   that, it does not depend on how many of the other bytes match. An algorithm that skips, or looks for a rare byte
//!   first, is faster and tells which pairs of bytes a secret has: a body of a million repetitions makes a nanosecond
//!   visible.
//!
//! Whether a byte is covered depends on the bytes around it, and on none that are farther away than [`needles::Reach`]
//! says. So a range of a body can be asked for with its surroundings, scanned and cut.

mod escape;
mod escape_reader;
mod filter;
mod fingerprint;
mod head;
mod marks;
mod needle;
mod needles;
mod range;
#[expect(clippy::module_inception, reason = "the noun of this module is what it is about")]
mod redaction;
mod redactor;
mod scanner;
mod sent;
mod transcript;

pub use needle::SHORTEST_SEARCHED;
pub use needles::{Needles, Reach};
pub use range::RequestedRange;
pub use redaction::{Redaction, judge_first};
pub use redactor::{Redactor, Released, UnsearchableBody};
pub use sent::Sent;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod test_forms;
