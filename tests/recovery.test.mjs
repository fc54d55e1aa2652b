// Case 44: what is left of a gateway whose WebAssembly instance had to be replaced.

import assert from "node:assert/strict";
import { cpSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { canary } from "./canaries.mjs";
import { BUILD, startGateway } from "./gateway.mjs";
import { temporaryFolder } from "./server-process.mjs";
import { EVERY, LAST_CHUNK, answer, chunk } from "./upstream.mjs";

// No request is known that makes the gateway panic, so its entry is wrapped: `/panic` leaves behind what worker-build's
// panic hook does.
const WRAPPER = `
import gateway from "./gateway.js";
export default {
  fetch(request, env, context) {
    if (!request.url.endsWith("/panic")) return gateway.fetch(request, env, context);
    globalThis.__worker_init_state.criticalError = true;
    return new Response(String(globalThis.__worker_init_state.instanceId));
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

const panic = async () => Number((await gateway.call({ target: "/panic" })).text);

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
  release();
  await down.collect();
  connection.close();
  assert.equal(down.whole, false);
  assert.equal(down.text, "before\n");
  assert.equal((await other).text, "before\n[redacted:primary]\n");
});

test("case 45: nothing that the gateway wrote holds a secret", () => gateway.sweep());
