// ostiary rotate with a dead key, killed in the middle of its work, with upstreams that do not respond with 401.

import assert from "node:assert/strict";
import { test } from "node:test";
import { REFUSALS } from "../harness/refusals.mjs";
import { OLD, useRotation } from "../harness/rotation.mjs";

const TOLD = ["primary", "--route", "told", "--probe", "GET /x"];
const STEPS = [
  /source 1.*holds/, /source 2.*holds/, /source 1.*works/, /source 2.*works/, /a wrong value in its place is refused/,
  /source 2.*is written/, /source 2.*is active/, /source 2.*reads the new/, /source 2.*does not work/,
];

const world = useRotation();

// Each kind tests every third step, so all steps are tested and no test takes minutes.
for (const [at, [kind, refusal]] of Object.entries(REFUSALS).entries()) {
  const steps = STEPS.filter((_, position) => position % 3 === at);
  test(`${kind}: killed after a step and run again, the source that serves is untouched, and no request fails`, async () => {
    const modified = (await world.found("PRIMARY_KEY")).modified;
    await world.underLoad(async () => {
      for (const step of steps) {
        const dead = world.fresh();
        world.decides((exchange) => OLD.some((key) => exchange.value("authorization") === `Bearer ${key}`), refusal);
        const killed = await world.rotate(TOLD, { input: dead, killAt: step });
        assert.ok(killed.signal === "SIGKILL" || step === STEPS.at(-1), `${step}: ${killed.out}`);
        const again = await world.rotate([...TOLD, "--json"], { input: dead });
        assert.deepEqual([again.code, again.json().outcome], [1, "stopped"], again.err);
        assert.equal((await world.found("PRIMARY_KEY")).modified, modified);
        // The spare source gets an old key again, so that the next step starts from the same state.
        await world.put("SECONDARY_KEY", OLD[1]);
      }
    }, { target: "/told/x" });
  });
}
