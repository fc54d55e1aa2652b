//! The deadline of reads, for any Worker. The gateway does not use it: its own deadline is in `src/timer.rs`, and
//! `src/secret_reading.rs` applies it to reads.

use std::cell::Cell;

use js_sys::{Array, Function, Promise, futures::JsFuture};
use wasm_bindgen::prelude::*;

/// The longest delay of `setTimeout`, in milliseconds. A longer one fires at once.
const MAX_DELAY_MS: u32 = i32::MAX.unsigned_abs();

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Function, milliseconds: u32, argument: &Function) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
}

/// One timer for any number of reads in a Worker. It is cleared when it is dropped.
///
/// JavaScript runs the race between a read and the timer: a promise that never settles would otherwise keep its
/// callbacks, and WebAssembly memory that they hold, as long as the Worker lives.
#[derive(Debug)]
pub struct Deadline {
    passed: Promise,
    /// Resolves `passed`. The timer resolves it with this function itself, which no binding can yield.
    pass: Function,
    timer: JsValue,
    pending: Cell<usize>,
}

impl Deadline {
    /// Passes this many milliseconds from now.
    #[must_use]
    pub fn after(milliseconds: u32) -> Self {
        let mut pass = JsValue::UNDEFINED;
        let passed = Promise::new(&mut |resolve, _| pass = resolve.into());
        let pass: Function = pass.unchecked_into();
        let timer = set_timeout(&pass, milliseconds.min(MAX_DELAY_MS), &pass);
        Self { passed, pass, timer, pending: Cell::new(0) }
    }

    /// The result of the promise, or a value that [`is_end`](Self::is_end) recognises if the deadline passes first.
    pub(crate) async fn race(&self, promise: &Promise) -> Result<JsValue, JsValue> {
        let race = JsFuture::from(Promise::race(&Array::of2(promise, &self.passed)));
        self.pending.set(self.pending.get() + 1);
        let settled = race.await;
        self.pending.set(self.pending.get() - 1);
        settled
    }

    /// Whether this is the result of a race in which the deadline passed.
    pub(crate) fn is_end(&self, value: &JsValue) -> bool {
        let pass: &JsValue = self.pass.as_ref();
        value == pass
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        clear_timeout(&self.timer);
        // The future of a read was dropped. Its callbacks are freed when its race ends.
        if self.pending.get() > 0 {
            let _ = self.pass.call0(&JsValue::UNDEFINED);
        }
    }
}
