//! The end of a WebAssembly instance: it has panicked, trapped, or called an import that threw.
//!
//! Its memory may be in pieces, so nothing of it runs again. The requests under way fail, and the next request is served
//! by a new instance; `entry.js` sees to both.

use wasm_bindgen::handler::set_on_abort;

use crate::js;

/// From now on `entry.js` is told when this instance ends.
///
/// This takes the place of `worker`'s own handler, which lets the next call of any export make the new instance. That
/// call could be one of an object of the ended instance, whose pointer would be used in the new one.
pub(crate) fn watch() {
    set_on_abort(js::announce_end);
}
