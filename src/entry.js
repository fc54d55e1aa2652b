// The Worker. It calls the handler of lib.rs directly. worker-build's shim would make a class instance and two proxies
// for each request, and would leave a request without a response when its WebAssembly instance ends.

import Shim from "./index.js";

const { fetch } = Shim.prototype;
const state = globalThis.__worker_init_state;

// js-sys wakes tasks with this function, which costs some 16 µs a call on workerd. Without it, js-sys uses a resolved
// promise.
globalThis.queueMicrotask = undefined;

// The pending requests, each with the function that rejects it.
const underWay = new Map();

export default {
  fetch(request, env, ctx) {
    // Constructing the shim's class after a critical error makes a new instance.
    if (state.criticalError) new Shim(ctx, env);
    const { promise, resolve, reject } = Promise.withResolvers();
    const end = (settle) => (value) => {
      underWay.delete(request);
      settle(value);
    };
    underWay.set(request, reject);
    fetch.call({ env, ctx }, request).then(end(resolve), end(reject));
    return promise;
  },
};

// The tasks of pending requests have ended with their instance, and nothing else would settle these requests.
addEventListener("instanceended", () => {
  state.criticalError = true;
  for (const fail of underWay.values()) fail(new Error("The gateway's WebAssembly instance has ended."));
  underWay.clear();
});

// The runtime has dropped the request, and its promises never settle.
addEventListener("requestabandoned", ({ detail }) => underWay.delete(detail));
