//! Reads bodies as a whole: those of callers' requests that are signed or changed, of the operator's requests, and of
//! the responses to the gateway's own requests. All other bodies stream (`js/upload.js`, `js/download.js`).

use js_sys::Uint8Array;
use ostiary_core::runtime::BodyReadError;
use wasm_bindgen::prelude::*;
use web_sys::{ReadableStreamDefaultReader, ReadableStreamReadResult};

use crate::request_context::RequestContext;
use crate::timer::IdleDeadline;

impl RequestContext<'_> {
    /// Reads all bytes of a stream: at most `limit` bytes. `idle` limits the time between two chunks; where it is
    /// `None`, the caller of this function limits the whole time.
    ///
    /// The end of a stream of known `length` is not awaited, because that would be another read.
    pub(crate) async fn read_all(
        &self,
        reader: &ReadableStreamDefaultReader,
        length: Option<u64>,
        limit: u32,
        mut idle: Option<IdleDeadline>,
    ) -> Result<Vec<u8>, BodyReadError> {
        let mut bytes = Vec::new();
        loop {
            let next = self.next_chunk(reader);
            let next = match &mut idle {
                Some(idle) => idle.within(next).await.ok_or(BodyReadError::Broken)?,
                None => next.await,
            };
            let Some(chunk) = next.map_err(|_| BodyReadError::Broken)? else { return Ok(bytes) };
            if bytes.len() + chunk.length() as usize > limit as usize {
                return Err(BodyReadError::TooLarge);
            }
            bytes.extend(chunk.to_vec());
            if length == Some(bytes.len() as u64) {
                return Ok(bytes);
            }
        }
    }

    /// The next chunk of a stream; `None` at its end.
    pub(crate) async fn next_chunk(
        &self,
        reader: &ReadableStreamDefaultReader,
    ) -> Result<Option<Uint8Array>, JsValue> {
        let read = self.invocation.result_of(reader.read()).await?;
        let read: ReadableStreamReadResult = read.unchecked_into();
        Ok((read.get_done() != Some(true)).then(|| read.get_value().unchecked_into()))
    }
}
