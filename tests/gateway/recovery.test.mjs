// Case 44: the gateway after its WebAssembly instance had to be replaced.

import assert from "node:assert/strict";
import { test } from "node:test";
import { canary } from "../harness/canaries.mjs";
import { BUILD, useGateway } from "../harness/gateway.mjs";
import { pause } from "../harness/patience.mjs";
import { EVERY, LAST_CHUNK, answer, chunk } from "../harness/upstream.mjs";
import { wrappedBuild } from "../harness/wrapped-build.mjs";

// No known request crashes the gateway's instance, so its entry is wrapped. `/end` makes WebAssembly trap, with an
// object that has an invalid pointer. After `/end-task`, the next log line throws in the middle of a task; after
// `/end-body`, the next chunk of a body traps. `/instance` counts instances, `/redactors` counts redactors.
const WRAPPER = `
import gateway from "./gateway.js";
import { BodyRedactor } from "./index.js";
let [redactors, taskEnds, bodyEnds] = [0, false, false];
const state = globalThis.__worker_init_state;
function wrap(owner, method, around) {
  const own = owner[method];
  owner[method] = function (...given) { return around(() => own.apply(this, given)); };
}
const { push } = BodyRedactor.prototype;
const trap = () => push.call(Object.assign(Object.create(BodyRedactor.prototype), { __wbg_ptr: 0x7ffffff0 }), new Uint8Array(1));
wrap(BodyRedactor, "__wrap", (own) => { redactors += 1; return own(); });
for (const end of ["finish", "giveUp"]) wrap(BodyRedactor.prototype, end, (own) => { redactors -= 1; return own(); });
wrap(BodyRedactor.prototype, "push", (own) => {
  if (!bodyEnds) return own();
  bodyEnds = false;
  trap();
});
wrap(console, "log", (own) => {
  if (!taskEnds) return own();
  taskEnds = false;
  throw new Error("the log is broken");
});
const own = {
  "/end"() {
    try { trap(); } catch (error) { return error instanceof WebAssembly.RuntimeError; }
  },
  "/end-task"() { taskEnds = true; },
  "/end-body"() { bodyEnds = true; },
  "/instance": () => state.instanceId,
  "/redactors": () => redactors,
};
export default {
  fetch(request, env, context) {
    const { pathname } = new URL(request.url);
    return pathname in own ? new Response(String(own[pathname]())) : gateway.fetch(request, env, context);
  },
};
`;

// The text that replaces the key.
const COVERED = "[redacted:primary]".padEnd(canary("PRIMARY_KEY").length, "*");

const gateway = useGateway("workerd", { build: wrappedBuild(BUILD, { "entry.js": WRAPPER }) });

const asked = async (target) => (await gateway.call({ target })).text;
const number = async (target) => Number(await asked(target));
const end = async () => assert.equal(await asked("/end"), "true", "WebAssembly has trapped");

test("case 44: the next request gets a new instance", async () => {
  await gateway.through({ target: "/bearer/x" });
  const before = await number("/instance");
  await end();
  gateway.upstream.clear();
  await gateway.through({ target: "/bearer/x" });
  assert.ok((await number("/instance")) > before, "another instance has answered");
});

// Responds with the path; requests that end in /held wait until `release` is called.
function hold() {
  const { promise: held, resolve: release } = Promise.withResolvers();
  gateway.upstream.on(EVERY, async (exchange) => {
    if (exchange.path.endsWith("/held")) await held;
    await exchange.write(answer(200, { "x-path": exchange.path }, exchange.path));
  });
  return release;
}

async function waiting(count) {
  const calls = Array.from({ length: count }, () => gateway.call({ target: "/bearer/held" }));
  while (gateway.upstream.exchanges.length < count) await pause(5);
  return calls;
}

async function othersAreServed() {
  const others = await Promise.all(Array.from({ length: 40 }, (_, at) => gateway.call({ target: `/bearer/other-${at}` })));
  others.forEach((other, at) => assert.equal(other.text, `/other-${at}`));
}

test("case 44: requests that wait when their instance ends fail at once, before another request arrives", async () => {
  const release = hold();
  const calls = await waiting(3);
  await end();
  for (const call of calls) assert.equal((await call).status, 500);
  await othersAreServed();
  release();
  const again = await gateway.call({ target: "/bearer/again" });
  assert.equal(again.text, "/again");
});

