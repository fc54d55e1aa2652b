// Section C: the fallback to the next source, where a binding fails or has no usable value. failover.test.mjs has
// credentials that the upstream rejects.

import assert from "node:assert/strict";
import { test } from "node:test";
import { canary } from "../harness/canaries.mjs";
import { useGateway } from "../harness/gateway.mjs";
import { absent, hangs, throws, yields, yieldsBytes, yieldsNull } from "../harness/secret-store.mjs";

const gateway = useGateway();

const authorization = async (target) => (await gateway.through({ target })).up.values("authorization");

// The number of reads of each binding, except callers' tokens.
const reads = () => Object.fromEntries([...gateway.store.reads].filter(([name]) => !name.startsWith("TOKEN_")));

const FAULTS = { "throws": throws, "does not exist": absent, "yields null": yieldsNull, "yields an empty string": yields(""), "yields bytes": yieldsBytes("evil"), "hangs": hangs };

for (const [fault, behaviour] of Object.entries(FAULTS)) {
  test(`case 27: if a binding ${fault}, the next source is used`, async () => {
    gateway.store.set("PRIMARY_KEY", behaviour);
    assert.deepEqual(await authorization("/bearer/x"), [`Bearer ${canary("SECONDARY_KEY")}`]);
    assert.deepEqual(reads(), { PRIMARY_KEY: 1, SECONDARY_KEY: 1 });
  });

  test(`case 27: if the last source ${fault}, the request is refused without a connection`, async () => {
    gateway.store.set("PRIMARY_KEY", behaviour);
    gateway.store.set("SECONDARY_KEY", behaviour);
    const answer = await gateway.refused({ target: "/bearer/x" }, "secret_unavailable");
    assert.equal(answer.status, 503);
    assert.deepEqual(reads(), { PRIMARY_KEY: 1, SECONDARY_KEY: 1 });
  });
}

test("case 27: a Secrets Store source falls back to a classic Worker secret", async () => {
  gateway.store.set("MIXED_KEY", absent);
  assert.deepEqual(await authorization("/mixed/x"), [`Bearer ${canary("MIXED_CLASSIC_KEY")}`]);
});

test("case 27: a read that hangs ends at the deadline of 500 ms", async () => {
  gateway.store.set("HEADER_KEY", hangs);
  const started = performance.now();
  await gateway.refused({ target: "/header/x" }, "secret_unavailable");
  const took = performance.now() - started;
  assert.ok(took >= 450 && took < 5_000, `${took} ms`);
});

test("the log has the name of the source that was used, without its value", async () => {
  gateway.store.set("PRIMARY_KEY", absent);
  const { answer } = await gateway.through({ target: "/bearer/x" });
  const event = JSON.stringify(await gateway.event(answer));
  assert.match(event, /PRIMARY_KEY/);
  assert.match(event, /SECONDARY_KEY/);
});

test("a pair moves to its next source together", async () => {
  gateway.store.set("PAIR_FIRST", absent);
  const { up } = await gateway.through({ target: "/pair/x" });
  assert.deepEqual(up.values("x-id"), [canary("ID_SECOND")]);
  assert.deepEqual(up.values("x-key"), [canary("PAIR_SECOND")]);
  assert.deepEqual(reads(), { ID_FIRST: 1, PAIR_FIRST: 1, ID_SECOND: 1, PAIR_SECOND: 1 });
});

test("a pair without a complete source causes a refusal", async () => {
  gateway.store.set("PAIR_FIRST", absent);
  gateway.store.set("ID_SECOND", absent);
  await gateway.refused({ target: "/pair/x" }, "secret_unavailable");
});

test("a secret with one source keeps it when another secret moves to its next source", async () => {
  gateway.store.set("PRIMARY_KEY", absent);
  const { up } = await gateway.through({ target: "/several/x" });
  assert.deepEqual(up.values("authorization"), [`Bearer ${canary("SECONDARY_KEY")}`]);
  assert.deepEqual(up.values("x-api-key"), [canary("HEADER_KEY")]);
  assert.deepEqual(reads(), { PRIMARY_KEY: 1, SECONDARY_KEY: 1, HEADER_KEY: 1, QUERY_KEY: 1 });
});

test("case 45: nothing that the gateway wrote contains a secret", () => gateway.sweep());
