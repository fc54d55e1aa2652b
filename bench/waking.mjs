// How tasks are woken. js-sys does it by `queueMicrotask`, which costs some 16 µs a call on workerd, unless there is
// none: then by a resolved promise. The gateway's entry hides the function, which leans on the inside of js-sys, so an
// upgrade could undo it without a word. Here the calls of a request are counted.

import { ask, STRANGER } from "./load.mjs";
import { modulesOf, startServer } from "./server.mjs";

const REQUESTS = 20;

// Whatever can run a function later, but for promises.
const COUNTING = `
export const calls = {};
const counted = (owner, name) => {
  const original = owner?.[name];
  if (typeof original !== "function") return;
  calls[name] = 0;
  let value = function (...parameters) {
    calls[name]++;
    return original.apply(this, parameters);
  };
  Object.defineProperty(owner, name, { get: () => value, set: (other) => { value = other; } });
};
for (const name of ["queueMicrotask", "setImmediate", "setInterval", "setTimeout"]) counted(globalThis, name);
for (const name of ["postTask", "wait"]) counted(globalThis.scheduler, name);
counted(globalThis.MessagePort?.prototype, "postMessage");
`;

// What assignments do to the function is dropped.
const KEEPING = `
const { queueMicrotask } = globalThis;
Object.defineProperty(globalThis, "queueMicrotask", { get: () => queueMicrotask, set() {} });
`;

const entryOf = (build) => modulesOf(build)[0];

// Modules that come before those of a build: with them the entry cannot hide the function.
export const keepQueueMicrotask = (build) => ({
  "bench-entry.js": `import "./bench-before.js";\nexport { default } from "./${entryOf(build)}";\n`,
  "bench-before.js": KEEPING,
});

const countCalls = (build) => ({
  "bench-entry.js": `
import { calls } from "./bench-before.js";
import worker from "./${entryOf(build)}";
export default {
  ...worker,
  fetch(request, ...others) {
    return new URL(request.url).pathname === "/calls" ? Response.json(calls) : worker.fetch(request, ...others);
  },
};
`,
  "bench-before.js": COUNTING,
});

// The calls of one request of this kind, on average.
async function callsOf(port, request) {
  const calls = async () => JSON.parse((await ask({ port, path: "/calls" })).body);
  const before = await calls();
  for (let number = 0; number < REQUESTS; number++) await ask({ port, ...request });
  const after = await calls();
  return Object.fromEntries(Object.entries(after).map(([name, count]) => [name, (count - before[name]) / REQUESTS]));
}

// Timers are for deadlines: two for a request that is sent, the secrets' and the head's, and none for one that is
// refused.
const KINDS = [
  { what: "a small GET", path: "/two/v1/charges/1", timers: 2 },
  { what: "a POST", path: "/two/v1/charges", method: "POST", body: Buffer.alloc(2048, "x"), timers: 2 },
  { what: "a refused request", path: "/two/v1/charges/1", headers: STRANGER, timers: 0 },
];

export async function checkWaking({ build, upstreamPort, core }) {
  const server = await startServer({ build, before: countCalls(build), upstreamPort, core });
  try {
    for (const { what, timers, ...request } of KINDS) {
      const { setTimeout: timeouts, ...others } = await callsOf(server.port, request);
      const dear = Object.entries({ ...others, setTimeout: Math.max(0, timeouts - timers) }).filter(([, count]) => count > 0);
      if (dear.length === 0) continue;
      const seen = dear.map(([name, count]) => `${name} ${count} times`).join(", ");
      throw new Error(`Tasks are woken in a dear way: ${what} calls ${seen}. Has js-sys changed? Its entry hides queueMicrotask.`);
    }
  } finally {
    await server.stop();
  }
}
