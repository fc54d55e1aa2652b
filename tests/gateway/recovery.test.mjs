// Case 44: what is left of a gateway whose WebAssembly instance had to be replaced.

import assert from "node:assert/strict";
import { cpSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { canary } from "../harness/canaries.mjs";
import { BUILD, startGateway } from "../harness/gateway.mjs";
import { pause } from "../harness/patience.mjs";
import { temporaryFolder } from "../harness/server-process.mjs";
import { EVERY, LAST_CHUNK, answer, chunk } from "../harness/upstream.mjs";

// No request is known that makes the gateway panic, so its entry is wrapped: `/panic` leaves behind what worker-build's
// panic hook does, and after `/trap` the next piece of a body ends in what WebAssembly does when its memory is full.
// `/redactors` says how many redactors there are.
const WRAPPER = `
import gateway from "./gateway.js";
import { BodyRedactor, Exchange } from "./index.js";
let [redactors, traps] = [0, false];
const state = globalThis.__worker_init_state;
function wrap(type, method, around) {
  const own = type.prototype[method];
  type.prototype[method] = function (...given) { return around(() => own.apply(this, given)); };
}
wrap(Exchange, "redactor", (make) => { const made = make(); redactors += made === undefined ? 0 : 1; return made; });
for (const end of ["finish", "giveUp"]) wrap(BodyRedactor, end, (own) => { redactors -= 1; return own(); });
wrap(BodyRedactor, "push", (own) => {
  if (!traps) return own();
  traps = false;
  throw new WebAssembly.RuntimeError("unreachable");
});
const own = {
  panic() { state.criticalError = true; return state.instanceId; },
  trap() { traps = true; return state.instanceId; },
  redactors: () => redactors,
};
export default {
  fetch(request, env, context) {
    const path = new URL(request.url).pathname.slice(1);
    return path in own ? new Response(String(own[path]())) : gateway.fetch(request, env, context);
  },
};
`;

let gateway;
before(async () => {
  const build = temporaryFolder();
  cpSync(BUILD, build, { recursive: true });
  renameSync(join(build, "entry.js"), join(build, "gateway.js"));
  writeFileSync(join(build, "entry.js"), WRAPPER);
  gateway = await startGateway("workerd", { build });
});
beforeEach(() => gateway.reset());
after(() => gateway?.stop());

const asked = async (target) => Number((await gateway.call({ target })).text);
const panic = () => asked("/panic");

test("case 44: the next request gets a new instance", async () => {
  await gateway.through({ target: "/bearer/x" });
  const before = await panic();
  gateway.upstream.clear();
  await gateway.through({ target: "/bearer/x" });
  assert.ok((await panic()) > before, "another instance has answered");
});

test("case 44: a request that waits while its instance is replaced fails, and gets nobody else's answer", async () => {
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  gateway.upstream.on(EVERY, async (exchange) => {
    if (exchange.path.endsWith("/held")) await held;
    await exchange.write(answer(200, { "x-path": exchange.path }, exchange.path));
  });
  const waiting = gateway.call({ target: "/bearer/held" });
  while (gateway.upstream.exchanges.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await panic();
  const others = await Promise.all(Array.from({ length: 40 }, (_, at) => gateway.call({ target: `/bearer/other-${at}` })));
  others.forEach((other, at) => assert.equal(other.text, `/other-${at}`));
  release();
  const late = await waiting;
  assert.ok(late.status === 500 || late.text === "/held", `${late.status} ${late.text}`);
  const again = await gateway.call({ target: "/bearer/again" });
  assert.equal(again.text, "/again");
});

test("case 44: a body that is being redacted while its instance is replaced ends broken, with nothing unscanned", async () => {
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  gateway.upstream.on(EVERY, async (exchange) => {
    await exchange.received;
    await exchange.write(Buffer.concat([answer(200, { "transfer-encoding": "chunked" }), chunk(Buffer.from("before\n"))]));
    await held;
    await exchange.write(Buffer.concat([chunk(Buffer.from(`${canary("PRIMARY_KEY")}\n`)), LAST_CHUNK]));
  });
  const connection = await gateway.open({ target: "/redact/x" });
  const down = await connection.answer();
  await panic();
  const other = gateway.call({ target: "/redact/other" });
  // It is the other request that gets a new instance.
  while (gateway.upstream.exchanges.length < 2) await pause(5);
  release();
  await down.collect();
  connection.close();
  assert.equal(down.whole, false);
  assert.equal(down.text, "before\n");
  assert.equal((await other).text, "before\n[redacted:primary]\n");
});

test("case 44: a trap while a body is redacted breaks that body, and the next request gets a new instance", async () => {
  gateway.upstream.on(EVERY, answer(200, {}, `${canary("PRIMARY_KEY")}\n`));
  const before = await asked("/trap");
  const broken = await gateway.call({ target: "/redact/x" });
  assert.deepEqual([broken.whole, broken.text], [false, ""]);
  assert.equal((await gateway.call({ target: "/redact/x" })).text, "[redacted:primary]\n");
  assert.ok((await asked("/trap")) > before, "another instance has answered");
  await gateway.call({ target: "/redact/x" });
});

const half = Buffer.concat([answer(200, { "transfer-encoding": "chunked" }), chunk(Buffer.from("line\nhalf"))]);

// Answers half, and then a line at a time for as long as anyone reads.
async function endless(exchange) {
  await exchange.received;
  await exchange.write(half);
  for (;;) {
    await pause(10);
    await exchange.write(chunk(Buffer.from("line\n")));
  }
}

async function none() {
  for (let attempt = 0; attempt < 200 && (await asked("/redactors")) !== 0; attempt += 1) await pause(10);
  return asked("/redactors");
}

for (const [how, scripted] of [
  ["is whole", answer(200, {}, "line\nhalf")],
  ["has none", answer(204)],
  ["is broken", async (exchange) => {
    await exchange.received;
    await exchange.write(half);
    exchange.wire.reset();
  }],
  ["is not what its coding says", answer(200, { "content-encoding": "deflate" }, "line\nhalf")],
  ["nobody wants any more", endless],
]) {
  test(`case 42: a redactor goes with its body when that ${how}`, async () => {
    assert.equal(await none(), 0);
    gateway.upstream.on("/x", scripted);
    const connection = await gateway.open({ target: "/redact/x" });
    const down = await connection.answer();
    if (scripted === endless) {
      assert.equal(await asked("/redactors"), 1);
      connection.close();
    } else await down.collect();
    assert.equal(await none(), 0);
    connection.close();
  });
}

test("case 45: nothing that the gateway wrote holds a secret", () => gateway.sweep());
