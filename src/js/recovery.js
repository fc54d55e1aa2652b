// What entry.js has to know about the WebAssembly instance. It is not a module of the same bundle, so it is told by events.

// The WebAssembly instance has ended.
export function announceEnd() {
  dispatchEvent(new Event("instanceended"));
}
