//! A body, piece by piece.

use std::ops::Range;

use memchr::memrchr2;

use super::marks::Marks;
use super::needles::Needles;
use super::scanner::Scanner;
use crate::http::charset;

/// Of a text that has been released: what a mark may have to know of it.
const KEPT: usize = 8;

/// In bytes: less than that is not worth moving what is held back.
const WORTH_MOVING: usize = 4096;

/// In bytes: a larger piece is scanned in parts, so that what is known about it fits into a cache.
const LARGEST_PART: usize = 16384;

/// Looks for needles in a body and replaces them, byte for byte. One of them sees the whole of one body, in order.
pub struct Redactor {
    needles: Needles,
    scanner: Scanner,
    marks: Marks,
    /// What has arrived, from a few bytes before the first that has not been released.
    text: Vec<u8>,
    released: usize,
    cut: Option<Cut>,
    /// Tells by its first bytes, which have yet to come, whether it is in an encoding that cannot be searched.
    is_foreign: Option<Judge>,
}

/// The body is a text in an encoding that cannot be searched, such as UTF-16.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body is in an encoding that cannot be searched")]
pub struct UnsearchableBody;

/// Whether a text that begins so is in an encoding that cannot be searched.
pub type Judge = fn(&[u8]) -> bool;

/// The bytes that the caller gets.
struct Cut {
    /// As they are counted from the first byte of the body.
    wanted: Range<u64>,
    /// How many bytes have been released.
    released: u64,
}

/// What may go to the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// How many bytes, from the first that has not been released.
    pub length: usize,
    /// What goes in their place; `None` where they go as they are.
    pub replaced: Option<Vec<u8>>,
}

impl Redactor {
    /// Of a body of which nothing has arrived.
    #[must_use]
    pub fn new(needles: Needles) -> Self {
        Self {
            needles,
            scanner: Scanner::default(),
            marks: Marks::default(),
            text: Vec::new(),
            released: 0,
            cut: None,
            is_foreign: None,
        }
    }

    /// Of a body of which the caller gets these bytes alone.
    #[must_use]
    pub fn cut(needles: Needles, wanted: Range<u64>) -> Self {
        Self { cut: Some(Cut { wanted, released: 0 }), ..Self::new(needles) }
    }

    /// Of a body of which this tells by its first bytes whether it cannot be searched.
    #[must_use]
    pub fn judged_by(self, is_foreign: Option<Judge>) -> Self {
        Self { is_foreign, ..self }
    }

    /// Takes the next piece.
    ///
    /// Everything up to the last end of a line is released at once, since no needle holds one; of the rest, all but
    /// [`Needles::held_back`]. So a needle that is not complete is never released, and when which byte is released says
    /// nothing of how much of a needle has arrived.
    ///
    /// # Errors
    /// [`UnsearchableBody`] where the first bytes tell an encoding that cannot be searched. Nothing of it was released.
    pub fn push(&mut self, piece: &[u8]) -> Result<Released, UnsearchableBody> {
        let before = self.text.len();
        self.judge(piece)?;
        for part in piece.chunks(LARGEST_PART) {
            self.text.extend_from_slice(part);
            self.scanner.scan(&self.needles, &self.text, false, &mut self.marks);
        }
        let line = memrchr2(b'\n', b'\r', piece).map_or(0, |at| before + at + 1);
        let sure = self.text.len().saturating_sub(self.needles.held_back());
        Ok(self.release(line.max(sure)))
    }

    fn judge(&mut self, piece: &[u8]) -> Result<(), UnsearchableBody> {
        let Some(is_foreign) = self.is_foreign else { return Ok(()) };
        let beginning: Vec<u8> = self.text.iter().chain(piece).take(charset::LOOKED_AT).copied().collect();
        if is_foreign(&beginning) {
            return Err(UnsearchableBody);
        }
        if beginning.len() == charset::LOOKED_AT {
            self.is_foreign = None;
        }
        Ok(())
    }

    /// Nothing more comes.
    pub fn finish(&mut self) -> Released {
        self.scanner.scan(&self.needles, &self.text, true, &mut self.marks);
        self.release(self.text.len())
    }

    /// The names of the secrets that were found since this was asked for the last time, each once in all.
    pub fn newly_found(&mut self) -> Vec<&str> {
        self.needles.newly_found()
    }

    /// How much work has been done, in steps of the same order. For a piece it is at most some times its length, and what
    /// was held back before it.
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

    /// Moves what is held back to the beginning, so seldom that it costs a byte no more than a move or two.
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
