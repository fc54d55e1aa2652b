// An event for entry.js, which is not a module of the same bundle.

// The WebAssembly instance has ended.
export function announceEnd() {
  dispatchEvent(new Event("instanceended"));
}
