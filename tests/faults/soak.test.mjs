// A load at a steady rate with all faults of the mix, a rotation in the middle, and one kill of workerd. `make soak`
// runs it for five minutes, or for SOAK_SECONDS.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pause } from "../harness/patience.mjs";
import { drawn, kindOf } from "./mix.mjs";
import { isExplained, isNeverAnswered, outcomeOf } from "./outcome.mjs";
import { Plateau } from "./plateau.mjs";
import { startWorld } from "./world.mjs";

const SECONDS = Number(process.env.SOAK_SECONDS || 20);
const RATE = 200;
// A machine that cannot keep the rate gets fewer requests instead of a growing queue.
const MOST_AT_ONCE = 300;
const STEP = 20;

// Early, so that the memory of one process can be measured for most of the time.
const CRASH_AT = 0.2;
const ROTATION_AT = 0.5;

// Other events: the time in which they explain outcomes that no fault explains.
class Incident {
  from = Infinity;
  to = Infinity;

  constructor(outcomes) {
    this.outcomes = outcomes;
  }

  async during(act) {
    this.from = performance.now();
    await act();
    this.to = performance.now();
  }

  explains(outcome, began, ended) {
    return this.outcomes.includes(outcome) && began <= this.to && ended >= this.from;
  }
}

let world;
before(async () => {
  world = await startWorld();
});
after(() => world?.stop());

test(`cases 27, 28, 39, 40, 43, 44: ${RATE} requests a second for ${SECONDS} s, with every fault among them`, { timeout: (SECONDS + 120) * 1_000 }, async (t) => {
  const crash = new Incident(["gone", "broken"]);
  // A request with the old key is refused, and repeated with the new one. The caller sees the refusal only if the
  // repetition gets no response.
  const rotation = new Incident(["status 401"]);
  const counts = new Map();
  const wrong = [];
  let inFlight = 0;
  let number = 0;
  let plateau = new Plateau(world.process);
  t.after(() => plateau.stop());

  async function one(request, nonce) {
    const began = performance.now();
    inFlight += 1;
    try {
      const outcome = await outcomeOf(world, nonce, request);
      const ended = performance.now();
      count(counts, kindOf(request.kind), outcome);
      const explained =
        isExplained(request, outcome) ||
        crash.explains(outcome, began, ended) ||
        (isNeverAnswered(request) && rotation.explains(outcome, began, ended));
      if (!explained) wrong.push(`${kindOf(request.kind)}, by ${request.caller}: ${outcome}`);
    } catch (error) {
      wrong.push(error.message);
    } finally {
      inFlight -= 1;
    }
  }

  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1_000;
  const incidents = [
    [CRASH_AT, () => crash.during(async () => {
      plateau.stop();
      await world.crash();
      plateau = new Plateau(world.process);
    })],
    [ROTATION_AT, () => rotation.during(() => world.rotate())],
  ];
  const happening = [];
  let skipped = 0;
  while (elapsed() < SECONDS) {
    if (incidents.length > 0 && elapsed() >= SECONDS * incidents[0][0]) happening.push(incidents.shift()[1]());
    const due = Math.floor(elapsed() * RATE) - skipped;
    for (; number < due && inFlight < MOST_AT_ONCE; number += 1) void one(drawn(number), `n${number}`);
    skipped += due - number;
    await pause(STEP);
  }
  await Promise.all(happening);
  while (inFlight > 0) await pause(STEP);
  const took = elapsed();
  world.search("", true);

  t.diagnostic(`${number} requests in ${Math.round(took)} s, ${Math.round(number / took)} a second`);
  for (const [kind, outcomes] of [...counts].sort()) {
    t.diagnostic(`${kind}: ${[...outcomes].map(([outcome, times]) => `${times} ${outcome}`).join(", ")}`);
  }
  assert.deepEqual(wrong.slice(0, 20), [], `${wrong.length} of ${number} came to something else`);
  assert.equal(incidents.length, 0);
  for (const [name, value] of Object.entries(await plateau.end(() => outcomeOf(world, "nudge", drawn(0))))) t.diagnostic(`${name}: ${value}`);
});

function count(counts, kind, outcome) {
  if (!counts.has(kind)) counts.set(kind, new Map());
  const outcomes = counts.get(kind);
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
}
