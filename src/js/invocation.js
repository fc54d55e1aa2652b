// What entry.js has to know about a request. This function has a file of its own, because wasm-bindgen lists a file once
// for each function that WebAssembly imports without glue, and wrangler warns of a file that is listed twice.

// The caller of this request has disconnected, and nothing will come of the request.
export function announceAbandoned(request) {
  dispatchEvent(new CustomEvent("requestabandoned", { detail: request }));
}
