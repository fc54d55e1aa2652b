// How tasks are woken: entry.js relies on js-sys to use a resolved promise if there is no `queueMicrotask`, which takes
// a tenth of the time of a small request here. This test fails if a new js-sys wakes tasks in another way; `make bench`
// measures the cost of that.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { BUILD, startGateway } from "../harness/gateway.mjs";
import { wrappedBuild } from "../harness/wrapped-build.mjs";

// Counts the calls of functions that schedule tasks. It is imported first, so the modules after it use the counters.
const WATCH = `
export const calls = { then: 0, queueMicrotask: 0, setTimeout: 0, setImmediate: 0, MessageChannel: 0, wait: 0 };
function count(owner, name) {
  const own = owner[name];
  if (own === undefined) return;
  owner[name] = function (...given) {
    calls[name] += 1;
    return new.target === undefined ? own.apply(this, given) : new own(...given);
  };
}
for (const name of ["queueMicrotask", "setTimeout", "setImmediate", "MessageChannel"]) count(globalThis, name);
count(Promise.prototype, "then");
count(scheduler, "wait");
`;
const WRAPPER = `
import { calls } from "./watch.js";
import gateway from "./gateway.js";
export default {
  async fetch(request, env, context) {
    for (const name of Object.keys(calls)) calls[name] = 0;
    const response = await gateway.fetch(request, env, context);
    return Response.json({ status: response.status, calls });
  },
};
`;

let gateway;
before(async () => {
  gateway = await startGateway("workerd", { build: wrappedBuild(BUILD, { "entry.js": WRAPPER, "watch.js": WATCH }) });
  gateway.reset();
});
after(() => gateway?.stop());

test("a task is woken by a resolved promise, and by nothing else", async () => {
  const { status, calls } = (await gateway.call({ target: "/bearer/x", token: null })).json;
  assert.equal(status, 401);
  const { then, ...others } = calls;
  assert.ok(then > 0, "promises are waited for");
  assert.deepEqual([...new Set(Object.values(others))], [0], JSON.stringify(others));
});
