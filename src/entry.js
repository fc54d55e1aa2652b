// The Worker. It calls the handler of lib.rs by itself, since worker-build's shim makes a class instance and two proxies
// for each request, and leaves a request without an answer when its WebAssembly instance ends.

import Shim from "./index.js";

const { fetch } = Shim.prototype;
const state = globalThis.__worker_init_state;

// js-sys wakes tasks by this function, which costs some 16 µs a call here. Without it js-sys takes a resolved promise.
globalThis.queueMicrotask = undefined;

// The requests under way, each with what fails it.
const underWay = new Map();

export default {
  fetch(request, env, ctx) {
    // The shim's class makes a new instance when it is constructed after a critical error.
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

// The tasks that the requests under way wait for are gone with their instance, and nothing else would end them.
addEventListener("instanceended", () => {
  state.criticalError = true;
  for (const fail of underWay.values()) fail(new Error("The gateway's WebAssembly instance has ended."));
  underWay.clear();
});

// The runtime has given the request up, and no promise of it settles any more.
addEventListener("requestabandoned", ({ detail }) => underWay.delete(detail));
