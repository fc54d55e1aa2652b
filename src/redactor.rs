//! The redactor of one body, in the hands of `redaction.js`.

use ostiary_core::redaction::Redactor;
use wasm_bindgen::prelude::*;

/// The core's redactor. It lives as long as the body.
#[wasm_bindgen]
pub struct BodyRedactor {
    redactor: Box<Redactor>,
    replaced: Option<Vec<u8>>,
}

impl From<Box<Redactor>> for BodyRedactor {
    fn from(redactor: Box<Redactor>) -> Self {
        Self { redactor, replaced: None }
    }
}

#[wasm_bindgen]
impl BodyRedactor {
    /// Takes the next piece, and says how many bytes, from the first that has not gone, may go now.
    pub fn push(&mut self, piece: &[u8]) -> usize {
        let released = self.redactor.push(piece);
        self.replaced = released.replaced;
        released.length
    }

    /// Nothing more comes: all that has not gone may go now.
    pub fn finish(&mut self) {
        self.replaced = self.redactor.finish().replaced;
    }

    /// What is to go in the place of what may go; nothing where that is to go as it is.
    pub fn replaced(&mut self) -> Option<Vec<u8>> {
        self.replaced.take()
    }
}
