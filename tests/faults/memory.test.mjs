// The memory of aborted requests, and of bindings that never answer. `make test` makes some hundreds of them and checks
// that each is collected; `make soak` makes 20,000, and compares with a Worker that only forwards.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { canary } from "../harness/canaries.mjs";
import { send } from "../harness/client.mjs";
import { pause } from "../harness/patience.mjs";
import { hangs, startSecretStore } from "../harness/secret-store.mjs";
import { temporaryFolder } from "../harness/server-process.mjs";
import { EVERY, OK, answer, startUpstream } from "../harness/upstream.mjs";
import { startWorkerd } from "../harness/workerd.mjs";
import { wrappedBuild } from "../harness/wrapped-build.mjs";

const MIB = 1024 * 1024;

// The number of requests in the long tests.
const ABANDONED = Number(process.env.ABANDONED || 0);
const UNANSWERED = Number(process.env.UNANSWERED || 0);
const BATCH = 100;

// An engine may keep recently used objects. This is how often it is asked to collect them.
const FEW = 2;
const COLLECTIONS = 100;

const BUILD = fileURLToPath(new URL(".build", import.meta.url));
const PASSTHROUGH = fileURLToPath(new URL("../../bench/peers/passthrough/index.js", import.meta.url));
const configuration = readFileSync(new URL("configuration/wrangler.toml", import.meta.url), "utf8");
const bindings = [...configuration.matchAll(/^binding = "(\w+)"/gm)].map(([, name]) => name);
const [, compatibilityDate] = /^compatibility_date = "(.*)"/m.exec(configuration);

const AUTHORIZATION = `Bearer ${canary("ADA_TOKEN")}`;

// `/left` collects garbage and returns the number of uncollected requests, and the size of WebAssembly's memory.
const WATCH = `
const { Instance } = WebAssembly;
export const instances = [];
WebAssembly.Instance = function (module, imports) {
  const instance = new Instance(module, imports);
  instances.push(instance);
  return instance;
};
`;
const WRAPPER = `
import { instances } from "./watch.js";
import gateway from "./gateway.js";
let left = 0;
const collected = new FinalizationRegistry(() => { left -= 1; });
export default {
  async fetch(request, env, context) {
    if (new URL(request.url).pathname === "/left") {
      gc();
      return Response.json({ left, memory: instances.at(-1)?.exports.memory.buffer.byteLength ?? 0 });
    }
    left += 1;
    collected.register(request);
    return gateway.fetch(request, env, context);
  },
};
`;

// Makes calls at once, and aborts them when the upstream's /gate answers. A body that is \`open\` never ends.
const CALLER = `
export default {
  async fetch(request, env) {
    const { count, target, body, port } = await request.json();
    const abort = new AbortController();
    const headers = { host: "127.0.0.1", authorization: request.headers.get("authorization") };
    const calls = Array.from({ length: count }, async () => {
      const init = { headers, signal: abort.signal };
      if (body !== undefined) Object.assign(init, { method: "POST", body: body.open ? open(body.length) : "x".repeat(body.length) });
      try {
        const response = await env.GATEWAY.fetch("http://127.0.0.1" + target, init);
        return String(response.status);
      } catch (error) {
        return error.name;
      }
    });
    await fetch("http://127.0.0.1:" + port + "/gate");
    abort.abort();
    return Response.json([...new Set(await Promise.all(calls))]);
  },
};
function open(length) {
  const { readable, writable } = new IdentityTransformStream();
  writable.getWriter().write(new Uint8Array(length)).catch(() => {});
  return readable;
}
`;

// A Worker between a caller that aborts and an upstream that does not respond.
class World {
  arrived = 0;

  async start(build) {
    const [store, upstream] = await Promise.all([startSecretStore(), startUpstream()]);
    Object.assign(this, { store, upstream });
    const modules = { "entry.js": WRAPPER, "watch.js": WATCH };
    this.workerd = await startWorkerd({
      build: wrappedBuild(build, modules),
      secrets: bindings,
      rateLimits: [],
      variables: { UPSTREAM_PORT: String(upstream.port) },
      store,
      compatibilityDate,
      compatibilityFlags: [],
      v8Flags: ["--expose-gc"],
      caller: CALLER,
    });
    this.reset();
    return this;
  }

  reset() {
    this.upstream.clear();
    for (const name of bindings) this.store.set(name, canary(name));
    this.onUpstream(() => {});
  }

  // The upstream's action on a request before it counts it.
  onUpstream(act) {
    this.upstream.on(EVERY, async (exchange) => {
      this.upstream.exchanges.length = 0;
      await act(exchange);
      this.arrived += 1;
    });
  }

  call(target) {
    return send(this.workerd.port, { target, fields: [["Authorization", AUTHORIZATION]] });
  }

  // Makes calls, and aborts them when all of them have been counted.
  async abandon(count, { target, body }) {
    this.arrived = 0;
    this.upstream.on("/gate", async (exchange) => {
      while (this.arrived < count) await pause(1);
      await exchange.write(OK);
    });
    const order = JSON.stringify({ count, target, body, port: this.upstream.port });
    const fields = [["Authorization", AUTHORIZATION], ["Content-Length", String(order.length)]];
    const { json } = await send(this.workerd.callerPort, { method: "POST", target: "/", fields, body: order });
    assert.deepEqual(json, ["AbortError"]);
  }

