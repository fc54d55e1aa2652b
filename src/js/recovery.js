// Tells entry.js that the WebAssembly instance has ended.
export function announceEnd() {
  dispatchEvent(new Event("instanceended"));
}
