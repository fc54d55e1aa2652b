// One local Secrets Store for two processes: after a change through the API, the gateway under `wrangler dev` sends the
// new value with its next request.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { isSecret, succeeded } from "../harness/api-shapes.mjs";
import { STORE, startApi } from "../harness/api-server.mjs";
import { canary } from "../harness/canaries.mjs";
import { startGateway } from "../harness/gateway.mjs";
import { pause } from "../harness/patience.mjs";

const SECRETS = `stores/${STORE}/secrets`;

let api;
let gateway;
before(async () => {
  api = await startApi();
  gateway = await startGateway("wrangler dev", { state: api.state });
});
beforeEach(() => gateway.reset());
after(() => Promise.all([api?.stop(), gateway?.stop()]));

// The key that the gateway sends now.
async function key() {
  gateway.upstream.clear();
  const { up } = await gateway.through({ target: "/bearer/x" });
  return up.value("authorization").replace("Bearer ", "");
}

const found = async (name) => (await api.call("GET", `${SECRETS}?search=${name}`)).body.result.find((secret) => secret.name === name);
const patch = async (name, value) => succeeded(await api.call("PATCH", `${SECRETS}/${(await found(name)).id}`, { value }), isSecret);

test("case 28: a value patched through the API serves the next request", async () => {
  assert.equal(await key(), canary("PRIMARY_KEY"));
  for (const value of ["second", "third"]) {
    await patch("PRIMARY_KEY", value);
    assert.equal(await key(), value);
  }
  await patch("PRIMARY_KEY", canary("PRIMARY_KEY"));
  assert.equal(await key(), canary("PRIMARY_KEY"));
});

test("case 27: a secret deleted through the API is passed over, and serves when it is created again", async () => {
  const primary = await found("PRIMARY_KEY");
  succeeded(await api.call("DELETE", `${SECRETS}/${primary.id}`), null, 202);
  assert.equal(await key(), canary("SECONDARY_KEY"));
  const value = canary("PRIMARY_KEY");
  const [again] = succeeded(await api.call("POST", SECRETS, [{ name: "PRIMARY_KEY", value, scopes: ["workers"] }]), isSecret);
  assert.notEqual(again.id, primary.id);
  assert.equal(await key(), value);
});

test("with a delay, the store returns a new value later, and the last value wins", async () => {
  await api.delay({ visible: "1500ms" });
  await patch("PRIMARY_KEY", "first of two");
  await patch("PRIMARY_KEY", "late");
  assert.equal(await key(), canary("PRIMARY_KEY"));
  const seen = new Set();
  while (!seen.has("late")) {
    seen.add(await key());
    await pause(50);
  }
  assert.deepEqual([...seen], [canary("PRIMARY_KEY"), "late"]);
  await api.delay({ visible: "0s" });
  await patch("PRIMARY_KEY", canary("PRIMARY_KEY"));
});

test("values change under load, and each request has one that was there", async () => {
  const values = Array.from({ length: 20 }, (_, at) => `value-${at}`);
  let changing = true;
  const sent = [];
  const load = Array.from({ length: 5 }, async () => {
    while (changing) sent.push(await gateway.call({ target: "/bearer/x" }));
  });
  for (const value of values) await patch("PRIMARY_KEY", value);
  changing = false;
  await Promise.all(load);
  assert.ok(sent.every(({ status }) => status === 200));
  // A read during a write may find no value, because the local store deletes the old value as soon as it refers to the
  // new one. Then the gateway uses the next source.
  const allowed = new Set([canary("PRIMARY_KEY"), canary("SECONDARY_KEY"), ...values].map((value) => `Bearer ${value}`));
  for (const exchange of gateway.upstream.exchanges) assert.ok(allowed.has(exchange.value("authorization")));
  assert.equal(await key(), values.at(-1));
});

test("case 45: nothing that the gateway or the API wrote contains a secret", () => {
  gateway.sweep();
  assert.ok(!api.output().includes("value-"));
});
