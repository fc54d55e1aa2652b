// ostiary rotate with upstreams whose statuses are misleading.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { canary } from "../harness/canaries.mjs";
import { BEARER, FILES, OLD, startRotation } from "../harness/rotation.mjs";
import { temporaryFolder } from "../harness/server-process.mjs";
import { EVERY, OK, answer } from "../harness/upstream.mjs";

const UNKNOWN = answer(401, {}, "who are you?\n");
const FORBIDDEN = answer(403, {}, "you may not\n");
const MALFORMED = answer(400, {}, "no key looks like that\n");

let world;
before(async () => {
  world = await startRotation();
});
after(() => world?.stop());
beforeEach(() => world.reset());
afterEach(() => world.sweep());

/** The upstream answers the probe with `respond`, and accepts other requests with the old keys. */
function answers(respond, known = OLD) {
  let probes = 0;
  world.gateway.upstream.clear();
  world.gateway.upstream.on(EVERY, (exchange) => {
    const key = exchange.value("authorization")?.replace("Bearer ", "") ?? "";
    const isProbe = exchange.target.startsWith("/v1/balance");
    if (isProbe) probes += 1;
    exchange.write(isProbe ? respond(key, exchange, probes) : known.includes(key) ? OK : UNKNOWN);
  });
}

const modified = async () => [(await world.found("PRIMARY_KEY")).modified, (await world.found("SECONDARY_KEY")).modified];

/** Rotates under load; returns the result of the command and whether a source was written. */
async function rotated(args, input) {
  const before = await modified();
  const ran = await world.underLoad(() => world.rotate(args, { input }));
  const after = await modified();
  return { ran, written: [0, 1].filter((source) => before[source] !== after[source]) };
}

test("of several secrets of an auth, only the rotated one is replaced by the wrong value", async () => {
  // The upstream only checks x-api-key. If the control changed that too, it would be refused, and a dead key would be
  // accepted.
  const several = ["primary", "--route", "several", "--probe", "GET /v1/balance"];
  answers((key, exchange) => (exchange.value("x-api-key") === canary("HEADER_KEY") ? OK : UNKNOWN));
  const { ran, written } = await rotated(several, world.fresh());
  assert.deepEqual([ran.code, written], [1, []], ran.out);
  assert.match(ran.out, /a wrong value in its place is accepted[^]*does not show whether a key works/);
  const controls = world.gateway.upstream.exchanges.filter((exchange) => {
    const key = exchange.value("authorization") ?? "";
    return exchange.target.startsWith("/v1/balance") && !OLD.some((old) => key === `Bearer ${old}`);
  });
  assert.deepEqual(controls.map((exchange) => exchange.value("x-api-key")), [canary("HEADER_KEY")]);
});

test("a valid key without permission for the probe does not count as dead", async () => {
  answers((key) => (OLD.includes(key) ? FORBIDDEN : UNKNOWN));
  const { ran, written } = await rotated(BEARER, world.fresh());
  assert.deepEqual([ran.code, written], [1, []], ran.out);
  assert.match(ran.out, /A valid key without permission for the probe is refused like this\. Nothing was written/);
});

test("a rotation works with an API that returns 403 for every unknown key", async () => {
  const value = world.fresh();
  const known = [...OLD, value];
  answers((key) => (known.includes(key) ? OK : FORBIDDEN), known);
  const { ran, written } = await rotated([...BEARER, "--json"], value);
  assert.deepEqual([ran.code, written], [0, [0, 1]], ran.out);
});

test("a value that is refused only for its form shows nothing about a key", async () => {
  answers((key) => (OLD.includes(key) ? OK : MALFORMED));
  const { ran, written } = await rotated(BEARER, world.fresh());
  assert.deepEqual([ran.code, written], [1, []], ran.out);
  assert.match(ran.out, /400, is neither the one to a valid key nor a known refusal/);
});

test("an API that checks the form of a key first also looks up the wrong value", async () => {
  // A prefix, a length and an alphabet, which GitHub, Stripe and others check first.
  const form = /^sk_live_[0-9a-f]{32}$/;
  const key = (digit) => `sk_live_${digit.repeat(8)}0123456789abcdef01234567`;
  const [first, second, value] = ["a", "b", "c"].map(key);
  await world.put("PRIMARY_KEY", first);
  await world.put("SECONDARY_KEY", second);
  world.values.push(value);
  const known = [first, second, value];
  let unknown = 0;
  answers((shown) => {
    if (!form.test(shown)) return MALFORMED;
    if (known.includes(shown)) return OK;
    unknown += 1;
    return UNKNOWN;
  }, known);
  const { ran, written } = await rotated([...BEARER, "--json"], value);
  assert.deepEqual([ran.code, written, unknown], [0, [0, 1], 3], ran.out);
});

test("an upstream that is busy for the wrong value stops the rotation, and one that fails every second probe does not", async () => {
  answers((key) => (OLD.includes(key) ? OK : answer(429, {}, "slow down\n")));
  const busy = await rotated(BEARER, world.fresh());
  assert.deepEqual([busy.ran.code, busy.written], [1, []], busy.ran.out);
  assert.match(busy.ran.out, /does not show whether it was refused\. Nothing was written/);

  const value = world.fresh();
  const known = [...OLD, value];
  answers((key, _, probes) => (probes % 2 === 1 ? answer(500, {}, "oops\n") : known.includes(key) ? OK : UNKNOWN), known);
  const flapping = await rotated([...BEARER, "--json"], value);
  assert.deepEqual([flapping.ran.code, flapping.written], [0, [0, 1]], flapping.ran.out);
});

test("the command does not tell you to revoke a key if the upstream accepts any value", async () => {
  const dead = world.fresh();
  await world.put("PRIMARY_KEY", dead);
  await world.put("SECONDARY_KEY", dead);
  world.gateway.upstream.clear();
  world.gateway.upstream.on(EVERY, OK);
  const { ran, written } = await rotated(BEARER, dead);
  assert.deepEqual([ran.code, written], [1, []], ran.out);
  assert.doesNotMatch(ran.out, /revoke/);
});

test("a gateway that was built from another gateway.toml is refused", async () => {
  const [, deployed, ...wrangler] = FILES;
  const later = join(temporaryFolder(), "gateway.toml");
  writeFileSync(later, `${readFileSync(deployed)}# Not deployed yet.\n`);
  const before = await modified();
  const ran = await world.run(["rotate", "--config", later, ...wrangler, ...BEARER], { input: world.fresh() });
  assert.deepEqual([ran.code, await modified()], [1, before], ran.out);
  assert.match(ran.err, /is built from another gateway\.toml than the one here/);
});
