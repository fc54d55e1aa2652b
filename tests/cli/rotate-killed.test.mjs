// ostiary rotate, killed in the middle of its work.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pause } from "../harness/patience.mjs";
import { BEARER, OLD, useRotation } from "../harness/rotation.mjs";

const world = useRotation();

test("killed after each step and run again, it continues, and no request fails", async () => {
  for (const step of [
    /source 1.*works/, /source 2.*works/, /source 2.*is written/, /source 2.*is active/, /source 2.*reads the new/,
    /reads the new[^]*source 2.*works/, /source 1.*is written/, /source 1.*is active/, /source 1.*reads the new/,
  ]) {
    const value = world.fresh();
    await world.underLoad(async () => {
      world.knows(...OLD, ...world.values);
      const killed = await world.rotate(BEARER, { input: value, killAt: step });
      assert.equal(killed.signal, "SIGKILL", `${step}: ${killed.out}`);
      const ran = await world.rotate([...BEARER, "--json"], { input: value });
      assert.deepEqual([ran.code, ran.json().outcome], [0, "done"], ran.err);
      world.knows(value);
      await pause(100);
    });
  }
});
