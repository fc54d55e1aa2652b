//! The end of the time that reads have.

use std::cell::Cell;

use js_sys::{Array, Function, Promise, futures::JsFuture};
use wasm_bindgen::prelude::*;

/// The longest time that `setTimeout` takes; it fires at once for a longer one.
const LONGEST: u32 = i32::MAX.unsigned_abs();

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Function, milliseconds: u32, argument: &Function) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
}

/// One timer for any number of reads in a Worker. It is cleared when it is dropped.
///
/// The race between a read and the timer is JavaScript's: a promise that never settles would keep its callbacks, and
/// what they hold of this side's memory, for as long as the Worker lives.
#[derive(Debug)]
pub struct Deadline {
    passed: Promise,
    /// Resolves `passed`. The timer resolves it with this function, which no binding can yield.
    pass: Function,
    timer: JsValue,
    pending: Cell<usize>,
}

impl Deadline {
    /// Passes so many milliseconds from now.
    #[must_use]
    pub fn after(milliseconds: u32) -> Self {
        let mut pass = JsValue::UNDEFINED;
        let passed = Promise::new(&mut |resolve, _| pass = resolve.into());
        let pass: Function = pass.unchecked_into();
        let timer = set_timeout(&pass, milliseconds.min(LONGEST), &pass);
        Self { passed, pass, timer, pending: Cell::new(0) }
    }

    /// What the promise settles with, or what [`is_end`](Self::is_end) knows where the deadline passes first.
    pub(crate) async fn race(&self, promise: &Promise) -> Result<JsValue, JsValue> {
        let race = JsFuture::from(Promise::race(&Array::of2(promise, &self.passed)));
        self.pending.set(self.pending.get() + 1);
        let settled = race.await;
        self.pending.set(self.pending.get() - 1);
        settled
    }

    /// Whether a race came to this value because the deadline passed.
    pub(crate) fn is_end(&self, value: &JsValue) -> bool {
        let pass: &JsValue = self.pass.as_ref();
        value == pass
    }
}

impl Drop for Deadline {
    fn drop(&mut self) {
        clear_timeout(&self.timer);
        // A read whose future was dropped: its callbacks are freed when its race ends.
        if self.pending.get() > 0 {
            let _ = self.pass.call0(&JsValue::UNDEFINED);
        }
    }
}
