//! Redacts a body piece by piece.

use std::ops::Range;

use memchr::memrchr2;

use super::marks::Marks;
use super::needles::Needles;
use super::scanner::Scanner;
use crate::http::charset;

/// In bytes: how much released text is kept, because a mark depends on the bytes before it.
const KEPT: usize = 8;

/// In bytes: released text is removed once there is more than this.
const WORTH_MOVING: usize = 4096;

/// In bytes: a larger piece is scanned in parts, so that the data about it fits into the processor's cache.
const LARGEST_PART: usize = 16384;

/// Looks for needles in one body and replaces them, byte for byte. It has to get the whole body, in order.
pub struct Redactor {
    needles: Needles,
    scanner: Scanner,
    marks: Marks,
    /// The received text that has not been released, and a few bytes before it.
    text: Vec<u8>,
    released: usize,
    cut: Option<Cut>,
    /// Judges the first bytes of the body, until these have arrived.
    is_unsearchable: Option<EncodingCheck>,
}

/// The body is a text in an encoding that cannot be searched, such as UTF-16.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body is in an encoding that cannot be searched")]
pub struct UnsearchableBody;

/// Tells whether a text that begins with these bytes is in an encoding that cannot be searched.
pub type EncodingCheck = fn(&[u8]) -> bool;

/// The range that the caller gets.
struct Cut {
    /// Counted from the first byte of the body.
    wanted: Range<u64>,
    /// The number of bytes that have been released.
    released: u64,
}

/// Bytes that may be returned to the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// The number of bytes, counted from the first one that had not been released.
    pub length: usize,
    /// The bytes with their marks; `None` if nothing is covered.
    pub replaced: Option<Vec<u8>>,
}

impl Redactor {
    /// Makes a redactor for a body.
    #[must_use]
    pub fn new(needles: Needles) -> Self {
        Self {
            needles,
            scanner: Scanner::default(),
            marks: Marks::default(),
            text: Vec::new(),
            released: 0,
            cut: None,
            is_unsearchable: None,
        }
    }

    /// Makes a redactor for a body of which the caller gets only the `wanted` bytes.
    #[must_use]
    pub fn cut(needles: Needles, wanted: Range<u64>) -> Self {
        Self { cut: Some(Cut { wanted, released: 0 }), ..Self::new(needles) }
    }

    /// Sets the function that judges the first bytes of the body.
    #[must_use]
    pub fn with_encoding_check(self, is_unsearchable: Option<EncodingCheck>) -> Self {
        Self { is_unsearchable, ..self }
    }

    /// Scans the next piece, and returns what may be released.
    ///
    /// Everything up to the last end of a line is released, because no needle contains one; of the rest, the last
    /// [`Needles::held_back`] bytes are kept. So an incomplete needle is never released, and the moment of a release
    /// tells nothing about how much of a needle has arrived.
    ///
    /// # Errors
    /// [`UnsearchableBody`] if the body is in an encoding that cannot be searched. Nothing has been released then.
    pub fn push(&mut self, piece: &[u8]) -> Result<Released, UnsearchableBody> {
        let is_decided = self.check_encoding(piece)?;
        for part in piece.chunks(LARGEST_PART) {
            self.text.extend_from_slice(part);
            self.scanner.scan(&self.needles, &self.text, false, &mut self.marks);
        }
        if !is_decided {
            return Ok(self.release(self.released));
        }
        let unreleased = self.text.get(self.released..).unwrap_or_default();
        let line = memrchr2(b'\n', b'\r', unreleased).map_or(0, |at| self.released + at + 1);
        let sure = self.text.len().saturating_sub(self.needles.held_back());
        Ok(self.release(line.max(sure)))
    }

    /// Judges the first bytes, together with those of this piece. Returns whether they are enough to tell the encoding.
    fn check_encoding(&mut self, piece: &[u8]) -> Result<bool, UnsearchableBody> {
        let Some(is_unsearchable) = self.is_unsearchable else { return Ok(true) };
        let beginning: Vec<u8> = self.text.iter().chain(piece).take(charset::LOOKED_AT).copied().collect();
        if is_unsearchable(&beginning) {
            return Err(UnsearchableBody);
        }
        if beginning.len() == charset::LOOKED_AT {
            self.is_unsearchable = None;
        }
        Ok(!charset::can_have_zeros(&beginning))
    }

    /// Releases the rest at the end of the body.
    pub fn finish(&mut self) -> Released {
        self.scanner.scan(&self.needles, &self.text, true, &mut self.marks);
        self.release(self.text.len())
    }

    /// The names of the secrets that were found since the last call. Each name is returned once in all calls together.
    pub fn newly_found(&mut self) -> Vec<&str> {
        self.needles.newly_found()
    }

    /// The work that has been done, in steps of similar cost. For a piece, it is at most a small multiple of its length
    /// and of the bytes that were held back before it.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.scanner.steps()
    }

    fn release(&mut self, until: usize) -> Released {
        let until = until.max(self.released);
        let bytes = self.text.get(self.released..until).unwrap_or_default();
        let length = bytes.len();
        let mut replaced = None;
        if self.cut.is_some() || self.marks.any_before(until) {
            let mut bytes = bytes.to_vec();
            self.marks.write(&self.needles, &self.text, self.released, &mut bytes);
            replaced = Some(bytes);
        }
        self.marks.release(until);
        self.released = until;
        self.forget();
        if let Some((cut, replaced)) = self.cut.as_mut().zip(replaced.as_mut()) {
            cut.apply(replaced);
        }
        Released { length, replaced }
    }

    /// Removes released text, so rarely that each byte is moved once or twice at most.
    fn forget(&mut self) {
        let gone = self.released.saturating_sub(KEPT);
        if gone >= WORTH_MOVING.max(self.text.len() - gone) {
            self.text.drain(..gone);
            self.released -= gone;
            self.marks.rebase(gone);
            self.scanner.rebase(gone);
        }
    }
}

impl Cut {
    fn apply(&mut self, bytes: &mut Vec<u8>) {
        let length = bytes.len() as u64;
        let within =
            |at: u64| usize::try_from(at.saturating_sub(self.released).min(length)).unwrap_or_default();
        bytes.truncate(within(self.wanted.end));
        bytes.drain(..within(self.wanted.start).min(bytes.len()));
        self.released += length;
    }
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Redactor").field(&self.needles).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redaction::InjectedSecrets;
    use crate::request_id::RequestId;

    fn redactor() -> Redactor {
        let mut injected = InjectedSecrets::default();
        injected.add("api", "canary-0123456789");
        Redactor::new(injected.needles(&RequestId::new(1)))
    }

    #[test]
    fn released_text_is_not_kept() {
        for piece in [100, 5000, 50_000] {
            let mut redactor = redactor();
            let most = redactor.needles.held_back() + KEPT + 2 * WORTH_MOVING;
            for _ in 0..20 {
                redactor.push(&vec![b'.'; piece]).unwrap();
                assert!(redactor.text.len() <= most, "{piece}: {}", redactor.text.len());
            }
        }
    }

    #[test]
    fn case_45_the_debug_form_has_the_names() {
        let mut redactor = redactor();
        redactor.push(b"canary-0123456789").unwrap();
        assert_eq!(format!("{redactor:?}"), r#"Redactor(Needles(["api"]))"#);
    }
}