  // A request is collected some collections after its promises.
  async left() {
    for (let attempt = 0; ; attempt += 1) {
      const seen = (await this.call("/left")).json;
      if (seen.left <= FEW || attempt === COLLECTIONS) return seen;
      await pause(10);
    }
  }

  get residentMemory() {
    return this.workerd.server.residentMemory();
  }

  async stop() {
    await this.workerd?.stop();
    await Promise.all([this.store?.stop(), this.upstream?.stop()]);
  }
}

let world;
before(async () => {
  world = await new World().start(BUILD);
});
beforeEach(() => world.reset());
after(() => world?.stop());

const SILENT = { target: "/rotated/ada/x" };

const moments = {
  "its upstream is silent": () => SILENT,
  "a secret is being read": () => {
    world.store.set("ROTATED_KEY", () => {
      world.arrived += 1;
      return hangs;
    });
    return SILENT;
  },
  "its upstream is silent after a small body": () => ({ ...SILENT, body: { length: 1_000 } }),
  "its upstream is silent after a large body": () => ({ ...SILENT, body: { length: 100_000 } }),
  "its body is on its way": () => ({ ...SILENT, body: { length: 1_000, open: true } }),
  "the rest of its body is read for another attempt": () => {
    world.onUpstream(async (exchange) => {
      await exchange.write(answer(401));
      // Waits until the gateway has read it.
      await pause(200);
    });
    return { ...SILENT, body: { length: 1_000, open: true } };
  },
};

for (const [moment, arrange] of Object.entries(moments)) {
  test(`case 42: a request whose caller goes away while ${moment} is collected`, async () => {
    const request = arrange();
    await world.abandon(BATCH, request);
    const { memory } = await world.left();
    for (let batch = 0; batch < 3; batch += 1) {
      await world.abandon(BATCH, request);
      const seen = await world.left();
      assert.ok(seen.left <= FEW, `${seen.left} requests of ${BATCH} are left`);
    }
    const grown = (await world.left()).memory - memory;
    assert.ok(grown <= MIB / 2, `WebAssembly's memory has grown by ${grown} bytes`);
  });
}

// 100 at once: the deadline of a secret is two seconds.
async function hang() {
  world.store.set("HANGING_KEY", hangs);
  world.onUpstream((exchange) => exchange.write(OK));
  const answers = await Promise.all(Array.from({ length: BATCH }, () => world.call("/hanging/ada/x")));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
}

test("cases 27, 42: a request whose binding never responds is collected", async () => {
  await hang();
  const { left, memory } = await world.left();
  assert.ok(left <= FEW, `${left} requests of ${BATCH} are left`);
  await hang();
  assert.ok((await world.left()).memory - memory <= MIB / 2);
});

// The memory of a process after each batch. Only the engine decides when to collect garbage.
async function watched(running, count, act) {
  const samples = [];
  for (let done = 0; done < count; done += BATCH) {
    await act(running);
    samples.push(running.residentMemory);
  }
  const grown = samples.at(-1) - samples.at(Math.floor(samples.length / 2));
  return { grown: Math.round(grown / MIB), at: samples.filter((_, at) => at % Math.ceil(samples.length / 10) === 0).map((bytes) => Math.round(bytes / MIB)) };
}

// The engine decides when to release memory, so the growth is compared with that of a Worker that only forwards.
const ROOM = 32;
// The engine does not know the memory of a request there, so thousands of requests can wait for collection. An isolate
// has 128 MiB.
const MOST_WASM = 48;

test(`case 42: memory after ${ABANDONED} requests whose caller has gone`, { skip: ABANDONED === 0 && "make soak", timeout: 900_000 }, async (t) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "entry.js"), readFileSync(PASSTHROUGH));
  const floor = await new World().start(folder);
  try {
    const abandon = (running) => running.abandon(BATCH, SILENT);
    const [theirs, ours] = [await watched(floor, ABANDONED, abandon), await watched(world, ABANDONED, abandon)];
    t.diagnostic(`MiB of a Worker that only forwards: ${theirs.at.join(", ")}; of the gateway: ${ours.at.join(", ")}`);
    assert.ok(ours.grown <= 1.3 * theirs.grown + ROOM, `${ours.grown} MiB, and ${theirs.grown} MiB`);
    const { left, memory } = await world.left();
    assert.ok(left <= FEW, `${left} requests are left`);
    t.diagnostic(`WebAssembly's memory: ${(memory / MIB).toFixed(1)} MiB`);
    assert.ok(memory <= MOST_WASM * MIB, `WebAssembly's memory is ${memory} bytes`);
  } finally {
    await floor.stop();
  }
});

test(`cases 27, 42: memory after ${UNANSWERED} requests whose binding never responds`, { skip: UNANSWERED === 0 && "make soak", timeout: 900_000 }, async (t) => {
  const { at, grown } = await watched(world, UNANSWERED, hang);
  t.diagnostic(`MiB of the gateway: ${at.join(", ")}`);
  assert.ok(grown <= ROOM, `${grown} MiB`);
});
