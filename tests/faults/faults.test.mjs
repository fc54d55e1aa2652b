// Each fault of the mix by itself, before all of them at once (soak.test.mjs).

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { CALLERS, FLAPPING_CALLER, MIX, acceptable, kindOf } from "./mix.mjs";
import { outcomeOf } from "./outcome.mjs";
import { startWorld } from "./world.mjs";

let world;
before(async () => {
  world = await startWorld();
});
after(() => world?.stop());

for (const kind of MIX) {
  test(`cases 27, 36, 39, 40: ${kindOf(kind)}: ${kind.outcomes.join(" or ")}`, async () => {
    const requests = CALLERS.flatMap((caller) => ["GET", "POST"].map((method) => ({ kind, caller, method })));
    const outcomes = await Promise.all(requests.map((request, at) => outcomeOf(world, `${MIX.indexOf(kind)}-${at}`, request)));
    requests.forEach((request, at) => assert.ok(acceptable(request).includes(outcomes[at]), `${request.caller}: ${outcomes[at]}`));
    // A store that sometimes fails does not explain every outcome.
    const steady = requests.flatMap(({ caller }, at) => (caller === FLAPPING_CALLER ? [] : [outcomes[at]]));
    assert.ok(steady.includes(kind.outcomes[0]), steady.join());
  });
}

test("case 45: nothing that the gateway wrote contains a secret", () => world.search("", true));
