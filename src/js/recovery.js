// Events for entry.js, which is not a module of the same bundle.

// The WebAssembly instance has ended.
export function announceEnd() {
  dispatchEvent(new Event("instanceended"));
}

// The caller of this request has disconnected, and the request will get no response.
export function announceAbandoned(request) {
  dispatchEvent(new CustomEvent("requestabandoned", { detail: request }));
}
