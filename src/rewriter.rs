//! The rewriter of one body's links, for `rewriting.js`.

use ostiary_core::response::body_links::BodyLinks;
use wasm_bindgen::prelude::*;

/// The core's rewriter. It lives as long as the body.
#[wasm_bindgen]
pub struct BodyRewriter(BodyLinks);

impl From<BodyLinks> for BodyRewriter {
    fn from(links: BodyLinks) -> Self {
        Self(links)
    }
}

#[wasm_bindgen]
impl BodyRewriter {
    /// Takes the next piece, and returns the bytes that may be released.
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        self.0.push(piece)
    }

    /// Ends the body: returns the rest, and frees the rewriter.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.0.finish()
    }

    /// Frees the rewriter of an aborted body. Unlike the generated `free`, this checks that the rewriter belongs to the
    /// current instance; otherwise it would free another object at the same address.
    #[wasm_bindgen(js_name = giveUp)]
    pub fn give_up(self) {
        drop(self);
    }
}
