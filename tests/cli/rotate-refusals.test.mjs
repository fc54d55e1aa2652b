// ostiary rotate with upstreams that do not respond to a dead key with 401.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pause } from "../harness/patience.mjs";
import { REFUSALS } from "../harness/refusals.mjs";
import { BEARER, OLD, steps, useRotation } from "../harness/rotation.mjs";

// The route `told` describes the response to a refused key; `bearer` does not.
const TOLD = ["primary", "--route", "told", "--probe", "GET /x"];
const REQUEST = { target: "/told/x" };

const world = useRotation();

const known = (keys) => (exchange) => keys.some((key) => exchange.value("authorization") === `Bearer ${key}`);
const changed = async (name) => (await world.found(name)).modified;

for (const [kind, refusal] of Object.entries(REFUSALS)) {
  test(`${kind}: a dead key stops it, the source that serves is untouched, and no request fails`, async () => {
    const dead = world.fresh();
    world.decides(known(OLD), refusal);
    const before = await changed("PRIMARY_KEY");
    const ran = await world.underLoad(() => world.rotate(TOLD, { input: dead }), REQUEST);
    assert.equal(ran.code, 1, ran.out);
    assert.match(ran.out, /a wrong value in its place is refused: the upstream answered \d+, which refuses the key/);
    assert.match(ran.out, /^stopped\. The upstream refuses the new value, which only source 2 \(SECONDARY_KEY\) holds/m);
    assert.equal(await changed("PRIMARY_KEY"), before);
    // The gateway also continues to the next source when the first one is gone.
    world.decides(known([dead]), refusal);
    const down = await world.gateway.call(REQUEST);
    assert.deepEqual([down.status, down.text], [200, "ok\n"]);
  });

  test(`${kind}: a good key takes the place of both under load, and no request fails`, async () => {
    const value = world.fresh();
    await world.underLoad(async () => {
      world.decides(known([...OLD, value]), refusal);
      const ran = await world.rotate([...TOLD, "--json"], { input: value });
      assert.equal(ran.code, 0, ran.err);
      assert.deepEqual(steps(ran), ["probed 1", "probed 2", "written 2", "probed 2", "written 1", "probed 1"]);
      world.decides(known([value]), refusal);
      await pause(300);
    }, REQUEST);
  });

  test(`${kind}: on a route that does not say what a refused key looks like, the source that serves is untouched`, async () => {
    const dead = world.fresh();
    world.decides(known(OLD), refusal);
    const before = [await changed("PRIMARY_KEY"), await changed("SECONDARY_KEY")];
    const ran = await world.underLoad(() => world.rotate(BEARER, { input: dead }));
    assert.equal(ran.code, 1, ran.out);
    const after = [await changed("PRIMARY_KEY"), await changed("SECONDARY_KEY")];
    // The reason for another status may be the form of a value, and with the same status keys cannot be told apart.
    const told = kind === "Gemini-like" ? /400, is neither the one to a valid key nor a known refusal/ : /does not show whether a key works/;
    assert.deepEqual([after, told.test(ran.out)], [before, true], ran.out);
    assert.equal(await world.status(), 200);
  });
}

test("a rehearsal asks for the control too, and --no-control does not", async () => {
  world.decides(known(OLD), REFUSALS["Slack-like"]);
  const value = world.fresh();
  const rehearsed = await world.rotate([...BEARER, "--dry-run"], { input: value });
  assert.deepEqual([rehearsed.code, /Nothing was written/.test(rehearsed.out)], [1, true]);
  const sent = () => world.gateway.upstream.exchanges.map((exchange) => exchange.value("authorization"));
  assert.ok(sent().some((header) => header !== `Bearer ${OLD[0]}` && header.length === `Bearer ${OLD[0]}`.length));
  assert.ok(!sent().some((header) => header.includes(value)), "no value travels before it is written");
  world.decides(known(OLD), REFUSALS["Slack-like"]);
  const ran = await world.rotate([...BEARER, "--dry-run", "--no-control"], { input: value });
  assert.equal(ran.code, 0);
  assert.deepEqual(new Set(sent()), new Set(OLD.map((key) => `Bearer ${key}`)));
  assert.equal(await world.status(), 200);
});
