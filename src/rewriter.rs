//! The rewriter of one body's links, in the hands of `rewriting.js`.

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
    /// Takes the next piece, and returns what may go now.
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        self.0.push(piece)
    }

    /// Nothing more comes: returns the rest. This is the end of the rewriter.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.0.finish()
    }

    /// The end of the rewriter of a body that is given up. Unlike the `free` that is generated it looks whether the
    /// rewriter is of this instance, or it would free what another one has at the same place.
    #[wasm_bindgen(js_name = giveUp)]
    pub fn give_up(self) {
        drop(self);
    }
}
