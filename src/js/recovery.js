// What entry.js has to know. It is no module of the same bundle, so it is told by events.

// The WebAssembly instance has ended.
export function announceEnd() {
  dispatchEvent(new Event("instanceended"));
}

// The caller of this request has gone, and nothing will come of the request.
export function announceAbandoned(request) {
  dispatchEvent(new CustomEvent("requestabandoned", { detail: request }));
}
