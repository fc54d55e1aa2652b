//! Reads bodies as a whole: those of callers' requests that are signed or changed, of the operator's requests, and of
//! the responses to the gateway's own requests. All other bodies stream (`js/upload.js`, `js/download.js`).

use js_sys::Uint8Array;
use ostiary_core::runtime::BodyReadError;
use wasm_bindgen::prelude::*;
use web_sys::{ReadableStreamDefaultReader, ReadableStreamReadResult};

use crate::deadline::IdleDeadline;
use crate::runtime::Runtime;

impl Runtime<'_> {
    /// Reads all bytes of a stream: at most `limit` bytes, with an idle timeout of `within` milliseconds.
    pub(crate) async fn read_all(
        &self,
        reader: &ReadableStreamDefaultReader,
        limit: u32,
        within: u32,
    ) -> Result<Vec<u8>, BodyReadError> {
        let mut bytes = Vec::new();
        let mut deadline = IdleDeadline::new(self.invocation, within);
        loop {
            let read = self.invocation.settled(reader.read());
            let read = deadline.within(read).await.ok_or(BodyReadError::Broken)?;
            let read = read.map_err(|_| BodyReadError::Broken)?;
            let read: ReadableStreamReadResult = read.unchecked_into();
            if read.get_done() == Some(true) {
                return Ok(bytes);
            }
            let chunk: Uint8Array = read.get_value().unchecked_into();
            if bytes.len() + chunk.length() as usize > limit as usize {
                return Err(BodyReadError::TooLarge);
            }
            bytes.extend(chunk.to_vec());
        }
    }
}