test("case 44: a task that ends its instance fails at once, with all waiting requests, and the next request gets a new instance", async () => {
  const release = hold();
  const calls = await waiting(3);
  const before = await number("/instance");
  await asked("/end-task");
  assert.equal((await gateway.call({ target: "/bearer/ends" })).status, 500);
  for (const call of calls) assert.equal((await call).status, 500);
  await othersAreServed();
  assert.ok((await number("/instance")) > before, "another instance has answered");
  release();
});

test("case 44: a body that is not searched continues after the end of its request's instance", async () => {
  const { promise: held, resolve: release } = Promise.withResolvers();
  gateway.upstream.on("/long", async (exchange) => {
    await exchange.received;
    await exchange.write(Buffer.concat([answer(200, { "transfer-encoding": "chunked" }), chunk(Buffer.from("before\n"))]));
    await held;
    await exchange.write(Buffer.concat([chunk(Buffer.from("after\n")), LAST_CHUNK]));
  });
  const connection = await gateway.open({ target: "/bearer/long" });
  const down = await connection.answer();
  await end();
  await gateway.call({ target: "/bearer/other" });
  release();
  await down.collect();
  connection.close();
  assert.deepEqual([down.whole, down.text], [true, "before\nafter\n"]);
});

// Responds with a line, and with the key after `release` is called.
function interrupted() {
  const { promise: held, resolve: release } = Promise.withResolvers();
  gateway.upstream.on(EVERY, async (exchange) => {
    await exchange.received;
    await exchange.write(Buffer.concat([answer(200, { "transfer-encoding": "chunked" }), chunk(Buffer.from("before\n"))]));
    await held;
    await exchange.write(Buffer.concat([chunk(Buffer.from(`${canary("PRIMARY_KEY")}\n`)), LAST_CHUNK]));
  });
  return release;
}

test("case 44: a body whose instance is replaced during the redaction is aborted, without a byte that was not searched", async () => {
  const release = interrupted();
  const connection = await gateway.open({ target: "/redact/x" });
  const down = await connection.answer();
  await end();
  const other = gateway.call({ target: "/redact/other" });
  // The other request gets a new instance.
  while (gateway.upstream.exchanges.length < 2) await pause(5);
  release();
  await down.collect();
  connection.close();
  assert.deepEqual([down.whole, down.text], [false, "before\n"]);
  assert.equal((await other).text, `before\n${COVERED}\n`);
});

test("case 44: a trap during the redaction of a body aborts that body, and the next request gets a new instance", async () => {
  const release = interrupted();
  const before = await number("/instance");
  const connection = await gateway.open({ target: "/redact/x" });
  const down = await connection.answer();
  await asked("/end-body");
  release();
  await down.collect();
  connection.close();
  assert.deepEqual([down.whole, down.text], [false, "before\n"]);
  assert.equal((await gateway.call({ target: "/redact/x" })).text, `before\n${COVERED}\n`);
  assert.ok((await number("/instance")) > before, "another instance has answered");
});

const half = Buffer.concat([answer(200, { "transfer-encoding": "chunked" }), chunk(Buffer.from("line\nhalf"))]);

// Sends half of the response, and then one line at a time while it is read.
async function endless(exchange) {
  await exchange.received;
  await exchange.write(half);
  for (;;) {
    await pause(10);
    await exchange.write(chunk(Buffer.from("line\n")));
  }
}

async function none() {
  for (let attempt = 0; attempt < 200 && (await number("/redactors")) !== 0; attempt += 1) await pause(10);
  return number("/redactors");
}

for (const [how, scripted] of [
  ["is complete", answer(200, {}, "line\nhalf")],
  ["is empty", answer(204)],
  ["is broken", async (exchange) => {
    await exchange.received;
    await exchange.write(half);
    exchange.wire.reset();
  }],
  ["does not match its coding", answer(200, { "content-encoding": "deflate" }, "line\nhalf")],
  ["is not needed any more", endless],
]) {
  test(`case 42: a redactor is freed with its body when that ${how}`, async () => {
    assert.equal(await none(), 0);
    gateway.upstream.on("/x", scripted);
    const connection = await gateway.open({ target: "/redact/x" });
    const down = await connection.answer();
    if (scripted === endless) {
      assert.equal(await number("/redactors"), 1);
      connection.close();
    } else await down.collect();
    assert.equal(await none(), 0);
    connection.close();
  });
}

test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
