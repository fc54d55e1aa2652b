// ostiary rotate, killed in the middle of its work.

import assert from "node:assert/strict";
import { test } from "node:test";
import { pause } from "../harness/patience.mjs";
import { BEARER, OLD, useRotation } from "../harness/rotation.mjs";

const world = useRotation();

test("killed after each step and run again, it continues, asked where that needs a decision, and no request fails", async () => {
  for (const step of [
    /source 1.*works/, /source 2.*works/, /source 2.*is written/, /source 2.*is active/, /source 2.*reads the new/,
    /reads the new[^]*source 2.*works/, /source 1.*is written/, /source 1.*is active/, /source 1.*reads the new/,
  ]) {
    const value = world.fresh();
    await world.underLoad(async () => {
      world.knows(...OLD, ...world.values);
      const killed = await world.rotate(BEARER, { input: value, killAt: step });
      assert.equal(killed.signal, "SIGKILL", `${step}: ${killed.out}`);
      const again = (...more) => world.rotate([...BEARER, "--json", ...more], { input: value });
      let ran = await again();
      // The first source works with the old value, so the command cannot know that this one is newer.
      if (ran.json().outcome === "stopped") {
        assert.match(ran.json().advice, /If an earlier run was interrupted, run the same with --overwrite 1 to continue/);
        ran = await again("--overwrite", "1");
      }
      assert.deepEqual([ran.code, ran.json().outcome], [0, "done"], ran.err);
      world.knows(value);
      await pause(100);
    });
  }
});
