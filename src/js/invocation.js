// An event for entry.js, which is not a module of the same bundle. It has a file of its own, because wasm-bindgen lists
// a file once for each function that WebAssembly imports without glue, and wrangler warns of a file that is listed
// twice.

// The caller of this request has disconnected, and the request will get no response.
export function announceAbandoned(request) {
  dispatchEvent(new CustomEvent("requestabandoned", { detail: request }));
}
