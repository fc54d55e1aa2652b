//! Handles the end of a WebAssembly instance, which has panicked, trapped, or called an import that threw.
//!
//! Its memory may be inconsistent, so none of its code runs again. `entry.js` fails the pending requests and serves the
//! next request with a new instance.

use wasm_bindgen::handler::set_on_abort;

use crate::js;

/// Makes this instance tell `entry.js` when it ends.
///
/// This replaces `worker`'s own handler, with which the next call of any export makes the new instance. That could be a
/// method of an object of the ended instance, whose pointer would then be used in the new one.
pub(crate) fn watch() {
    set_on_abort(js::announce_end);
}
